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

TEST_CASE("the header ends at the empty line, or where no field follows any more") {
    struct Row {
        std::string_view what;
        std::string_view text;
        std::string_view fields;  ///< as name=raw value, each with a semicolon
        std::string_view body;
    };
    constexpr std::array kRows{
        Row{"fields and a body", "A: b\nC: d\n\nbody\n", "A= b;C= d;", "body\n"},
        Row{"no body", "A: b\n", "A= b;", ""},
        Row{"no line end", "A: b", "A= b;", ""},
        Row{"no header", "\nbody", "", "body"},
        Row{"nothing", "", "", ""},
        Row{"folded", "A: b\n c\n\td\nE: f\n\nx", "A= b\n c\n\td;E= f;", "x"},
        Row{"a folded line of blanks", "A: b\n \nC: d\n\nx", "A= b\n ;C= d;", "x"},
        Row{"white space in front of the colon", "A \t: b\n\nx", "A= b;", "x"},
        Row{"no empty line", "A: b\nHello, this is text.\n", "A= b;", "Hello, this is text.\n"},
        Row{"no field at all", "Hello\nthere\n", "", "Hello\nthere\n"},
        Row{"a stray line", ">From x\nA: b\nquite odd\nC: d\n\nx", "A= b;C= d;", "x"},
        Row{"lines that lost their folding", "A: b\nb=c\nd=e;\nF: g\n\nx", "A= b;F= g;", "x"},
        Row{"a stray line in front of the empty one", "A: b\nodd\n\nx", "A= b;", "odd\n\nx"},
        Row{"octets beyond ASCII are no name", "\xc3\xa4: b\n\nx", "", "\xc3\xa4: b\n\nx"},
        Row{"an empty name", ": b\n\nx", "", ": b\n\nx"},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.what);
        const ParsedHeader header = parse_header(row.text, 1000);
        std::string fields;
        for (const HeaderField& field : header.fields.fields()) {
            fields += field.name + "=" + field.raw_value + ";";
        }
        CHECK(fields == row.fields);
        CHECK(row.text.substr(header.body) == row.body);
        CHECK(header.is_complete);
    }
}

TEST_CASE("fields beyond the octets that are allowed are left out, and it is said") {
    const ParsedHeader header = parse_header("A: b\nLong: 0123456789\nC: d\n\nx", 8);
    CHECK(header.fields.fields().size() == 1);
    CHECK(header.octets == 3);
    CHECK_FALSE(header.is_complete);
    CHECK(header.body == 28);
    CHECK(parse_header("A: b\nC: d\n\n", 6).is_complete);
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
