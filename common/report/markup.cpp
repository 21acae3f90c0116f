// SPDX-License-Identifier: Apache-2.0
#include "report/markup.hpp"

#include "core/text.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace holdback::report {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

/// The characters of a text, each as its octets; `text` is valid UTF-8.
std::vector<std::string_view> characters(std::string_view text) {
    std::vector<std::string_view> all;
    std::size_t begin = 0;
    for (std::size_t i = 1; i <= text.size(); ++i) {
        const bool continues =
            i < text.size() && (static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80U;
        if (!continues) {
            all.push_back(text.substr(begin, i - begin));
            begin = i;
        }
    }
    return all;
}

/// ASCII and C1 controls, and U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069, U+061C.
bool is_hidden(std::string_view character) {
    const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
    if (character.size() == 1) {
        return octet(0) < 0x20 || octet(0) == 0x7F;
    }
    if (character.size() == 2) {
        return (octet(0) == 0xC2 && octet(1) < 0xA0) || character == "\xD8\x9C";
    }
    if (character.size() != 3 || octet(0) != 0xE2) {
        return false;
    }
    const bool in_80 = octet(1) == 0x80 && (octet(2) == 0x8E || octet(2) == 0x8F ||
                                            (octet(2) >= 0xA8 && octet(2) <= 0xAE));
    const bool in_81 = octet(1) == 0x81 && octet(2) >= 0xA6 && octet(2) <= 0xA9;
    return in_80 || in_81;
}

void append(std::string& out, std::string_view character) {
    if (character == "&") {
        out += "&amp;";
    } else if (character == "<") {
        out += "&lt;";
    } else if (character == ">") {
        out += "&gt;";
    } else if (character == "\"") {
        out += "&quot;";
    } else if (character == "'") {
        out += "&#39;";
    } else {
        out += is_hidden(character) ? kReplacement : character;
    }
}

}  // namespace

std::string markup_safe(std::string_view text) {
    const std::string valid = core::to_valid_utf8(text);
    std::string out;
    out.reserve(valid.size());
    for (const std::string_view character : characters(valid)) {
        append(out, character);
    }
    return out;
}

std::string markup_short(std::string_view text, std::size_t most_characters) {
    const std::string valid = core::to_valid_utf8(text);
    const std::vector<std::string_view> all = characters(valid);
    if (all.size() <= most_characters) {
        return markup_safe(text);
    }
    std::string out;
    for (std::size_t i = 0; i + 1 < most_characters; ++i) {
        append(out, all[i]);
    }
    return out + "\xE2\x80\xA6";
}

std::string grouped(std::size_t number) {
    const std::string digits = fmt::to_string(number);
    std::string text;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i > 0 && (digits.size() - i) % 3 == 0) {
            text += ',';
        }
        text += digits[i];
    }
    return text;
}

std::string percent_of(std::size_t part, std::size_t whole) {
    if (part == 0 || whole == 0) {
        return "0%";
    }
    const double share = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
    return share < 0.1 ? "<0.1%" : fmt::format("{:.1f}%", share);
}

}  // namespace holdback::report
