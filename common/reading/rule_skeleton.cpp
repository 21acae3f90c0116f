// SPDX-License-Identifier: Apache-2.0
#include "reading/rule_skeleton.hpp"

#include "core/safe_text.hpp"
#include "core/text.hpp"
#include "mail/enhanced_status.hpp"
#include "reading/rule_check.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::reading {

namespace {

struct Placeholder {
    std::string_view name;
    std::string_view example;
};

constexpr auto kPlaceholders = std::to_array<Placeholder>({{"{address}", "user@example.net"},
                                                           {"{url}", "https://example.net/help"},
                                                           {"{ip}", "192.0.2.1"},
                                                           {"{host}", "mx.example.net"},
                                                           {"{date}", "2026-01-01"},
                                                           {"{id}", "4Q0ABC12345"},
                                                           {"{number}", "17"}});

/// The most words and octets of an id.
constexpr std::size_t kIdWords = 4;
constexpr std::size_t kIdOctets = 48;

constexpr std::string_view kAny = ".+";

const Placeholder* placeholder_at(std::string_view text) {
    const auto* const found = std::ranges::find_if(
        kPlaceholders, [text](const Placeholder& each) { return text.starts_with(each.name); });
    return found == kPlaceholders.end() ? nullptr : found;
}

bool is_code(std::string_view word) {
    const bool reply = word.size() >= 3 && (word[0] == '4' || word[0] == '5') &&
                       core::is_ascii_digit(word[1]) && core::is_ascii_digit(word[2]);
    return (reply && (word.size() == 3 || word[3] == '-')) ||
           mail::EnhancedStatus::parse(word).has_value();
}

/// The pattern from its first word on, without codes such as "550 5.7.1 " in front.
std::string_view without_codes(std::string_view pattern) {
    while (true) {
        const std::size_t end = pattern.find(' ');
        const std::string_view word = pattern.substr(0, end);
        const bool spoken = std::ranges::any_of(word, [](char c) {
            return core::is_ascii_alpha(c) || core::is_ascii_digit(c) || c == '{' ||
                   (static_cast<unsigned char>(c) & 0x80U) != 0;
        });
        if (end == std::string_view::npos || (spoken && !is_code(word))) {
            return pattern;
        }
        pattern.remove_prefix(end + 1);
    }
}

/// Removes "… (in reply to RCPT TO command)", which Postfix itself adds.
std::string_view without_stage(std::string_view pattern) {
    return pattern.substr(0, pattern.find(" (in reply to "));
}

/// True for a character that people can see and that does not end their line.
bool is_fit(std::string_view character) {
    return core::one_line(character) == character;
}

/// One character as RE2 reads it in a pattern between single quotes. An unfit one becomes any
/// character.
std::string escaped(std::string_view character) {
    constexpr std::string_view kSpecial = ".[]{}()*+?|$";
    constexpr std::string_view kUnfit = "'\"\\^";
    if (!is_fit(character) || kUnfit.contains(character)) {
        return ".";
    }
    return kSpecial.contains(character) ? fmt::format("[{}]", character) : std::string(character);
}

/// The pattern of a word. Its placeholders match any text.
std::string word_pattern(std::string_view word) {
    std::string text;
    while (!word.empty()) {
        if (const Placeholder* const found = placeholder_at(word); found != nullptr) {
            if (!text.ends_with(kAny)) {
                text += kAny;
            }
            word.remove_prefix(found->name.size());
        } else {
            const std::string_view character = core::characters(word).front();
            text += escaped(character);
            word.remove_prefix(character.size());
        }
    }
    return text;
}

bool says_something(std::string_view word_of_pattern) {
    return std::ranges::any_of(word_of_pattern, [](char c) {
        return core::is_ascii_alpha(c) || (static_cast<unsigned char>(c) & 0x80U) != 0;
    });
}

std::string text_of(std::string_view pattern) {
    std::vector<std::string> words;
    std::size_t octets = 0;
    for (const std::string_view word : core::split(without_stage(without_codes(pattern)), ' ')) {
        std::string text = word_pattern(word);
        if (octets + text.size() + 1 > kLongestPattern) {
            break;
        }
        octets += text.size() + 1;
        words.push_back(std::move(text));
    }
    // A part that matches anything is useless at either end.
    while (!words.empty() && !says_something(words.back())) {
        words.pop_back();
    }
    const auto first =
        std::ranges::find_if(words, [](const std::string& word) { return says_something(word); });
    words.erase(words.begin(), first);
    return fmt::format("{}", fmt::join(words, " "));
}

std::string slug_of(std::string_view pattern) {
    std::string slug;
    std::size_t count = 0;
    for (const std::string_view word : core::split(without_stage(without_codes(pattern)), ' ')) {
        if (word.contains('{')) {
            continue;
        }
        std::string plain;
        std::ranges::copy_if(word, std::back_inserter(plain), core::is_ascii_alpha);
        if (!plain.empty() && slug.size() + plain.size() < kIdOctets && count < kIdWords) {
            slug += fmt::format("-{}", plain);
            ++count;
        }
    }
    return slug;
}

}  // namespace

std::string filled_pattern(std::string_view pattern) {
    std::string text;
    while (!pattern.empty()) {
        if (const Placeholder* const found = placeholder_at(pattern); found != nullptr) {
            text += found->example;
            pattern.remove_prefix(found->name.size());
        } else {
            const std::string_view character = core::characters(pattern).front();
            text += is_fit(character) ? character : "?";
            pattern.remove_prefix(character.size());
        }
    }
    return text;
}

RuleSkeleton rule_skeleton(std::string_view pattern, std::int64_t number) {
    return {.id = fmt::format("local/{}{}", number, slug_of(pattern)),
            .text = text_of(pattern),
            .example = filled_pattern(pattern)};
}

}  // namespace holdback::reading
