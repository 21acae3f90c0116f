// SPDX-License-Identifier: Apache-2.0
#pragma once
// Many RE2 patterns asked about one text: one index of the words that the patterns need tells which
// of them can match at all, and only those are tried. A pattern is compiled when it is first tried.
// The only file that includes RE2 is this module's source.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::reading {

/// Patterns, known by the number that `add` gave them. Filled by one thread; once finished, shared
/// freely between threads: what is compiled later changes nothing that a caller sees.
///
/// One RE2::Set of all patterns was measured against this and lost: texts differ from each other,
/// so its automaton builds new states for nearly every octet of a new one (5 ms for a text, against
/// microseconds). It also says "no match" when it runs out of memory. FilteredRE2 gives a sharper
/// index, for which all patterns have to be compiled first.
class PatternSet {
public:
    PatternSet();
    PatternSet(PatternSet&&) noexcept;
    PatternSet& operator=(PatternSet&&) noexcept;
    PatternSet(const PatternSet&) = delete;
    PatternSet& operator=(const PatternSet&) = delete;
    ~PatternSet();

    /// Takes a pattern, which matches anywhere in a text and without regard to letter case. A
    /// source that is there already gets the number that it has. Nothing is compiled.
    std::size_t add(const std::string& source);

    /// Makes the index. No pattern is added after it.
    void finish();

    [[nodiscard]] std::size_t size() const;
    /// Compiles the pattern and says what is wrong with it: that it matches the empty text is.
    /// Empty when nothing is wrong. A pattern with an error never matches.
    [[nodiscard]] std::string error_of(std::size_t pattern) const;

private:
    friend class PatternMatches;
    struct Patterns;

    std::unique_ptr<Patterns> patterns_;
};

/// What a finished set says about one text. Both outlive it. For one thread.
class PatternMatches {
public:
    PatternMatches(const PatternSet& set, std::string_view text);

    /// True when the pattern of this number matches; tried once, remembered after.
    [[nodiscard]] bool has(std::size_t pattern);
    /// False when the pattern does not match, as the words of the text show without trying it.
    [[nodiscard]] bool may_have(std::size_t pattern);

private:
    enum class Known : std::uint8_t { No, Possible, Yes };

    /// Sorts out what can't match.
    void find_candidates();

    const PatternSet::Patterns* patterns_;
    std::string_view text_;
    std::vector<Known> known_;  ///< by pattern; empty before the first question
};

}  // namespace holdback::reading
