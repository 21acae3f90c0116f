// SPDX-License-Identifier: Apache-2.0
#include "core/shown_text.hpp"

#include "core/safe_text.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace holdback::core {

namespace {

/// The length of a text's first character in octets: 1 where it is not UTF-8.
std::size_t length_of_first(std::string_view text) {
    constexpr std::size_t kLongest = 4;
    for (std::size_t length = 1; length <= std::min(kLongest, text.size()); ++length) {
        if (is_utf8(text.substr(0, length))) {
            return length;
        }
    }
    return 1;
}

/// True for characters that take no room: soft hyphen, zero-width ones, the byte order mark.
bool is_without_shape(std::string_view character) {
    static constexpr auto kWithoutShape = std::to_array<std::string_view>({"\xC2\xAD",
                                                                           "\xE2\x80\x8B",
                                                                           "\xE2\x80\x8C",
                                                                           "\xE2\x80\x8D",
                                                                           "\xE2\x81\xA0",
                                                                           "\xEF\xBB\xBF"});
    return std::ranges::find(kWithoutShape, character) != kWithoutShape.end();
}

bool is_shown(std::string_view character, Letters letters) {
    if (character.size() == 1) {
        return character.front() >= ' ' && character.front() <= '~';
    }
    return letters == Letters::Utf8 && one_line(character) == character &&
           !is_without_shape(character);
}

std::optional<unsigned> hex_digit(char c) {
    if (is_ascii_digit(c)) {
        return static_cast<unsigned>(c - '0');
    }
    return c >= 'a' && c <= 'f' ? std::optional(static_cast<unsigned>(c - 'a') + 10U)
                                : std::nullopt;
}

}  // namespace

Letters letters_of_locale(std::string_view all, std::string_view ctype, std::string_view lang) {
    std::string_view locale = all;
    for (const std::string_view next : {ctype, lang}) {
        locale = locale.empty() ? next : locale;
    }
    return contains_ignoring_case(locale, "utf-8") || contains_ignoring_case(locale, "utf8")
               ? Letters::Utf8
               : Letters::Ascii;
}

std::string shown_text(std::string_view text, Letters letters, std::size_t most_octets) {
    std::string out;
    std::size_t at = 0;
    while (at < text.size()) {
        const std::string_view character = text.substr(at, length_of_first(text.substr(at)));
        if (at + character.size() > most_octets) {
            return out + "...";
        }
        at += character.size();
        if (character == "\\") {
            out += "\\\\";
        } else if (is_shown(character, letters)) {
            out += character;
        } else {
            for (const char c : character) {
                out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
            }
        }
    }
    return out;
}

std::size_t columns_of(std::string_view shown) {
    return static_cast<std::size_t>(std::ranges::count_if(
        shown, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::optional<std::string> from_shown(std::string_view shown) {
    std::string text;
    for (std::size_t at = 0; at < shown.size(); ++at) {
        if (shown[at] != '\\') {
            text += shown[at];
            continue;
        }
        const std::string_view rest = shown.substr(at + 1);
        if (rest.starts_with('\\')) {
            text += '\\';
            at += 1;
            continue;
        }
        constexpr std::size_t kEscape = 3;
        const auto high = rest.size() >= kEscape ? hex_digit(rest[1]) : std::nullopt;
        const auto low = rest.size() >= kEscape ? hex_digit(rest[2]) : std::nullopt;
        if (!rest.starts_with('x') || !high.has_value() || !low.has_value()) {
            return std::nullopt;
        }
        text += static_cast<char>((*high << 4U) | *low);
        at += kEscape;
    }
    return text;
}

}  // namespace holdback::core
