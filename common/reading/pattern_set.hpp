// SPDX-License-Identifier: Apache-2.0
#pragma once
// Many RE2 patterns asked about one text. An index of the words that the patterns need tells which
// of them can match at all, and only those are tried. A pattern is compiled when it is first tried.
// Only the source file of this module includes RE2.

#include "core/result.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::reading {

/// Patterns, known by the numbers that `add` gave them. One thread fills the set. Once finished, it
/// may be shared freely between threads: later compilation changes nothing that a caller sees.
///
/// One RE2::Set of all patterns was measured against this and lost. Texts differ from each other,
/// so its automaton builds new states for nearly every octet of a new text (5 ms per text, against
/// microseconds). It also says "no match" when it runs out of memory. FilteredRE2 gives a sharper
/// index, but needs all patterns compiled first.
class PatternSet {
public:
    PatternSet();
    PatternSet(PatternSet&&) noexcept;
    PatternSet& operator=(PatternSet&&) noexcept;
    PatternSet(const PatternSet&) = delete;
    PatternSet& operator=(const PatternSet&) = delete;
    ~PatternSet();

    /// Adds a pattern and returns its number. The pattern matches anywhere in a text and ignores
    /// letter case. A source that is already there keeps its number. Nothing is compiled.
    std::size_t add(const std::string& source);

    /// Makes the index. No pattern may be added after it.
    void finish();

    [[nodiscard]] std::size_t size() const;
    /// Compiles the pattern and returns what is wrong with it, such as a match on the empty text;
    /// empty when nothing is. A pattern with an error never matches.
    [[nodiscard]] std::string error_of(std::size_t pattern) const;

private:
    friend class PatternMatches;
    struct Patterns;

    std::unique_ptr<Patterns> patterns_;
};

/// The answers of a finished set about one text. The set and the text must outlive it. For one
/// thread.
class PatternMatches {
public:
    PatternMatches(const PatternSet& set, std::string_view text);

    /// True when the pattern with this number matches. It is tried once; the answer is remembered.
    [[nodiscard]] bool has(std::size_t pattern);
    /// False when the words of the text show that the pattern can't match. Does not try it.
    [[nodiscard]] bool may_have(std::size_t pattern);

private:
    enum class Known : std::uint8_t { No, Possible, Yes };

    /// Marks the patterns that may match.
    void find_candidates();

    const PatternSet::Patterns* patterns_;
    std::string_view text_;
    std::vector<Known> known_;  ///< by pattern; empty before the first question
};

/// One pattern by itself, of somebody else's table, with the groups that it matches. Letter case
/// counts unless the pattern says "(?i:". May be copied, and shared freely between threads.
class GroupPattern {
public:
    /// Which of several matches at one place counts: the first alternative, as in Perl, or the
    /// longest, as in POSIX.
    enum class Prefer : std::uint8_t { First, Longest };

    /// The error is RE2's, a text for people.
    [[nodiscard]] static core::Result<GroupPattern, std::string> compile(std::string_view source,
                                                                         Prefer prefer);

    /// The whole match and its groups, of which those that took no part are empty; nullopt when the
    /// pattern matches nowhere in the text. At most nine groups are given.
    [[nodiscard]] std::optional<std::vector<std::string>> match(std::string_view text) const;

private:
    struct Compiled;

    explicit GroupPattern(std::shared_ptr<const Compiled> compiled)
        : compiled_(std::move(compiled)) {}

    std::shared_ptr<const Compiled> compiled_;
};

}  // namespace holdback::reading
