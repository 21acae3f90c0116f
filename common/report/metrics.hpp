// SPDX-License-Identifier: Apache-2.0
#pragma once
// Counters and gauges in the text format of Prometheus.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::report {

enum class MetricType : std::uint8_t {
    Counter,  ///< only grows after the program starts
    Gauge,
};

/// One value of a metric. `label` is the value of its one label. It may be foreign: at most 128
/// octets of it are written, on one line. Not written when the metric has no label name.
struct MetricValue {
    std::string label;
    std::uint64_t value = 0;
};

/// A metric: `holdback_outage{provider="google.com"} 1`.
struct Metric {
    std::string_view name;  ///< a-z and underscores
    std::string_view help;
    MetricType type = MetricType::Counter;
    std::string_view label_name;  ///< empty: no label
    std::vector<MetricValue> values;
};

/// All metrics as text: help, type, then one line per value. Values with the same written label are
/// added up.
[[nodiscard]] std::string exposition(std::span<const Metric> metrics);

}  // namespace holdback::report
