// SPDX-License-Identifier: Apache-2.0
#pragma once
// A text as the lexicon reads it: words, clauses and the lines of a reply.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::reading {

enum class WordKind : std::uint8_t {
    Word,
    Address,  ///< local@domain
    Domain,   ///< a name with dots
    Ip,
    Number,
    Url,
    Code,  ///< a reply code or an enhanced status
};

/// One word. Letters are small and without marks (`core::append_plain`). Apostrophes and hyphens
/// are left out: "don't" is "dont", "e-mail" is "email". The elided articles of French and Italian
/// are words of their own ("l'adresse" is "l", "adresse"). So is each character of a script that
/// writes no spaces.
struct TextWord {
    std::string text;
    WordKind kind = WordKind::Word;
    std::uint32_t clause = 0;
    std::uint32_t line = 0;    ///< the line of a multi-line reply; 0 in other texts
    std::uint32_t commas = 0;  ///< how many stand before it in the text
    bool alone = false;        ///< a character that is a word by its script
    std::uint32_t begin = 0;   ///< offset in `TextWords::text`
    std::uint32_t end = 0;
};

/// A part of a text that ends with `. ; : ! ? |`, a bracket, a dash between spaces, or the end of a
/// line unless the next line goes on in small letters.
struct Clause {
    bool introduces = false;  ///< ends with a colon: what follows says more
};

struct TextWords {
    std::string text;  ///< the text that was read: valid UTF-8
    std::vector<TextWord> words;
    std::vector<Clause> clauses;

    /// The text from the first to the last of these words.
    [[nodiscard]] std::string_view between(std::size_t first, std::size_t last) const;
};

/// Cuts a text into words. Looks at `kRuleTextOctets` octets. Brackets around a single word,
/// address, name or number do not end a clause. The codes that begin the lines of a multi-line
/// reply ("550-5.1.1 ... 550 5.1.1 ...") begin lines, whether the text has line ends or not.
[[nodiscard]] TextWords words_of(std::string_view text);

}  // namespace holdback::reading
