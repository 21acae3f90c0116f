// SPDX-License-Identifier: Apache-2.0
#include "report/rate_limit.hpp"

#include "core/clock.hpp"

#include <chrono>
#include <cstddef>
#include <optional>

#include <doctest/doctest.h>

namespace holdback::report {
namespace {

using std::chrono::seconds;

TEST_CASE("a kind of line is written once per interval, then with the number left out") {
    RateLimit limit(seconds(60));
    const core::SteadyPoint start{};
    CHECK(limit.admit("dns", start) == std::optional<std::size_t>(0));
    CHECK(limit.admit("dns", start + seconds(1)) == std::nullopt);
    CHECK(limit.admit("dns", start + seconds(59)) == std::nullopt);
    CHECK(limit.admit("dns", start + seconds(60)) == std::optional<std::size_t>(2));
    CHECK(limit.admit("dns", start + seconds(61)) == std::nullopt);
    CHECK(limit.admit("dns", start + seconds(120)) == std::optional<std::size_t>(1));
    CHECK(limit.admit("dns", start + seconds(500)) == std::optional<std::size_t>(0));
}

TEST_CASE("kinds of lines do not silence each other") {
    RateLimit limit(seconds(60));
    const core::SteadyPoint start{};
    CHECK(limit.admit("dns", start).has_value());
    CHECK(limit.admit("store", start).has_value());
    CHECK_FALSE(limit.admit("store", start).has_value());
}

TEST_CASE("the kind written longest ago makes room when there are too many") {
    RateLimit limit(seconds(60), 2);
    const core::SteadyPoint start{};
    CHECK(limit.admit("a", start).has_value());
    CHECK(limit.admit("b", start + seconds(1)).has_value());
    CHECK(limit.admit("c", start + seconds(2)).has_value());
    CHECK_FALSE(limit.admit("b", start + seconds(3)).has_value());
    CHECK(limit.admit("a", start + seconds(4)).has_value());
}

}  // namespace
}  // namespace holdback::report
