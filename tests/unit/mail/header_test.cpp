// SPDX-License-Identifier: Apache-2.0
#include "mail/header.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::mail {

TEST_CASE("a header field's value is unfolded and trimmed") {
    struct Row {
        std::string_view raw;
        std::string_view want;
    };
    constexpr std::array kRows{
        Row{" plain", "plain"},
        Row{"plain", "plain"},
        Row{"", ""},
        Row{" \r\n", ""},
        Row{" one\r\n two", "one two"},
        Row{" one\n\ttwo\n three ", "one\ttwo three"},
        Row{" one\r\n  two", "one  two"},
        Row{" one\ntwo", "one two"},  // no folding at all: words stay apart
        Row{"\n one", "one"},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.raw);
        CHECK(HeaderField{"Subject", std::string(row.raw)}.value() == row.want);
    }
}

TEST_CASE("header fields are found by name in any letter case, in their order") {
    HeaderList headers;
    headers.add("Received", " from a");
    headers.add("Subject", " hello\n world");
    headers.add("RECEIVED", " from b");
    CHECK(headers.fields().size() == 3);
    CHECK(headers.first("received") == "from a");
    CHECK(headers.first("subject") == "hello world");
    CHECK(headers.first("Subjec") == std::nullopt);
    CHECK(headers.all("Received") == std::vector<std::string>{"from a", "from b"});
    CHECK(headers.all("To").empty());
    CHECK(headers.has("SUBJECT"));
    CHECK_FALSE(headers.has("To"));
    CHECK(headers.count("received") == 2);
    CHECK(headers.count("to") == 0);
}

TEST_CASE("a header block is rebuilt to the octet, with CRLF line ends") {
    HeaderList headers;
    headers.add("Subject", " one\n\ttwo\r\n  three");
    headers.add("X-Empty", "");
    headers.add("x-odd", "\tno space ");
    CHECK(headers.text() ==
          "Subject: one\r\n\ttwo\r\n  three\r\nX-Empty:\r\nx-odd:\tno space \r\n");
    CHECK(HeaderList().text().empty());
}

TEST_CASE("a value is folded at white space where a line would pass 78 octets") {
    const std::string word(30, 'a');
    const std::string lengthy(100, 'b');
    struct Row {
        std::string_view what;
        std::string value;
        std::size_t name_octets;
        std::string want;
    };
    const auto rows = std::to_array<Row>({
        {"nothing", "", 10, ""},
        {"short", "a b  c", 10, "a b  c"},
        {"two words fit, the third does not",
         word + " " + word + " " + word,
         17,
         word + " " + word + "\n\t" + word},
        {"one octet more moves the second word",
         word + " " + word + " " + word,
         18,
         word + "\n\t" + word + " " + word},
        {"a word that fits no line stays whole",
         "a " + lengthy + " c",
         5,
         "a\n\t" + lengthy + "\n\tc"},
        {"the first word stays on the line of the name", lengthy, 60, lengthy},
        {"a line end cannot smuggle in a field", "a\r\nBcc: b", 5, "a\n\tBcc: b"},
        {"white space at the ends goes", "  a b\t", 5, "a b"},
    });
    for (const Row& row : rows) {
        CAPTURE(row.what);
        CHECK(fold(row.value, row.name_octets) == row.want);
    }
}

}  // namespace holdback::mail
