// SPDX-License-Identifier: Apache-2.0
#include "report/metrics.hpp"

#include "core/text.hpp"

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace holdback::report {

namespace {

std::string_view type_name(MetricType type) {
    switch (type) {
        case MetricType::Counter:
            return "counter";
        case MetricType::Gauge:
            return "gauge";
    }
    std::unreachable();
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
        for (const MetricValue& each : metric.values) {
            // What log_safe writes is what a label may hold: quoted, with \" and \\.
            const std::string label =
                metric.label_name.empty()
                    ? ""
                    : fmt::format("{{{}={}}}", metric.label_name, core::log_safe(each.label));
            text += fmt::format("{}{} {}\n", metric.name, label, each.value);
        }
    }
    return text;
}

}  // namespace holdback::report
