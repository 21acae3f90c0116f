// SPDX-License-Identifier: Apache-2.0
#include "core/plain_letters.hpp"

#include <array>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace holdback::core {

TEST_CASE("letters lose their case and marks where that makes no other letter") {
    struct Row {
        std::u32string_view letters;
        std::string_view want;
    };
    const auto rows = std::to_array<Row>({
        {U"aZ9", "az9"},
        {U"\u00E9\u00D1\u0142\u0131\u0130", "enlii"},
        {U"\u00DF\u00E6\u0153", "ssaeoe"},
        {U"\u1EA1\u1EBF", "ae"},
        {U"e\u0301", "e"},
        {U"\u0451", "\xD0\xB5"},
        {U"\u0439", "\xD0\xB9"},
        {U"\u0438\u0306", "\xD0\xB9"},
        {U"\u0456\u0308", "\xD1\x97"},
        {U"\u03AC\u03C2", "\xCE\xB1\xCF\x83"},
        {U"\uFF29\uFF50\uFF15", "ip5"},
        {U"\u7528", "\xE7\x94\xA8"},
        {U"\U0001F600", "\xF0\x9F\x98\x80"},
    });
    for (const Row& row : rows) {
        CAPTURE(row.want);
        std::string word;
        for (const char32_t letter : row.letters) {
            append_plain(word, letter);
        }
        CHECK(word == row.want);
    }
}

}  // namespace holdback::core
