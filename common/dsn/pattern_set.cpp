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
#include <optional>
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
constexpr int kShortestWord = 3;

RE2::Options pattern_options() {
    RE2::Options options;
    options.set_case_sensitive(false);
    options.set_log_errors(false);
    options.set_never_capture(true);
    options.set_dot_nl(true);
    options.set_max_mem(kPatternMemory);
    return options;
}

/// Words, in lower case, of which at least one stands in every text that the pattern matches; empty
/// when there are no such words.
std::vector<std::string> needed_words(const std::string& source) {
    re2::FilteredRE2 filter(kShortestWord);
    int number = 0;
    std::vector<std::string> words;
    if (filter.Add(source, pattern_options(), &number) == RE2::NoError) {
        filter.Compile(&words);
    }
    return words;
}

}  // namespace

struct PatternSet::Patterns {
    std::vector<std::unique_ptr<RE2>> compiled;
    std::map<std::string, std::size_t, std::less<>> numbers;  ///< by source
    std::map<std::string, std::vector<std::uint32_t>> words;  ///< and the patterns that need them
    std::vector<std::uint32_t> wordless;  ///< patterns that have to be tried on every text
    std::vector<std::vector<std::uint32_t>> needed_by;  ///< patterns, by word of the automaton
    std::optional<core::LiteralSet> automaton;
};

PatternSet::PatternSet() : patterns_(std::make_unique<Patterns>()) {}
PatternSet::PatternSet(PatternSet&&) noexcept = default;
PatternSet& PatternSet::operator=(PatternSet&&) noexcept = default;
PatternSet::~PatternSet() = default;

core::Result<std::size_t, std::string> PatternSet::add(const std::string& source) {
    if (const auto known = patterns_->numbers.find(source); known != patterns_->numbers.end()) {
        return known->second;
    }
    auto compiled = std::make_unique<RE2>(source, pattern_options());
    if (!compiled->ok()) {
        return std::unexpected(compiled->error());
    }
    if (RE2::PartialMatch("", *compiled)) {
        return std::unexpected("it matches the empty text, hence every text");
    }
    const std::size_t number = patterns_->compiled.size();
    patterns_->compiled.push_back(std::move(compiled));
    patterns_->numbers.emplace(source, number);
    const std::vector<std::string> words = needed_words(source);
    for (const std::string& word : words) {
        patterns_->words[word].push_back(static_cast<std::uint32_t>(number));
    }
    if (words.empty()) {
        patterns_->wordless.push_back(static_cast<std::uint32_t>(number));
    }
    return number;
}

void PatternSet::finish() {
    std::vector<std::string> literals;
    for (const auto& [word, needed_by] : patterns_->words) {
        literals.push_back(word);
        patterns_->needed_by.push_back(needed_by);
    }
    patterns_->automaton.emplace(literals);
}

std::size_t PatternSet::size() const {
    return patterns_->compiled.size();
}

PatternMatches::PatternMatches(const PatternSet& set, std::string_view text)
    : patterns_(set.patterns_.get()), text_(text), known_(set.size(), Known::No) {
    for (const std::uint32_t pattern : patterns_->wordless) {
        known_[pattern] = Known::Possible;
    }
    const auto note = [this](std::size_t word) {
        for (const std::uint32_t pattern : patterns_->needed_by[word]) {
            known_[pattern] = Known::Possible;
        }
    };
    if (core::has_non_ascii(text)) {
        patterns_->automaton->search(core::to_lower_utf8(text), note);
    } else {
        patterns_->automaton->search(text, note);
    }
}

bool PatternMatches::has(std::size_t pattern) {
    if (known_[pattern] == Known::Possible) {
        const bool matches = RE2::PartialMatch(re2::StringPiece(text_.data(), text_.size()),
                                               *patterns_->compiled[pattern]);
        known_[pattern] = matches ? Known::Yes : Known::No;
    }
    return known_[pattern] == Known::Yes;
}

}  // namespace holdback::dsn
