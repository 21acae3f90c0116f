// SPDX-License-Identifier: Apache-2.0
#include "core/near_name.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace holdback::core {
namespace {

TEST_CASE("the distance counts slips of typing") {
    struct Row {
        std::string_view a;
        std::string_view b;
        std::size_t want;
    };
    const auto rows = std::to_array<Row>({
        {"", "", 0},
        {"", "abc", 3},
        {"abc", "", 3},
        {"budget", "budget", 0},
        {"budgt", "budget", 1},
        {"bugdet", "budget", 1},
        {"budgets", "budget", 1},
        {"kitten", "sitting", 3},
    });
    for (const Row& row : rows) {
        CAPTURE(row.a);
        CAPTURE(row.b);
        CHECK(typing_distance(row.a, row.b) == row.want);
    }
}

TEST_CASE("a name is suggested only when it is near") {
    constexpr std::array<std::string_view, 3> kNames = {"budget", "nameservers", "rate"};
    using Suggestion = std::optional<std::string_view>;
    CHECK(nearest_name("budgt", kNames) == Suggestion("budget"));
    CHECK(nearest_name("nameserver", kNames) == Suggestion("nameservers"));
    CHECK(nearest_name("rtae", kNames) == Suggestion("rate"));
    CHECK(nearest_name("timeout", kNames) == std::nullopt);
    CHECK(nearest_name("r", kNames) == std::nullopt);
    CHECK(nearest_name("", kNames) == std::nullopt);
    CHECK(nearest_name(std::string(100'000, 'x'), kNames) == std::nullopt);
}

}  // namespace
}  // namespace holdback::core
