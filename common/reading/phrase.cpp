// SPDX-License-Identifier: Apache-2.0
#include "reading/phrase.hpp"

#include "core/plain_letters.hpp"
#include "core/text.hpp"
#include "reading/text_words.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::reading {

namespace {

/// The most words, and characters of scripts without spaces, that "..." may stand for.
constexpr std::uint8_t kMostBetween = 4;
constexpr std::uint8_t kMostCharactersBetween = 10;
/// The most phrases that one line with choices of several words makes.
constexpr std::size_t kMostVariants = 64;
constexpr std::size_t kMostElements = 40;

std::string doubt_about(const PhraseElements& elements) {
    const auto is_firm = [](const PhraseElement& element) {
        return !element.is_gap() && !element.may_miss;
    };
    if (std::ranges::none_of(elements, is_firm)) {
        return "a phrase needs a word that may not be missing";
    }
    if (elements.front().is_gap() || elements.back().is_gap()) {
        return "\"...\" may stand only between words";
    }
    return elements.size() > kMostElements
               ? fmt::format("a phrase has at most {} words", kMostElements)
               : std::string{};
}

/// The form in texts of a choice that is one word of Latin letters: "Isn't" is "isnt". nullopt when
/// it may be something else.
std::optional<std::string> latin_word(std::string_view choice) {
    constexpr std::size_t kLetters = 2;  // in front of an apostrophe; fewer may be elided
    std::string word;
    for (std::size_t at = 0; at < choice.size(); ++at) {
        const auto octet = static_cast<unsigned char>(choice[at]);
        const bool has_next = at + 1 < choice.size();
        if (core::is_ascii_alpha(choice[at])) {
            word += core::ascii_lower(choice[at]);
        } else if (choice[at] == '\'' && word.size() > kLetters && at + 2 == choice.size() &&
                   (core::ascii_lower(choice[at + 1]) == 't' ||
                    core::ascii_lower(choice[at + 1]) == 's')) {
            continue;
        } else if (octet >= 0xC3 && octet <= 0xC9 && has_next) {
            const auto next = static_cast<unsigned char>(choice[at + 1]);
            if (octet == 0xC3 && (next == 0x97 || next == 0xB7)) {
                return std::nullopt;  // the signs of multiplication and division
            }
            core::append_plain(word,
                               core::small_letter(static_cast<char32_t>(((octet & 0x1FU) << 6U) |
                                                                        (next & 0x3FU))));
            ++at;
        } else {
            return std::nullopt;
        }
    }
    return word;
}

/// Returns what is wrong with a stem before "*"; empty when nothing is.
std::string doubt_about_stem(std::string_view stem, std::string_view choice) {
    if (stem.size() < kShortestStem) {
        return fmt::format("too few letters of a word: \"{}*\"", core::printable(choice));
    }
    return stem.size() > kLongestStem
               ? fmt::format("too many letters of a word: \"{}*\"", core::printable(choice))
               : std::string{};
}

WordChoice choice_of(std::string_view word, bool cut) {
    return cut ? WordChoice{.key = key_of(word, kStemBegin),
                            .stem = static_cast<std::uint8_t>(word.size())}
               : WordChoice{.key = key_of(word), .stem = 0};
}

/// Reads any choice with the reader of texts, for `read_choice`.
std::string read_words(std::string_view choice,
                       bool stem,
                       PhraseElement& single,
                       PhraseElements& several) {
    const TextWords text = words_of(choice);
    if (text.words.empty()) {
        return fmt::format("\"{}\" is not a word", core::printable(choice));
    }
    for (const TextWord& word : text.words) {
        const bool cut = stem && &word == &text.words.back() && !word.alone;
        if (std::string doubt = cut ? doubt_about_stem(word.text, choice) : std::string{};
            !doubt.empty()) {
            return doubt;
        }
        const WordChoice made = choice_of(word.text, cut);
        if (text.words.size() == 1) {
            single.choices.push_back(made);
            single.alone = single.alone || word.alone;
        } else {
            PhraseElement element;
            element.choices.push_back(made);
            element.alone = word.alone;
            several.push_back(element);
        }
    }
    return {};
}

/// Reads a choice. One word goes to `single`; several ("e_mail", or characters that are words) go
/// to `several`.
std::string read_choice(std::string_view choice, PhraseElement& single, PhraseElements& several) {
    const bool placeholder =
        choice == "<address>" || choice == "<domain>" || choice == "<ip>" || choice == "<number>";
    if (placeholder || (choice.size() > 1 && choice.starts_with('.'))) {
        single.choices.push_back({.key = key_of(core::to_lower_utf8(choice)), .stem = 0});
        return {};
    }
    const bool stem = choice.ends_with('*');
    if (stem) {
        choice.remove_suffix(1);
    }
    if (const auto word = latin_word(choice); word.has_value() && !word->empty()) {
        if (std::string doubt = stem ? doubt_about_stem(*word, choice) : std::string{};
            !doubt.empty()) {
            return doubt;
        }
        single.choices.push_back(choice_of(*word, stem));
        return {};
    }
    return read_words(choice, stem, single, several);
}

/// The key of the first word of a choice.
std::optional<WordKey> first_key_of(std::string_view choice) {
    const bool stem = choice.size() > 1 && choice.ends_with('*');
    if (stem) {
        choice.remove_suffix(1);
    }
    if (std::ranges::all_of(choice, core::is_ascii_alpha)) {
        return lower_key_of(choice, stem ? kStemBegin : kHashBegin);
    }
    if (choice.starts_with('.') || choice.starts_with('<')) {
        return key_of(core::to_lower_utf8(choice));
    }
    if (const auto word = latin_word(choice)) {
        return key_of(*word, stem ? kStemBegin : kHashBegin);
    }
    const TextWords text = words_of(choice);
    if (text.words.empty()) {
        return std::nullopt;
    }
    const bool cut = stem && text.words.size() == 1 && !text.words.front().alone;
    return key_of(text.words.front().text, cut ? kStemBegin : kHashBegin);
}

/// The key of the first word, when it has only ASCII letters and no other may take its place. Most
/// lines begin with such a word.
std::optional<WordKey> key_of_plain_word(std::string_view line) {
    WordKey key = kHashBegin;
    for (const char c : line) {
        if (!core::is_ascii_alpha(c)) {
            return c == ' ' && key != kHashBegin ? std::optional(key) : std::nullopt;
        }
        key = hash_on(key, core::ascii_lower(c));
    }
    return key;
}

std::string_view placeholder_of(WordKind kind) {
    switch (kind) {
        case WordKind::Address:
            return "<address>";
        case WordKind::Domain:
            return "<domain>";
        case WordKind::Ip:
            return "<ip>";
        case WordKind::Number:
            return "<number>";
        case WordKind::Word:
        case WordKind::Url:
        case WordKind::Code:
            return {};
    }
    return {};
}

/// Adds the labels of a host name or of a URL's host, and their parts between hyphens, each with
/// "." in front.
void add_labels(const TextWord& word, KeysOfWord& keys) {
    std::string_view host = word.text;
    if (const std::size_t scheme = host.find("://"); scheme != std::string_view::npos) {
        host.remove_prefix(scheme + 3);
    }
    host = host.substr(0, host.find_first_of("/?:#"));
    constexpr WordKey kDot = hash_on(kHashBegin, '.');
    for (const std::string_view label : core::split(host, '.')) {
        keys.whole.push_back(key_of(label, kDot));
        if (label.find('-') != std::string_view::npos) {
            for (const std::string_view part : core::split(label, '-')) {
                keys.whole.push_back(key_of(part, kDot));
            }
        }
    }
}

}  // namespace

