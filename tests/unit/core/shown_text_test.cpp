// SPDX-License-Identifier: Apache-2.0
#include "core/shown_text.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::core {

TEST_CASE("people read UTF-8 on a terminal that shows it, and nothing gets through that hides") {
    struct Row {
        std::string_view what;
        std::string text;
        std::string_view utf8;
        std::string_view ascii;
    };
    const std::vector<Row> rows{
        {"plain", "spring sale", "spring sale", "spring sale"},
        {"letters", "fr\xC3\xBChling", "fr\xC3\xBChling", "fr\\xc3\\xbchling"},
        {"backslash", "a\\xff", "a\\\\xff", "a\\\\xff"},
        {"controls", "a\x1B[31m\n", "a\\x1b[31m\\x0a", "a\\x1b[31m\\x0a"},
        {"C1", "a\xC2\x9B", "a\\xc2\\x9b", "a\\xc2\\x9b"},
        {"direction", "a\xE2\x80\xAE", "a\\xe2\\x80\\xae", "a\\xe2\\x80\\xae"},
        {"without a shape", "a\xE2\x80\x8B", "a\\xe2\\x80\\x8b", "a\\xe2\\x80\\x8b"},
        {"no UTF-8", "a\xC3(", "a\\xc3(", "a\\xc3("},
        {"cut UTF-8", "a\xE2\x82", "a\\xe2\\x82", "a\\xe2\\x82"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        CHECK(shown_text(row.text, Letters::Utf8) == row.utf8);
        CHECK(shown_text(row.text, Letters::Ascii) == row.ascii);
        CHECK(from_shown(row.utf8) == row.text);
        CHECK(from_shown(row.ascii) == row.text);
    }
    CHECK(shown_text("a\xC3\xBC", Letters::Utf8, 2) == "a...");
    CHECK(columns_of("fr\xC3\xBCh") == 4);
    for (const std::string_view shown : {"a\\", "a\\y", "a\\x1", "a\\xg1"}) {
        CHECK(from_shown(shown) == std::nullopt);
    }
}

TEST_CASE("the locale says what a terminal shows") {
    CHECK(letters_of_locale("", "", "de_DE.UTF-8") == Letters::Utf8);
    CHECK(letters_of_locale("", "C.utf8", "C") == Letters::Utf8);
    CHECK(letters_of_locale("C", "", "de_DE.UTF-8") == Letters::Ascii);
    CHECK(letters_of_locale("", "", "") == Letters::Ascii);
}

}  // namespace holdback::core
