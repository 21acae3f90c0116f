// SPDX-License-Identifier: Apache-2.0
#include "report/metrics.hpp"

#include <array>
#include <string>

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
               .values = {{.label = "google.com", .value = 1},
                          {.label = "a\"b\\\n\x1b", .value = 1},
                          {.label = "b\xC3\xBC\xFF\xE2\x80\xAE", .value = 2},
                          {.label = std::string(200, 'x'), .value = 3},
                          {.label = "a\"b\\\t\x01", .value = 4},
                          {.label = std::string(201, 'x'), .value = 5}}},
    };
    CHECK(exposition(metrics) ==
          "# HELP holdback_messages_total Messages seen.\n"
          "# TYPE holdback_messages_total counter\n"
          "holdback_messages_total 12\n"
          "# HELP holdback_outage Providers from which nothing is learned.\n"
          "# TYPE holdback_outage gauge\n"
          "holdback_outage{provider=\"google.com\"} 1\n"
          "holdback_outage{provider=\"a\\\"b\\\\  \"} 5\n"
          "holdback_outage{provider=\"b\xC3\xBC\xEF\xBF\xBD\xEF\xBF\xBD\"} 2\n"
          "holdback_outage{provider=\"" +
              std::string(128, 'x') + "...\"} 8\n");
    CHECK(exposition({}).empty());
}

}  // namespace holdback::report
