// SPDX-License-Identifier: Apache-2.0
#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::core {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

void append_escaped(std::string& out, char c) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    const auto octet = static_cast<unsigned char>(c);
    out += "\\x";
    out += kDigits[octet >> 4U];
    out += kDigits[octet & 0x0FU];
}

bool is_printable(char c) {
    return c >= ' ' && c <= '~';
}

/// The number of ASCII octets from `at` on; eight at a step.
std::size_t ascii_run(std::string_view text, std::size_t at) {
    constexpr std::uint64_t kHighBits = 0x8080808080808080U;
    const std::size_t start = at;
    std::uint64_t block = 0;
    while (at + sizeof(block) <= text.size()) {
        std::memcpy(&block, text.data() + at, sizeof(block));
        if ((block & kHighBits) != 0) {
            break;
        }
        at += sizeof(block);
    }
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0x80U) == 0) {
        ++at;
    }
    return at - start;
}

/// A range of Unicode with capital letters and their small ones.
struct LetterPairs {
    char32_t first;
    char32_t last;
    char32_t step;  ///< from the capital letter to the small one; 1: they alternate
};

/// The rest of a sequence after its lead octet (RFC 3629 section 4): how long the sequence is, and
/// the bounds of its second octet.
struct SequenceShape {
    std::size_t length;
    unsigned char second_low;
    unsigned char second_high;
};

SequenceShape shape_of(unsigned char lead) {
    if (lead < 0x80) {
        return {1, 0, 0};
    }
    if (lead >= 0xC2 && lead <= 0xDF) {
        return {2, 0x80, 0xBF};
    }
    switch (lead) {
        case 0xE0:
            return {3, 0xA0, 0xBF};
        case 0xED:
            return {3, 0x80, 0x9F};
        case 0xF0:
            return {4, 0x90, 0xBF};
        case 0xF4:
            return {4, 0x80, 0x8F};
        default:
            break;
    }
    if (lead >= 0xE1 && lead <= 0xEF) {
        return {3, 0x80, 0xBF};
    }
    if (lead >= 0xF1 && lead <= 0xF3) {
        return {4, 0x80, 0xBF};
    }
    return {0, 0, 0};
}

/// The octets of the well-formed UTF-8 sequence at `at`; 0 when there is none.
std::size_t sequence_length(std::string_view text, std::size_t at) {
    const SequenceShape shape = shape_of(static_cast<unsigned char>(text[at]));
    if (shape.length <= 1) {
        return shape.length;
    }
    if (at + shape.length > text.size()) {
        return 0;
    }
    const auto second = static_cast<unsigned char>(text[at + 1]);
    if (second < shape.second_low || second > shape.second_high) {
        return 0;
    }
    const std::string_view rest = text.substr(at + 2, shape.length - 2);
    return std::ranges::all_of(rest, is_continuation) ? shape.length : 0;
}

}  // namespace

std::string to_lower(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), ascii_lower);
    return lower;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, ascii_lower, ascii_lower);
}

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
    return text.size() >= prefix.size() &&
           equals_ignoring_case(text.substr(0, prefix.size()), prefix);
}

bool contains_ignoring_case(std::string_view text, std::string_view part) {
    return part.empty() || !std::ranges::search(text, part, {}, ascii_lower, ascii_lower).empty();
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && is_ascii_space(text.front())) {
        text.remove_prefix(1);
    }
    while (!text.empty() && is_ascii_space(text.back())) {
        text.remove_suffix(1);
    }
    return text;
}

std::string_view without_root(std::string_view host) {
    return host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
}

std::string_view cut_off(std::string_view& text, char separator) {
    const std::string_view part = text.substr(0, text.find(separator));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    return part;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> pieces;
    std::size_t start = 0;
    while (true) {
        const std::size_t end = text.find(separator, start);
        if (end == std::string_view::npos) {
            pieces.push_back(text.substr(start));
            return pieces;
        }
        pieces.push_back(text.substr(start, end - start));
        start = end + 1;
    }
}

std::optional<std::uint64_t> parse_decimal(std::string_view text) {
    if (text.empty()) {
        return std::nullopt;
    }
    constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t number = 0;
    for (const char c : text) {
        if (!is_ascii_digit(c)) {
            return std::nullopt;
        }
        const auto digit = static_cast<std::uint64_t>(c - '0');
        if (number > (kMost - digit) / 10) {
            return std::nullopt;
        }
        number = number * 10 + digit;
    }
    return number;
}

