// SPDX-License-Identifier: Apache-2.0
#include "core/text.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::core {

using namespace std::string_view_literals;

TEST_CASE("characters are told apart by ASCII alone") {
    CHECK(is_ascii_digit('0'));
    CHECK(is_ascii_digit('9'));
    CHECK_FALSE(is_ascii_digit('/'));
    CHECK_FALSE(is_ascii_digit(':'));
    CHECK(is_ascii_alpha('a'));
    CHECK(is_ascii_alpha('Z'));
    CHECK_FALSE(is_ascii_alpha('@'));
    CHECK_FALSE(is_ascii_alpha('['));
    CHECK_FALSE(is_ascii_alpha('\xE4'));
    CHECK(is_ascii_space(' '));
    CHECK(is_ascii_space('\t'));
    CHECK(is_ascii_space('\r'));
    CHECK_FALSE(is_ascii_space('\0'));
    CHECK_FALSE(is_ascii_space('\xA0'));
}

TEST_CASE("only A to Z is folded") {
    CHECK(to_lower("ABC xyz 09") == "abc xyz 09");
    CHECK(to_lower("[\\]@`{") == "[\\]@`{");
    CHECK(to_lower("\xC3\x84\xC4") == "\xC3\x84\xC4");
    CHECK(to_lower("").empty());
}

TEST_CASE("texts are compared without regard to ASCII case") {
    CHECK(equals_ignoring_case("Subject", "sUBJECT"));
    CHECK_FALSE(equals_ignoring_case("Subject", "Subjec"));
    CHECK_FALSE(equals_ignoring_case("a@", "a`"));
    CHECK(equals_ignoring_case("", ""));
    CHECK(starts_with_ignoring_case("IPv6:::1", "ipV6:"));
    CHECK_FALSE(starts_with_ignoring_case("IP", "ipv6:"));
    CHECK(starts_with_ignoring_case("x", ""));
    CHECK(contains_ignoring_case("User UNKNOWN here", "unknown"));
    CHECK_FALSE(contains_ignoring_case("User", "unknown"));
    CHECK(contains_ignoring_case("", ""));
}

TEST_CASE("white space goes at both ends, and stays within") {
    CHECK(trim(" \t\r\na b\v\f ") == "a b");
    CHECK(trim("   ").empty());
    CHECK(trim("").empty());
    CHECK(trim("\xA0") == "\xA0");
}

TEST_CASE("a text is split at every separator") {
    using Pieces = std::vector<std::string_view>;
    CHECK(split("a.b.c", '.') == Pieces{"a", "b", "c"});
    CHECK(split(".a..", '.') == Pieces{"", "a", "", ""});
    CHECK(split("a", '.') == Pieces{"a"});
    CHECK(split("", '.') == Pieces{""});
}

TEST_CASE("a decimal number has digits only and fits 64 bits") {
    CHECK(parse_decimal("0") == 0U);
    CHECK(parse_decimal("007") == 7U);
    CHECK(parse_decimal("18446744073709551615") == 18446744073709551615ULL);
    for (const std::string_view text : {"",
                                        "-1",
                                        "+1",
                                        " 1",
                                        "1 ",
                                        "1x",
                                        "0x1",
                                        "18446744073709551616",
                                        "99999999999999999999"}) {
        CAPTURE(text);
        CHECK(parse_decimal(text) == std::nullopt);
    }
}

TEST_CASE("a foreign value is quoted and escaped for the log") {
    struct Row {
        std::string_view text;
        std::string_view want;
    };
    constexpr std::array kRows{
        Row{"plain", R"("plain")"},
        Row{"", R"("")"},
        Row{R"(a "b" \c)", R"("a \"b\" \\c")"},
        Row{"a\r\nverdict=pass", R"("a\x0d\x0averdict=pass")"},
        Row{"\x1b[31m", R"("\x1b[31m")"},
        Row{"a\0b"sv, R"("a\x00b")"},
        Row{"\xC3\xBC\x7F", R"("\xc3\xbc\x7f")"},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.want);
        CHECK(log_safe(row.text) == row.want);
    }
}

TEST_CASE("a foreign value is cut at 256 octets, and the cut is shown") {
    CHECK(log_safe(std::string(256, 'a')) == "\"" + std::string(256, 'a') + "\"");
    CHECK(log_safe(std::string(257, 'a')) == "\"" + std::string(256, 'a') + "\"...");
}

TEST_CASE("a foreign value is made printable for people") {
    CHECK(printable(R"(a "b" \c)") == R"(a "b" \\c)");
    CHECK(printable("a\nb\xC3\xBC") == R"(a\x0ab\xc3\xbc)");
    CHECK(printable("abc", 3) == "abc");
    CHECK(printable("abcd", 3) == "abc...");
    CHECK(printable("").empty());
}

TEST_CASE("UTF-8 is well-formed by RFC 3629") {
    struct Row {
        std::string_view what;
        std::string_view text;
        bool want;
        std::string_view repaired;
    };
    constexpr std::array kRows{
        Row{"ASCII", "abc", true, "abc"},
        Row{"nothing", "", true, ""},
        Row{"NUL", "\0"sv, true, "\0"sv},
        Row{"two octets", "\xC3\xBC", true, "\xC3\xBC"},
        Row{"three octets", "\xE2\x82\xAC", true, "\xE2\x82\xAC"},
        Row{"four octets", "\xF0\x9F\x98\x80", true, "\xF0\x9F\x98\x80"},
        Row{"the last code point", "\xF4\x8F\xBF\xBF", true, "\xF4\x8F\xBF\xBF"},
        Row{"Latin-1",
            "a\xFC"
            "b",
            false,
            "a\xEF\xBF\xBD"
            "b"},
        Row{"continuation alone", "\x80", false, "\xEF\xBF\xBD"},
        Row{"cut short", "\xC3", false, "\xEF\xBF\xBD"},
        Row{"overlong", "\xC0\xAF", false, "\xEF\xBF\xBD\xEF\xBF\xBD"},
        Row{"overlong in three", "\xE0\x80\xAF", false, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
        Row{"surrogate", "\xED\xA0\x80", false, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
        Row{"beyond Unicode",
            "\xF4\x90\x80\x80",
            false,
            "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.what);
        CHECK(is_utf8(row.text) == row.want);
        CHECK(to_valid_utf8(row.text) == row.repaired);
    }
    CHECK(has_non_ascii("a\x80"));
    CHECK_FALSE(has_non_ascii("a\x7F"));
}

}  // namespace holdback::core
