// SPDX-License-Identifier: Apache-2.0
#include "letters/order_words.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::letters {

namespace {

using Kind = OrderWordKind;

struct Replacement {
    std::string_view from;
    std::string_view to;
};

constexpr std::array<Replacement, 24> kPlain{{
    {"\xC2\xA0", " "},      // no-break space
    {"\xE2\x80\xAF", " "},  // narrow no-break space
    {"\xE3\x80\x80", " "},  // ideographic space
    {"\xE2\x80\x8B", ""},   // zero-width space
    {"\xE2\x80\x8C", ""},   // zero-width non-joiner
    {"\xE2\x80\x8D", ""},   // zero-width joiner
    {"\xE2\x80\x8E", ""},   // left-to-right mark
    {"\xE2\x80\x8F", ""},   // right-to-left mark
    {"\xEF\xBB\xBF", ""},   // byte order mark
    {"\xE2\x80\x90", "-"},  // hyphen
    {"\xE2\x80\x91", "-"},  // non-breaking hyphen
    {"\xE2\x80\x93", "-"},  // en dash
    {"\xE2\x80\x94", "-"},  // em dash
    {"\xE2\x88\x92", "-"},  // minus
    {"\xE2\x80\x9C", "\""}, {"\xE2\x80\x9D", "\""}, {"\xE2\x80\x9E", "\""},
    {"\xE2\x80\x98", "'"},  {"\xE2\x80\x99", "'"},  {"\xC2\xAB", "\""},
    {"\xC2\xBB", "\""},     {"\xE2\x80\xA2", "*"},  // bullet
    {"\xEF\xBC\x8C", ","},                          // full-width comma
    {"\xEF\xBC\x9A", ":"},                          // full-width colon
}};

bool is_one_of(std::string_view word, std::span<const std::string_view> words) {
    return std::ranges::find(words, word) != words.end();
}

Kind kind_of(std::string_view word) {
    static constexpr auto kFillers = std::to_array<std::string_view>(
        {"no", "nos", "nr", "number", "numbers", "you", "the", "recipients", "recipient"});
    static constexpr auto kPolite = std::to_array<std::string_view>(
        {"and", "please", "pls", "plz", "yes", "ok", "okay", "thanks", "thank"});
    if (word == "release") {
        return Kind::Release;
    }
    if (word == "discard") {
        return Kind::Discard;
    }
    if (word == "all") {
        return Kind::All;
    }
    if (word == "to") {
        return Kind::Dash;
    }
    if (is_one_of(word, kPolite)) {
        return Kind::Polite;
    }
    return is_one_of(word, kFillers) ? Kind::Filler : Kind::Other;
}

}  // namespace

std::string with_plain_characters(std::string_view line) {
    std::string out;
    while (!line.empty()) {
        const auto* const known = std::ranges::find_if(
            kPlain, [line](const Replacement& each) { return line.starts_with(each.from); });
        if (known != kPlain.end()) {
            out += known->to;
            line.remove_prefix(known->from.size());
        } else {
            out += line.front() == '\t' ? ' ' : line.front();
            line.remove_prefix(1);
        }
    }
    return out;
}

std::vector<OrderWord> order_words(std::string_view line) {
    constexpr std::string_view kDecoration = " ,;:*_\"'`()[]{}<>|+&#!.~";
    std::vector<OrderWord> words;
    std::size_t at = 0;
    while (at < line.size()) {
        const char c = line[at];
        std::size_t end = at + 1;
        if (core::is_ascii_digit(c)) {
            while (end < line.size() && core::is_ascii_digit(line[end])) {
                ++end;
            }
            const auto number = core::parse_decimal(line.substr(at, end - at));
            const bool fits = number.has_value() && *number <= SIZE_MAX / 2;
            words.push_back(
                {fits ? Kind::Number : Kind::Other, fits ? static_cast<std::size_t>(*number) : 0});
        } else if (c == '-') {
            words.push_back({Kind::Dash});
        } else if (kDecoration.find(c) == std::string_view::npos) {
            while (end < line.size() && line[end] != '-' && !core::is_ascii_digit(line[end]) &&
                   kDecoration.find(line[end]) == std::string_view::npos) {
                ++end;
            }
            words.push_back({kind_of(core::to_lower(line.substr(at, end - at)))});
        }
        at = end;
    }
    return words;
}

}  // namespace holdback::letters