std::string log_safe(std::string_view text) {
    std::string out = "\"";
    for (const char c : text.substr(0, kLogSafeOctets)) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (is_printable(c)) {
            out += c;
        } else {
            append_escaped(out, c);
        }
    }
    out += '"';
    if (text.size() > kLogSafeOctets) {
        out += "...";
    }
    return out;
}

std::string in_quotes(std::string_view text) {
    std::string out = "\"";
    out += text;
    out += '"';
    return out;
}

std::string printable(std::string_view text, std::size_t most_octets) {
    std::string out;
    for (const char c : text.substr(0, most_octets)) {
        if (c == '\\') {
            out += "\\\\";
        } else if (is_printable(c)) {
            out += c;
        } else {
            append_escaped(out, c);
        }
    }
    if (text.size() > most_octets) {
        out += "...";
    }
    return out;
}

void append_utf8(std::string& text, char32_t value) {
    if (value < 0x80) {
        text += static_cast<char>(value);
    } else if (value < 0x800) {
        text += static_cast<char>(0xC0U | (value >> 6U));
        text += static_cast<char>(0x80U | (value & 0x3FU));
    } else if (value < 0x10000) {
        text += static_cast<char>(0xE0U | (value >> 12U));
        text += static_cast<char>(0x80U | ((value >> 6U) & 0x3FU));
        text += static_cast<char>(0x80U | (value & 0x3FU));
    } else {
        text += static_cast<char>(0xF0U | (value >> 18U));
        text += static_cast<char>(0x80U | ((value >> 12U) & 0x3FU));
        text += static_cast<char>(0x80U | ((value >> 6U) & 0x3FU));
        text += static_cast<char>(0x80U | (value & 0x3FU));
    }
}

bool is_utf8(std::string_view text) {
    for (std::size_t at = ascii_run(text, 0); at < text.size(); at += ascii_run(text, at)) {
        const std::size_t length = sequence_length(text, at);
        if (length == 0) {
            return false;
        }
        at += length;
    }
    return true;
}

std::string to_valid_utf8(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    std::size_t kept = 0;  // `out` has the text up to here
    for (std::size_t at = ascii_run(text, 0); at < text.size(); at += ascii_run(text, at)) {
        const std::size_t length = sequence_length(text, at);
        if (length != 0) {
            at += length;
            continue;
        }
        out += text.substr(kept, at - kept);
        out += kReplacement;
        ++at;
        kept = at;
    }
    out += text.substr(kept);
    return out;
}

char32_t small_letter(char32_t letter) {
    // From Unicode's UnicodeData.txt: simple lower case mappings of Latin, Greek and Cyrillic.
    static constexpr auto kPairs = std::to_array<LetterPairs>({
        {0xC0, 0xD6, 0x20},
        {0xD8, 0xDE, 0x20},
        {0x100, 0x12F, 1},
        {0x132, 0x137, 1},
        {0x139, 0x148, 1},
        {0x14A, 0x177, 1},
        {0x179, 0x17E, 1},
        {0x386, 0x386, 0x26},
        {0x388, 0x38A, 0x25},
        {0x38C, 0x38C, 0x40},
        {0x38E, 0x38F, 0x3F},
        {0x391, 0x3A1, 0x20},
        {0x3A3, 0x3AB, 0x20},
        {0x400, 0x40F, 0x50},
        {0x410, 0x42F, 0x20},
        {0x460, 0x481, 1},
        {0x48A, 0x4BF, 1},
    });
    const auto* const pairs = std::ranges::find_if(kPairs, [letter](const LetterPairs& range) {
        return letter >= range.first && letter <= range.last;
    });
    if (pairs == kPairs.end()) {
        return letter;
    }
    const bool is_capital = pairs->step != 1 || (letter - pairs->first) % 2 == 0;
    return is_capital ? letter + pairs->step : letter;
}

std::string to_lower_utf8(std::string_view text) {
    std::string lower = to_lower(text);
    for (std::size_t at = 0; at + 1 < lower.size(); ++at) {
        const auto lead = static_cast<unsigned char>(lower[at]);
        if (lead < 0xC2 || lead > 0xDF) {
            continue;
        }
        const auto trail = static_cast<unsigned char>(lower[at + 1]);
        const auto small =
            small_letter(static_cast<char32_t>(((lead & 0x1FU) << 6U) | (trail & 0x3FU)));
        lower[at] = static_cast<char>(0xC0U | (small >> 6U));
        lower[at + 1] = static_cast<char>(0x80U | (small & 0x3FU));
        ++at;
    }
    return lower;
}

bool has_non_ascii(std::string_view text) {
    return ascii_run(text, 0) != text.size();
}

}  // namespace holdback::core
