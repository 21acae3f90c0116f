// SPDX-License-Identifier: Apache-2.0
#include "core/literal_set.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
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
        {"strings within strings",
         {"the", "they", "hey", "this", "other"},
         "another, they say",
         {0, 1, 2, 4}},
        {"a string that is a suffix of two",
         {"full", "box full", "mailbox full"},
         "mailbox full",
         {0, 1, 2}},
        {"a longer string breaks off", {"abcdef", "bcde", "cdx"}, "abcdex", {1}},
        {"the text ends within a string", {"unknown", "now"}, "user unknow", {1}},
        {"the text begins within a string", {"unknown", "now"}, "nown", {1}},
        {"overlapping", {"aaa"}, "aaaa", {0}},
        {"the same string twice", {"spam", "spam"}, "spam", {0, 1}},
        {"octets outside ASCII", {"\xD0\xBD\xD0\xB5\xD1\x82"}, "\xD0\xBD\xD0\xB5\xD1\x82!", {0}},
        {"an octet of the text that no string has",
         {"abc"},
         "ab\x01"
         "c abc",
         {0}},
    });
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const LiteralSet set(row.literals);
        std::vector<std::size_t> found;
        set.search(row.text, [&](std::size_t i, std::size_t) { found.push_back(i); });
        std::ranges::sort(found);
        found.erase(std::ranges::unique(found).begin(), found.end());
        CHECK(found == row.want);
    }
}

TEST_CASE("each place where a string stands is told") {
    const std::vector<std::string> literals = {"abc", "bca"};
    std::vector<std::pair<std::size_t, std::size_t>> found;
    LiteralSet(literals).search(
        "abcabc", [&](std::size_t which, std::size_t begin) { found.emplace_back(begin, which); });
    std::ranges::sort(found);
    CHECK(found == std::vector<std::pair<std::size_t, std::size_t>>{{0, 0}, {1, 1}, {3, 0}});
}

TEST_CASE("a string too short to be known by three octets is refused") {
    const std::vector<std::string> literals = {"abc", "ab"};
    CHECK_THROWS_AS(LiteralSet{literals}, std::invalid_argument);
}

TEST_CASE("a set finds what a search for each string alone finds") {
    std::vector<std::string> literals;
    std::string text;
    for (std::uint32_t number = 7; literals.size() < 500;
         number = (number * 1664525) + 1013904223) {
        std::string word;
        for (std::uint32_t rest = number; word.size() < 3 + (number % 4); rest /= 3) {
            word += static_cast<char>('a' + (rest % 3));
        }
        text += word;
        literals.push_back(word);
    }
    std::vector<bool> found(literals.size());
    std::ranges::reverse(text);
    LiteralSet(literals).search(text, [&](std::size_t i, std::size_t) { found[i] = true; });
    for (std::size_t i = 0; i < literals.size(); ++i) {
        CAPTURE(literals[i]);
        CHECK(found[i] == (text.find(literals[i]) != std::string::npos));
    }
}

}  // namespace holdback::core
