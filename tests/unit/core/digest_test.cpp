// SPDX-License-Identifier: Apache-2.0
#include "core/digest.hpp"

#include <array>
#include <string_view>

#include <doctest/doctest.h>

namespace holdback::core {

TEST_CASE("a digest tells lists of pieces apart that join to the same text") {
    const std::array<std::string_view, 2> ab_c{"ab", "c"};
    const std::array<std::string_view, 2> a_bc{"a", "bc"};
    const std::array<std::string_view, 1> abc{"abc"};
    CHECK(digest_hex(ab_c) == digest_hex(ab_c));
    CHECK(digest_hex(ab_c) != digest_hex(a_bc));
    CHECK(digest_hex(ab_c) != digest_hex(abc));
    CHECK(digest_hex(abc).size() == 64);
}

}  // namespace holdback::core
