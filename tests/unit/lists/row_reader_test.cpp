// SPDX-License-Identifier: Apache-2.0
#include "lists/row_reader.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::lists {

namespace {

/// A text that comes in pieces of so many octets.
Source source(std::string text, std::size_t at_once) {
    return [text = std::move(text), at_once, at = std::size_t{0}](std::span<char> space) mutable {
        const std::size_t count = std::min({space.size(), at_once, text.size() - at});
        std::ranges::copy_n(text.begin() + static_cast<std::ptrdiff_t>(at),
                            static_cast<std::ptrdiff_t>(count),
                            space.begin());
        at += count;
        return count;
    };
}

/// The rows as "line:field|field", with "!" for a bad one.
std::vector<std::string> rows(const std::string& text,
                              std::optional<char> separator,
                              std::size_t at_once = 4096) {
    RowReader reader(source(text, at_once));
    reader.separate_by(separator);
    std::vector<std::string> found;
    while (reader.next()) {
        std::string row = std::to_string(reader.line()) + ":";
        for (const std::string& field : reader.fields()) {
            row += field + "|";
        }
        found.push_back(reader.trouble().has_value() ? row + "!" : row);
    }
    return found;
}

}  // namespace

TEST_CASE("rows of CSV, in pieces of any size") {
    struct Row {
        std::string_view what;
        std::string text;
        std::vector<std::string> want;
    };
    const auto cases = std::to_array<Row>({
        {"plain", "a,b\nc,d\n", {"1:a|b|", "2:c|d|"}},
        {"no last line end", "a,b", {"1:a|b|"}},
        {"CR alone", "a,b\rc,d\r\re,f", {"1:a|b|", "2:c|d|", "4:e|f|"}},
        {"CR beside LF", "a\rb,c\nd\r", {"1:a\rb|c|", "2:d|"}},
        {"CRLF and a byte order mark",
         "\xEF\xBB\xBF"
         "a,b\r\nc,\r\n",
         {"1:a|b|", "2:c||"}},
        {"empty lines count", "a\n\n  \nb\n", {"1:a|", "4:b|"}},
        {"quotes", "\"a,b\",\"c\"\"d\"\n", {"1:a,b|c\"d|"}},
        {"quoted line ends", "\"a\nb\",c\nd\n", {"1:a\nb|c|", "3:d|"}},
        {"quoted white space stays", "\" a \", b \n", {"1: a |b|"}},
        {"white space around quotes", " \"a\" , \"b\"\n", {"1:a|b|"}},
        {"a quote within a field", "a\"b,c\nd\n", {"1:a\"b|c|", "2:d|"}},
        {"an empty quoted field", "\"\",x\n", {"1:|x|"}},
        {"text behind a quote", "\"a\"b,c\nd\n", {"1:a|c|!", "2:d|"}},
        {"an open quote", "a\n\"b\nc\n", {"1:a|", "2:!"}},
        {"NUL is an octet like others", std::string("a\0b,c\n", 6), {std::string("1:a\0b|c|", 8)}},
        {"nothing", "", {}},
    });
    for (const Row& row : cases) {
        for (const std::size_t at_once : {1U, 2U, 3U, 4096U}) {
            CAPTURE(row.what);
            CAPTURE(at_once);
            CHECK(rows(row.text, ',', at_once) == row.want);
        }
    }
    CHECK(rows("a;b,c\n", ';') == std::vector<std::string>{"1:a|b,c|"});
    CHECK(rows("a\tb\n", '\t') == std::vector<std::string>{"1:a|b|"});
}

TEST_CASE("lines know no quotes and no separators") {
    CHECK(rows("\"a,b\nc\"\n", std::nullopt) == std::vector<std::string>{"1:\"a,b|", "2:c\"|"});
}

TEST_CASE("a row of any length takes bounded memory, and the next one is read") {
    const std::string text = "a\n" + std::string(3 * kMostRowOctets, 'x') + "\nb\n";
    CHECK(rows(text, ',', 65536) == std::vector<std::string>{"1:a|", "2:!", "3:b|"});
    const std::string open = "\"" + std::string(2 * kMostRowOctets, 'x') + "\nb\n";
    CHECK(rows(open, ',', 65536) == std::vector<std::string>{"1:!", "2:b|"});
}

TEST_CASE("a row with trouble is there as it stands, as far as it is kept") {
    const auto raw = [](const std::string& text) {
        RowReader reader(source(text, 65536));
        reader.separate_by(',');
        std::vector<std::string> found;
        while (reader.next()) {
            found.emplace_back(reader.trouble().has_value() ? reader.raw() : "good");
        }
        return found;
    };
    CHECK(raw("\"a\" b,c\r\nd\n\"e\nf,g\n") ==
          std::vector<std::string>{"\"a\" b,c", "good", "\"e\nf,g\n"});
    const std::string swallowed = "\"a\n" + std::string(kMostRowOctets, 'x') + "x,y";
    CHECK(raw(swallowed + "\r\nb\n") == std::vector<std::string>{swallowed, "good"});
    const std::string endless(3 * kMostRowOctets, 'x');
    const auto cut = raw(endless + "\nb\n");
    REQUIRE(cut.size() == 2);
    CHECK(cut[0] == endless.substr(0, kMostRawOctets));
}

TEST_CASE("what is seen ahead is read afterwards") {
    RowReader reader(
        source("\xEF\xBB\xBF"
               "email,x\na,b\n",
               2));
    CHECK(reader.peek(5) == "email");
    reader.separate_by(',');
    REQUIRE(reader.next());
    CHECK(reader.fields() == std::vector<std::string>{"email", "x"});
}

}  // namespace holdback::lists
