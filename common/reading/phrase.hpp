// SPDX-License-Identifier: Apache-2.0
#pragma once
// Turns lines of words into phrases. The words are stored as hashes.

#include "reading/text_words.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/container/small_vector.hpp>

namespace holdback::reading {

/// The shortest and the longest stem of a word that may stand before "*", in octets.
inline constexpr std::size_t kShortestStem = 2;
inline constexpr std::size_t kLongestStem = 64;

/// A word is stored as its hash (FNV-1a). Tables of texts would cost more than everything else.
using WordKey = std::uint64_t;
inline constexpr WordKey kHashBegin = 14695981039346656037U;
/// The key of a stem differs from that of a word of the same letters.
inline constexpr WordKey kStemBegin = ~kHashBegin;

constexpr WordKey hash_on(WordKey hash, char c) {
    return (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
}

constexpr WordKey key_of(std::string_view text, WordKey begin = kHashBegin) {
    for (const char c : text) {
        begin = hash_on(begin, c);
    }
    return begin;
}

/// The key of an ASCII text, regardless of letter case.
[[nodiscard]] WordKey lower_key_of(std::string_view text, WordKey begin = kHashBegin);

/// One of 64 bits for a key.
constexpr std::uint64_t mask_of(WordKey key) {
    return std::uint64_t{1} << (key & 63U);
}

/// A word, or the stem of one.
struct WordChoice {
    WordKey key = 0;
    std::uint8_t stem = 0;  ///< octets of the stem; 0: a whole word
};

// The move of a small_vector is declared to throw nothing, and only memory can run out in it.
// NOLINTNEXTLINE(bugprone-exception-escape)
struct PhraseElement {
    boost::container::small_vector<WordChoice, 2> choices;  ///< empty: a gap
    bool may_miss = false;
    bool alone = false;      ///< a character that is a word by its script
    std::uint8_t reach = 0;  ///< for a gap: how many words may stand in it

    [[nodiscard]] bool is_gap() const { return choices.empty(); }
};
using PhraseElements = std::vector<PhraseElement>;

/// Nothing, or any word, may follow the first word of a phrase.
inline constexpr std::uint64_t kAnyFollower = ~std::uint64_t{0};

/// A sequence of words that says something.
struct Phrase {
    PhraseElements elements;
    /// The words of which one has to follow the first, as in `KeysOfWord::mask`.
    std::uint64_t followers = kAnyFollower;
    std::uint16_t list = 0;  ///< the section that it belongs to
    bool has_gap = false;
};

/// The keys of one word of a text: for the word itself, its kind, its labels and its beginnings.
struct KeysOfWord {
    boost::container::small_vector<WordKey, 4> whole;
    /// For the first `kShortestStem` octets, for one octet more, and so on.
    boost::container::small_vector<WordKey, 16> beginnings;
    /// `mask_of` all these keys. A word without a bit of another mask fits no choice of it.
    std::uint64_t mask = 0;

    [[nodiscard]] bool fits(const WordChoice& choice) const {
        if (choice.stem == 0) {
            return std::ranges::find(whole, choice.key) != whole.end();
        }
        const std::size_t at = choice.stem - kShortestStem;
        return at < beginnings.size() && beginnings[at] == choice.key;
    }
};
void add_keys(const TextWord& word, KeysOfWord& keys);

/// Reads lines of words. A line makes one phrase, or several when a choice has more than one word.
class PhraseReader {
public:
    /// Reads a line and returns what is wrong with it; empty when nothing is.
    [[nodiscard]] std::string read(std::string_view line);
    /// Returns the phrases of the line that was read, for this section. Call it once per line.
    [[nodiscard]] std::vector<Phrase> take(std::uint16_t list);

private:
    [[nodiscard]] std::string read_piece(std::string_view piece);
    void append(PhraseElement element);
    /// Appends each of the choices to each variant.
    [[nodiscard]] std::string append(const std::vector<PhraseElements>& choices);

    std::vector<PhraseElements> variants_;
};

/// Finds the keys of the words that a line may begin with.
void find_first_keys(std::string_view line, std::vector<WordKey>& keys);

}  // namespace holdback::reading
