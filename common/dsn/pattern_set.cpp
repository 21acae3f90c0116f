// SPDX-License-Identifier: Apache-2.0
#include "dsn/pattern_set.hpp"

#include "core/literal_set.hpp"
#include "core/result.hpp"
#include "core/text.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <re2/filtered_re2.h>
#include <re2/re2.h>
#include <re2/stringpiece.h>

namespace holdback::dsn {

namespace {

/// Memory for one pattern and its automaton, so that no rule can eat the machine. RE2 searches on
/// without an automaton when this does not suffice: slower, with the same answer.
constexpr std::int64_t kPatternMemory = std::int64_t{1} * 1024 * 1024;

/// Shorter words stand in nearly every text and would sort out nothing.
constexpr int kShortestWord = core::LiteralSet::kShortest;

RE2::Options pattern_options() {
    RE2::Options options;
    options.set_case_sensitive(false);
    options.set_log_errors(false);
    options.set_never_capture(true);
    options.set_dot_nl(true);
    options.set_max_mem(kPatternMemory);
    return options;
}

}  // namespace

struct PatternSet::Patterns {
    re2::FilteredRE2 compiled{kShortestWord};
    std::map<std::string, std::size_t, std::less<>> numbers;  ///< by source
    core::LiteralSet words;                                   ///< as `compiled` knows them
    std::size_t word_count = 0;
};

PatternSet::PatternSet() : patterns_(std::make_unique<Patterns>()) {}
PatternSet::PatternSet(PatternSet&&) noexcept = default;
PatternSet& PatternSet::operator=(PatternSet&&) noexcept = default;
PatternSet::~PatternSet() = default;

core::Result<std::size_t, std::string> PatternSet::add(const std::string& source) {
    if (const auto known = patterns_->numbers.find(source); known != patterns_->numbers.end()) {
        return known->second;
    }
    const RE2 compiled(source, pattern_options());
    if (!compiled.ok()) {
        return std::unexpected(compiled.error());
    }
    if (RE2::PartialMatch("", compiled)) {
        return std::unexpected("it matches the empty text, hence every text");
    }
    int number = 0;
    patterns_->compiled.Add(source, pattern_options(), &number);
    patterns_->numbers.emplace(source, number);
    return static_cast<std::size_t>(number);
}

void PatternSet::finish() {
    std::vector<std::string> words;
    if (size() > 0) {
        patterns_->compiled.Compile(&words);
    }
    patterns_->words = core::LiteralSet(words);
    patterns_->word_count = words.size();
}

std::size_t PatternSet::size() const {
    return patterns_->numbers.size();
}

PatternMatches::PatternMatches(const PatternSet& set, std::string_view text)
    : patterns_(set.patterns_.get()), text_(text) {}

void PatternMatches::find_candidates() {
    known_.assign(patterns_->numbers.size(), Known::No);
    if (text_.empty()) {
        return;
    }
    std::vector<bool> seen(patterns_->word_count);
    std::vector<int> words;
    const auto note = [&](std::size_t word, std::size_t) {
        if (!seen[word]) {
            seen[word] = true;
            words.push_back(static_cast<int>(word));
        }
    };
    if (core::has_non_ascii(text_)) {
        patterns_->words.search(core::to_lower_utf8(text_), note);
    } else {
        patterns_->words.search(text_, note);
    }
    std::vector<int> possible;
    patterns_->compiled.AllPotentials(words, &possible);
    for (const int pattern : possible) {
        known_[static_cast<std::size_t>(pattern)] = Known::Possible;
    }
}

bool PatternMatches::may_have(std::size_t pattern) {
    if (known_.empty()) {
        find_candidates();
    }
    return known_[pattern] != Known::No;
}

bool PatternMatches::has(std::size_t pattern) {
    if (!may_have(pattern)) {
        return false;
    }
    if (known_[pattern] == Known::Possible) {
        const bool matches =
            RE2::PartialMatch(re2::StringPiece(text_.data(), text_.size()),
                              patterns_->compiled.GetRE2(static_cast<int>(pattern)));
        known_[pattern] = matches ? Known::Yes : Known::No;
    }
    return known_[pattern] == Known::Yes;
}

}  // namespace holdback::dsn
