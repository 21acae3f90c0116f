// SPDX-License-Identifier: Apache-2.0
#include "core/iso_time.hpp"

#include "core/clock.hpp"

#include <chrono>

#include <doctest/doctest.h>

namespace holdback::core {

TEST_CASE("times are written to the second, or whole") {
    using std::chrono::milliseconds;
    const TimePoint leap_day{milliseconds(1'709'211'845'070)};
    CHECK(iso_time(leap_day) == "2024-02-29T13:04:05Z");
    CHECK(iso_time_ms(leap_day) == "2024-02-29T13:04:05.070Z");
    CHECK(iso_time(TimePoint()) == "1970-01-01T00:00:00Z");
    const TimePoint before{milliseconds(-1)};
    CHECK(iso_time(before) == "1969-12-31T23:59:59Z");
    CHECK(iso_time_ms(before) == "1969-12-31T23:59:59.999Z");
}

}  // namespace holdback::core