WordKey lower_key_of(std::string_view text, WordKey begin) {
    for (const char c : text) {
        begin = hash_on(begin, core::ascii_lower(c));
    }
    return begin;
}

namespace {

void add_forms(const TextWord& word, KeysOfWord& keys) {
    keys.whole.push_back(key_of(word.text));
    if (const std::string_view placeholder = placeholder_of(word.kind); !placeholder.empty()) {
        keys.whole.push_back(key_of(placeholder));
    }
    if (word.kind == WordKind::Domain || word.kind == WordKind::Url) {
        add_labels(word, keys);
    }
    if (word.kind != WordKind::Word) {
        return;
    }
    WordKey stem = kStemBegin;
    for (std::size_t i = 0; i < std::min(word.text.size(), kLongestStem); ++i) {
        stem = hash_on(stem, word.text[i]);
        if (i + 1 >= kShortestStem) {
            keys.beginnings.push_back(stem);
        }
    }
}

/// For `Phrase::followers`.
std::uint64_t followers_in(const PhraseElements& elements) {
    if (elements.size() < 2 || elements[0].may_miss || elements[1].may_miss ||
        elements[1].is_gap()) {
        return kAnyFollower;
    }
    std::uint64_t mask = 0;
    for (const WordChoice& choice : elements[1].choices) {
        mask |= mask_of(choice.key);
    }
    return mask;
}

}  // namespace

