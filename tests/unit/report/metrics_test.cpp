// SPDX-License-Identifier: Apache-2.0
#include "report/metrics.hpp"

#include <array>

#include <doctest/doctest.h>

namespace holdback::report {

TEST_CASE("metrics are written as Prometheus reads them") {
    const std::array<Metric, 2> metrics{
        Metric{.name = "holdback_messages_total",
               .help = "Messages seen.",
               .type = MetricType::Counter,
               .values = {{.label = "", .value = 12}}},
        Metric{.name = "holdback_outage",
               .help = "Providers from which nothing is learned.",
               .type = MetricType::Gauge,
               .label_name = "provider",
               .values = {{.label = "google.com", .value = 1}, {.label = "a\"b\\\n", .value = 1}}},
    };
    CHECK(exposition(metrics) ==
          "# HELP holdback_messages_total Messages seen.\n"
          "# TYPE holdback_messages_total counter\n"
          "holdback_messages_total 12\n"
          "# HELP holdback_outage Providers from which nothing is learned.\n"
          "# TYPE holdback_outage gauge\n"
          "holdback_outage{provider=\"google.com\"} 1\n"
          "holdback_outage{provider=\"a\\\"b\\\\\\x0a\"} 1\n");
    CHECK(exposition({}).empty());
}

}  // namespace holdback::report
