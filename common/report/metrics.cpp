// SPDX-License-Identifier: Apache-2.0
#include "report/metrics.hpp"

#include "core/safe_text.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::report {

namespace {

constexpr std::size_t kMostLabelOctets = 128;

std::string_view type_name(MetricType type) {
    switch (type) {
        case MetricType::Counter:
            return "counter";
        case MetricType::Gauge:
            return "gauge";
    }
    std::unreachable();
}

/// A label's value in the text format: UTF-8, with a `\` before a backslash or a double quote.
/// Prometheus refuses the whole text for any other escape; `core::one_line` removes line ends.
std::string label_value(std::string_view text) {
    const std::string safe = core::one_line(text.substr(0, kMostLabelOctets));
    std::string value;
    for (const char c : safe) {
        if (c == '"' || c == '\\') {
            value += '\\';
        }
        value += c;
    }
    return value + (text.size() > kMostLabelOctets ? "..." : "");
}

/// The values by their written label, in order of first appearance. Different texts may look the
/// same after escaping. Prometheus accepts each series once, so their values are added up.
std::vector<MetricValue> as_series(std::span<const MetricValue> values) {
    std::vector<MetricValue> series;
    std::map<std::string, std::size_t, std::less<>> places;
    for (const MetricValue& each : values) {
        std::string label = label_value(each.label);
        const auto [place, is_new] = places.try_emplace(label, series.size());
        if (is_new) {
            series.push_back({.label = std::move(label), .value = each.value});
        } else {
            series.at(place->second).value += each.value;
        }
    }
    return series;
}

}  // namespace

std::string exposition(std::span<const Metric> metrics) {
    std::string text;
    for (const Metric& metric : metrics) {
        text += fmt::format("# HELP {} {}\n# TYPE {} {}\n",
                            metric.name,
                            metric.help,
                            metric.name,
                            type_name(metric.type));
        for (const MetricValue& each : as_series(metric.values)) {
            const std::string label =
                metric.label_name.empty()
                    ? ""
                    : fmt::format("{{{}=\"{}\"}}", metric.label_name, each.label);
            text += fmt::format("{}{} {}\n", metric.name, label, each.value);
        }
    }
    return text;
}

}  // namespace holdback::report
