// SPDX-License-Identifier: Apache-2.0
#include "core/safe_text.hpp"

#include "core/text.hpp"

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

namespace holdback::core {

namespace {

constexpr std::string_view kReplaced = "\xEF\xBF\xBD";

std::string between(std::string_view foreign) {
    return std::string("a").append(foreign).append("b");
}

}  // namespace

TEST_CASE("foreign text in a line of text or HTML neither ends it nor drives what shows it") {
    for (int octet = 0; octet < 0x20; ++octet) {
        CAPTURE(octet);
        const std::string control(1, static_cast<char>(octet));
        CHECK(one_line(between(control)) == "a b");
        CHECK(html_safe(between(control)) == "a b");
    }
    CHECK(one_line("a\x7F") == "a ");
    // C1 controls, of which CSI (U+009B) drives terminals.
    for (int last = 0x80; last < 0xA0; ++last) {
        CAPTURE(last);
        const std::string control{static_cast<char>(0xC2), static_cast<char>(last)};
        CHECK(one_line(between(control)) == between(kReplaced));
    }
    const auto hidden = std::to_array<std::string_view>({
        "\xD8\x9C",      // U+061C
        "\xE2\x80\x8E",  // U+200E
        "\xE2\x80\x8F",
        "\xE2\x80\xA8",  // U+2028, a line end to some
        "\xE2\x80\xA9",
        "\xE2\x80\xAA",  // U+202A
        "\xE2\x80\xAB",
        "\xE2\x80\xAC",
        "\xE2\x80\xAD",
        "\xE2\x80\xAE",
        "\xE2\x81\xA6",  // U+2066
        "\xE2\x81\xA7",
        "\xE2\x81\xA8",
        "\xE2\x81\xA9",
        "\xFF",  // no UTF-8
        "\x9B",
    });
    for (const std::string_view character : hidden) {
        CAPTURE(log_safe(character));
        CHECK(one_line(between(character)) == between(kReplaced));
        CHECK(html_safe(between(character)) == between(kReplaced));
    }
    for (const std::string_view kept :
         {"\xC3\xBC", "\xC2\xA0", "\xE2\x80\x93", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"}) {
        CHECK(one_line(kept) == kept);
    }
    CHECK(one_line("").empty());
}

TEST_CASE("foreign text cannot leave its place in HTML") {
    CHECK(html_safe("<b>\"A\" & 'B'</b>\r\n") ==
          "&lt;b&gt;&quot;A&quot; &amp; &#39;B&#39;&lt;/b&gt;  ");
}

TEST_CASE("a spreadsheet takes no field for a formula, and the field can be had back") {
    const auto rows = std::to_array<std::pair<std::string, std::string_view>>({
        {"bo@example.net", "bo@example.net"},
        {"", ""},
        {"=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"},
        {"+1", "'+1"},
        {"-1", "'-1"},
        {"@SUM(1)", "'@SUM(1)"},
        {"\t=1", "' =1"},
        {"\r=1", "' =1"},
        {"'quoted'", "'quoted'"},
        // It would be taken for a guarded one when it is read again.
        {"'=1", "''=1"},
        {"''-1", "'''-1"},
        {"=1,2", "\"'=1,2\""},
        {"say \"x\"", "\"say \"\"x\"\"\""},
        {"a;b", "\"a;b\""},
        {"two\r\nlines", "two  lines"},
        {" padded ", "\" padded \""},
        {"esc\x1b]0;x", "\"esc ]0;x\""},
    });
    for (const auto& [field, written] : rows) {
        CAPTURE(field);
        const std::array<std::string, 1> fields{field};
        CHECK(csv_row(fields) == std::string(written) + "\r\n");
    }
    CHECK(csv_row(std::array<std::string, 3>{"", "b", ""}, {.separator = '\t', .line_end = "\n"}) ==
          "\tb\t\n");
    CHECK(csv_row(std::array<std::string, 1>{"one\ntwo\x1b\n"}, {.line_feeds = LineFeeds::Kept}) ==
          "\"one\ntwo \n\"\r\n");
    for (const std::string_view field : {"=1", "+a@example.net", "'=1", "''-1", "'a'", "a", ""}) {
        const std::string row = csv_row(std::array<std::string, 1>{std::string(field)});
        CHECK(without_formula_guard(std::string_view(row).substr(0, row.size() - 2)) == field);
    }
}

TEST_CASE("fields of a list of the administrator's own stay as they are, but for formulas") {
    const std::array<std::string, 5> fields{"M\xFCller", "+49 170/123-45", "-3.5", "=1+1", "-1"};
    CHECK(csv_row(fields, {.copied = 4}) == "M\xFCller,+49 170/123-45,-3.5,'=1+1,'-1\r\n");
    const std::array<std::string, 2> lines{"two\nlines", "-2+cmd|x"};
    CHECK(csv_row(lines, {.copied = 2}) == "\"two\nlines\",'-2+cmd|x\r\n");
}

}  // namespace holdback::core
