// SPDX-License-Identifier: Apache-2.0
#include "flow/departures.hpp"

#include <array>
#include <string>

#include <doctest/doctest.h>

namespace holdback::flow {

TEST_CASE("a departure is known by queue id and recipient") {
    Departures departures;
    departures.add("4Xk2", std::array<std::string, 2>{"bo@example.net", "eva@example.net"});
    departures.add("4Xk2", std::array<std::string, 1>{"ida@example.net"});
    departures.add("", std::array<std::string, 1>{"jan@example.net"});
    CHECK(departures.has("4Xk2", "bo@example.net"));
    CHECK(departures.has("4Xk2", "ida@example.net"));
    CHECK_FALSE(departures.has("4Xk2", "jan@example.net"));
    CHECK_FALSE(departures.has("4Xk3", "bo@example.net"));
    CHECK_FALSE(departures.has("", "jan@example.net"));
}

TEST_CASE("the oldest departures are forgotten first") {
    Departures departures(4);
    const std::array<std::string, 2> two{"bo@example.net", "eva@example.net"};
    departures.add("1", two);
    departures.add("2", two);
    CHECK(departures.has("1", "bo@example.net"));
    departures.add("3", two);
    CHECK_FALSE(departures.has("1", "bo@example.net"));
    CHECK(departures.has("2", "eva@example.net"));
    CHECK(departures.has("3", "eva@example.net"));
    // One message may be larger than the whole room; it is kept while it is the last.
    departures.add(
        "4",
        std::array<std::string, 5>{"a@a.test", "b@a.test", "c@a.test", "d@a.test", "e@a.test"});
    CHECK(departures.has("4", "e@a.test"));
    CHECK_FALSE(departures.has("3", "eva@example.net"));
}

}  // namespace holdback::flow
