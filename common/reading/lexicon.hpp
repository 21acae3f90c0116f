// SPDX-License-Identifier: Apache-2.0
#pragma once
// Word lists: they tell from words whom a reply is about and what is wrong. Made once, asked often.

#include "core/result.hpp"
#include "reading/cause.hpp"
#include "reading/cause_table.hpp"
#include "reading/text_words.hpp"
#include "terms/failure_code.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace holdback::reading {

/// The meaning of a phrase, given by its word list.
struct PhraseMeaning {
    enum class Kind : std::uint8_t {
        Says,     ///< whom, what or both
        Guess,    ///< the clause only guesses ("may", "possibly")
        Nothing,  ///< the words say nothing, and hide the phrases inside
    };
    Kind kind = Kind::Says;
    std::optional<Whom> whom;
    std::optional<What> what;

    bool operator==(const PhraseMeaning&) const = default;
};

/// A phrase that was found in a text.
struct PhraseHit {
    std::size_t first = 0;  ///< index of its first word
    std::size_t last = 0;
    PhraseMeaning meaning;
    bool has_gap = false;  ///< it has "...", where other words may stand
};

/// A file of word lists. Each list has a head in brackets and its phrases below, one per line.
struct WordFile {
    std::string name;  ///< for messages
    std::string text;
    /// True for a file of the administrator's, whose meaning of a phrase wins.
    bool local = false;
};

struct LexiconError {
    std::string file;
    int line;
    std::string message;
};

class LexiconBuilder;

/// Immutable; share it freely between threads.
class Lexicon {
public:
    /// A lexicon without words.
    Lexicon();
    /// Reads word lists in the format of holdback-codes(5). It reads a phrase of a shipped file
    /// when a text first has a word that may begin it. Errors, each with its place: a line that
    /// can't be read, an unknown name or code. Phrases of shipped files are checked by `errors`
    /// only.
    [[nodiscard]] static core::Result<Lexicon, std::vector<LexiconError>> make(
        std::vector<WordFile> files, const terms::CodeCatalogue& codes);

    Lexicon(Lexicon&&) noexcept;
    Lexicon& operator=(Lexicon&&) noexcept;
    Lexicon(const Lexicon&) = delete;
    Lexicon& operator=(const Lexicon&) = delete;
    ~Lexicon();

    /// Finds every phrase in the text except those inside a longer one, ordered by their first
    /// words. Linear in the words of the text, for phrases of usual length.
    [[nodiscard]] std::vector<PhraseHit> find(const TextWords& text) const;

    /// The codes of causes, and the causes of bare codes.
    [[nodiscard]] const CauseTable& causes() const;
    /// The number of lines with phrases.
    [[nodiscard]] std::size_t size() const;

    /// Reads all phrases of shipped files and returns those that are wrong. They are ignored
    /// elsewhere.
    [[nodiscard]] std::vector<LexiconError> errors() const;
    /// What `holdback -t` warns about beyond errors: a phrase in two lists that say different
    /// things, a cause without a code. Local files are included.
    [[nodiscard]] std::vector<LexiconError> doubts() const;

private:
    friend class LexiconBuilder;
    struct Tables;
    explicit Lexicon(std::unique_ptr<Tables> tables);

    std::unique_ptr<Tables> tables_;
};

}  // namespace holdback::reading
