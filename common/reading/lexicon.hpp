// SPDX-License-Identifier: Apache-2.0
#pragma once
// Word lists: which words say whom a reply speaks of and what is wrong. Made once, asked often.

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

/// What a phrase says. A list of words says whom, what, both, or:
struct PhraseMeaning {
    enum class Kind : std::uint8_t {
        Says,     ///< whom, what or both
        Guess,    ///< the clause only guesses ("may", "possibly")
        Nothing,  ///< the words say nothing; hides what stands inside
    };
    Kind kind = Kind::Says;
    std::optional<Whom> whom;
    std::optional<What> what;

    bool operator==(const PhraseMeaning&) const = default;
};

/// A phrase that stands in a text.
struct PhraseHit {
    std::size_t first = 0;  ///< word
    std::size_t last = 0;
    PhraseMeaning meaning;
    bool has_gap = false;  ///< "...": other words may stand between
};

/// A file of word lists: heads in brackets, and under each its phrases, one a line.
struct WordFile {
    std::string name;  ///< for messages
    std::string text;
    /// True for a file of the administrator's: what it says of a phrase wins.
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
    /// Without a word.
    Lexicon();
    /// Reads word lists; the format is in holdback-codes(5). A phrase of a shipped file is read
    /// when a text first has a word that it may begin with. Errors: a line that can't be read (of
    /// shipped files, one that is no phrase), an unknown name or code, each with its place.
    [[nodiscard]] static core::Result<Lexicon, std::vector<LexiconError>> make(
        std::vector<WordFile> files, const terms::CodeCatalogue& codes);

    Lexicon(Lexicon&&) noexcept;
    Lexicon& operator=(Lexicon&&) noexcept;
    Lexicon(const Lexicon&) = delete;
    Lexicon& operator=(const Lexicon&) = delete;
    ~Lexicon();

    /// Every phrase that stands in the text, without those inside of a longer one, by their first
    /// words. Linear in the words of the text, for phrases of usual length.
    [[nodiscard]] std::vector<PhraseHit> find(const TextWords& text) const;

    /// The codes of causes, and the causes of bare codes.
    [[nodiscard]] const CauseTable& causes() const;
    /// How many lines of phrases there are.
    [[nodiscard]] std::size_t size() const;

    /// What is wrong with phrases of shipped files, which count for nothing then. Reads all.
    [[nodiscard]] std::vector<LexiconError> errors() const;
    /// What `holdback -t` says of the lists beyond errors: a phrase that stands in two lists that
    /// say different things, a cause without a code. Those of local files come as warnings too.
    [[nodiscard]] std::vector<LexiconError> doubts() const;

private:
    friend class LexiconBuilder;
    struct Tables;
    explicit Lexicon(std::unique_ptr<Tables> tables);

    std::unique_ptr<Tables> tables_;
};

}  // namespace holdback::reading
