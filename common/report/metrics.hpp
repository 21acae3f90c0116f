// SPDX-License-Identifier: Apache-2.0
#pragma once
// Counters and levels in the text form that Prometheus reads.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::report {

enum class MetricType : std::uint8_t {
    Counter,  ///< only grows, from the start of the program on
    Gauge,
};

/// One value of a metric. `label` is the value of its one label, which may come from outside (128
/// octets of it are written, on one line); unused when the metric has no label name.
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

/// All metrics as text: help, type, then a line per value. Values whose labels are written alike
/// are one, their sum.
[[nodiscard]] std::string exposition(std::span<const Metric> metrics);

}  // namespace holdback::report