void add_keys(const TextWord& word, KeysOfWord& keys) {
    add_forms(word, keys);
    for (const WordKey key : keys.whole) {
        keys.mask |= mask_of(key);
    }
    for (const WordKey key : keys.beginnings) {
        keys.mask |= mask_of(key);
    }
}

std::string PhraseReader::read(std::string_view line) {
    variants_.assign(1, {});
    while (!line.empty()) {
        const std::string_view piece = core::cut_off(line, ' ');
        if (piece.empty()) {
            continue;
        }
        if (std::string wrong = read_piece(piece); !wrong.empty()) {
            return wrong;
        }
    }
    for (const PhraseElements& elements : variants_) {
        if (std::string wrong = doubt_about(elements); !wrong.empty()) {
            return wrong;
        }
    }
    return {};
}

std::vector<Phrase> PhraseReader::take(std::uint16_t list) {
    std::vector<Phrase> phrases;
    for (PhraseElements& elements : variants_) {
        const std::uint64_t followers = followers_in(elements);
        Phrase phrase{.elements = std::move(elements),
                      .followers = followers,
                      .list = list,
                      .has_gap = false};
        bool alone = false;
        for (PhraseElement& element : phrase.elements) {
            element.reach = alone ? kMostCharactersBetween : kMostBetween;
            phrase.has_gap = phrase.has_gap || element.is_gap();
            alone = element.alone;
        }
        phrases.push_back(std::move(phrase));
    }
    return phrases;
}

std::string PhraseReader::read_piece(std::string_view piece) {
    if (piece == "...") {
        append(PhraseElement{});
        return {};
    }
    PhraseElement single;
    if (piece.size() > 1 && piece.ends_with('?')) {
        single.may_miss = true;
        piece.remove_suffix(1);
    }
    std::vector<PhraseElements> choices;
    bool more = true;
    while (more) {
        more = piece.find('/') != std::string_view::npos;
        const std::string_view choice = core::cut_off(piece, '/');
        PhraseElements several;
        if (std::string wrong = read_choice(choice, single, several); !wrong.empty()) {
            return wrong;
        }
        if (!several.empty()) {
            choices.push_back(std::move(several));
        }
    }
    if (choices.empty() && !single.choices.empty()) {
        append(std::move(single));
        return {};
    }
    if (!single.choices.empty()) {
        choices.push_back({single});
    } else if (single.may_miss) {
        choices.emplace_back();
    }
    return append(choices);
}

void PhraseReader::append(PhraseElement element) {
    for (PhraseElements& variant : variants_ | std::views::drop(1)) {
        variant.push_back(element);
    }
    variants_.front().push_back(std::move(element));
}

std::string PhraseReader::append(const std::vector<PhraseElements>& choices) {
    if (choices.size() == 1) {
        for (PhraseElements& variant : variants_) {
            variant.insert(variant.end(), choices.front().begin(), choices.front().end());
        }
        return {};
    }
    std::vector<PhraseElements> longer;
    for (const PhraseElements& variant : variants_) {
        for (const PhraseElements& choice : choices) {
            longer.push_back(variant);
            std::ranges::copy(choice, std::back_inserter(longer.back()));
        }
    }
    variants_ = std::move(longer);
    return variants_.size() > kMostVariants ? "too many choices of several words" : std::string{};
}

void find_first_keys(std::string_view line, std::vector<WordKey>& keys) {
    keys.clear();
    if (const auto key = key_of_plain_word(line)) {
        keys.push_back(*key);
        return;
    }
    bool may_miss = true;
    while (!line.empty() && may_miss) {
        std::string_view piece = core::cut_off(line, ' ');
        may_miss = piece.empty() || (piece.size() > 1 && piece.ends_with('?'));
        if (may_miss && !piece.empty()) {
            piece.remove_suffix(1);
        }
        while (!piece.empty()) {
            const std::string_view choice = core::cut_off(piece, '/');
            const auto key = first_key_of(choice);
            if (key.has_value() && std::ranges::find(keys, *key) == keys.end()) {
                keys.push_back(*key);
            }
        }
    }
}

}  // namespace holdback::reading
