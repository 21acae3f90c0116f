// SPDX-License-Identifier: Apache-2.0
#include "core/literal_set.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::core {

TEST_CASE("every string of a set that stands in a text is found") {
    struct Row {
        std::string_view what;
        std::vector<std::string> literals;
        std::string_view text;
        std::vector<std::size_t> want;  ///< in order, each once
    };
    const auto rows = std::to_array<Row>({
        {"nothing to look for", {}, "any text", {}},
        {"nothing to look in", {"user"}, "", {}},
        {"one string", {"user"}, "no such user here", {0}},
        {"capitals of the text", {"user unknown"}, "User UNKNOWN", {0}},
        {"not there", {"user unknown"}, "user is unknown", {}},
        {"strings within strings", {"he", "she", "his", "hers"}, "ushers", {0, 1, 3}},
        {"a string that is a suffix of two",
         {"full", "box full", "mailbox full"},
         "mailbox full",
         {0, 1, 2}},
        {"a suffix whose longer string breaks off", {"abcd", "bce"}, "abce", {1}},
        {"overlapping", {"aa"}, "aaa", {0}},
        {"the same string twice", {"spam", "spam"}, "spam", {0, 1}},
        {"the same suffix twice", {"ab", "b", "b"}, "ab", {0, 1, 2}},
        {"octets outside ASCII", {"\xD0\xBD\xD0\xB5\xD1\x82"}, "\xD0\xBD\xD0\xB5\xD1\x82!", {0}},
        {"an octet of the text that no string has",
         {"ab"},
         "a\x01"
         "b ab",
         {0}},
    });
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const LiteralSet set(row.literals);
        std::vector<std::size_t> found;
        set.search(row.text, [&](std::size_t i) { found.push_back(i); });
        std::ranges::sort(found);
        found.erase(std::ranges::unique(found).begin(), found.end());
        CHECK(found == row.want);
    }
}

TEST_CASE("a string is told as often as it stands in the text, by the order of the ends") {
    const std::vector<std::string> literals = {"ab", "abc", "c"};
    const LiteralSet set(literals);
    std::vector<std::size_t> found;
    set.search("abcab", [&](std::size_t i) { found.push_back(i); });
    CHECK(found == std::vector<std::size_t>{0, 1, 2, 0});
}

}  // namespace holdback::core
