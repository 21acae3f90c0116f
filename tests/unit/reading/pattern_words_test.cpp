// SPDX-License-Identifier: Apache-2.0
#include "reading/pattern_words.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::reading {

TEST_CASE("the words that a pattern needs are found, or none is promised") {
    struct Row {
        std::string_view pattern;
        std::vector<std::string> want;
    };
    const auto rows = std::to_array<Row>({
        {"User Unknown", {"user unknown"}},
        {"mailbox (is )?full", {"mailbox "}},
        {"no such (user|mailbox)", {"no such "}},
        {"(user|mailbox) x", {"user", "mailbox"}},
        {"(user|x) y", {}},
        {"spam|virus", {"spam", "virus"}},
        {"spam|ab", {}},
        {"AUP#[A-Z]+", {"aup#"}},
        {"colou?r", {"colo"}},
        {"users* gone", {" gone"}},
        {"ab+cdef", {"cdef"}},
        {"a{2}bcd", {"bcd"}},
        {R"(\b5\.7\.1\b)", {"5.7.1"}},
        {R"(\x41bcd)", {"bcd"}},
        {R"(\p{Greek}bcd)", {"bcd"}},
        {R"(\Qa.b\E)", {}},
        {"[]a]bcd", {"bcd"}},
        {"(?i)abcd", {"abcd"}},
        {"caf\xC3\xA9?s now", {"s now"}},
        {"..", {}},
    });
    for (const Row& row : rows) {
        CAPTURE(row.pattern);
        CHECK(words_of_pattern(row.pattern) == row.want);
    }
}

TEST_CASE("a pattern that is broken breaks nothing here") {
    for (const std::string_view pattern : {"(", "[", "\\", "a{", "(?", "\\p{", "a|", ")", "((a)"}) {
        CAPTURE(pattern);
        CHECK(words_of_pattern(pattern).size() <= 2);
    }
}

}  // namespace holdback::reading
