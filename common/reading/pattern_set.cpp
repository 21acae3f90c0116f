// SPDX-License-Identifier: Apache-2.0
#include "reading/pattern_set.hpp"

#include "core/literal_set.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "reading/pattern_words.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <re2/re2.h>
#include <re2/stringpiece.h>

namespace holdback::reading {

namespace {

/// Memory for one pattern and its automaton, so that no rule can use up the memory of the machine.
/// When it is not enough, RE2 searches without an automaton: slower, with the same answer.
constexpr std::int64_t kPatternMemory = std::int64_t{1} * 1024 * 1024;

static_assert(kShortestPatternWord >= core::LiteralSet::kShortest);

RE2::Options pattern_options() {
    RE2::Options options;
    options.set_case_sensitive(false);
    options.set_log_errors(false);
    options.set_never_capture(true);
    options.set_dot_nl(true);
    options.set_max_mem(kPatternMemory);
    return options;
}

class LazyPattern {
public:
    explicit LazyPattern(std::string source) : source_(std::move(source)) {}

    /// What is wrong with it; empty when nothing is.
    [[nodiscard]] const std::string& error() const {
        compile();
        return error_;
    }
    [[nodiscard]] bool matches(std::string_view text) const {
        compile();
        return error_.empty() &&
               RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *compiled_);
    }

private:
    void compile() const {
        std::call_once(once_, [this] {
            compiled_ = std::make_unique<RE2>(source_, pattern_options());
            if (!compiled_->ok()) {
                error_ = compiled_->error();
            } else if (RE2::PartialMatch("", *compiled_)) {
                error_ = "it matches the empty text, and so every text";
            }
        });
    }

    std::string source_;
    mutable std::once_flag once_;
    mutable std::unique_ptr<RE2> compiled_;
    mutable std::string error_;
};

}  // namespace

struct PatternSet::Patterns {
    std::deque<LazyPattern> all;                              ///< its members can't be moved
    std::map<std::string, std::size_t, std::less<>> numbers;  ///< by source
    std::map<std::string, std::vector<std::size_t>> by_word;  ///< until the index is made
    core::LiteralSet words;
    std::vector<std::vector<std::size_t>> of_word;  ///< patterns by the number of the word
    std::vector<std::size_t> wordless;              ///< patterns that any text may match
};

PatternSet::PatternSet() : patterns_(std::make_unique<Patterns>()) {}
PatternSet::PatternSet(PatternSet&&) noexcept = default;
PatternSet& PatternSet::operator=(PatternSet&&) noexcept = default;
PatternSet::~PatternSet() = default;

std::size_t PatternSet::add(const std::string& source) {
    const auto [known, fresh] = patterns_->numbers.emplace(source, size());
    if (!fresh) {
        return known->second;
    }
    const std::size_t number = known->second;
    patterns_->all.emplace_back(source);
    const std::vector<std::string> words = words_of_pattern(source);
    for (const std::string& word : words) {
        patterns_->by_word[word].push_back(number);
    }
    if (words.empty()) {
        patterns_->wordless.push_back(number);
    }
    return number;
}

void PatternSet::finish() {
    std::vector<std::string> words;
    for (auto& [word, patterns] : patterns_->by_word) {
        words.push_back(word);
        patterns_->of_word.push_back(std::move(patterns));
    }
    patterns_->by_word.clear();
    patterns_->words = core::LiteralSet(words);
}

std::size_t PatternSet::size() const {
    return patterns_->all.size();
}

std::string PatternSet::error_of(std::size_t pattern) const {
    return patterns_->all[pattern].error();
}

PatternMatches::PatternMatches(const PatternSet& set, std::string_view text)
    : patterns_(set.patterns_.get()), text_(text) {}

void PatternMatches::find_candidates() {
    known_.assign(patterns_->all.size(), Known::No);
    if (text_.empty()) {
        return;
    }
    const auto note = [this](std::size_t word, std::size_t) {
        for (const std::size_t pattern : patterns_->of_word[word]) {
            known_[pattern] = Known::Possible;
        }
    };
    if (core::has_non_ascii(text_)) {
        patterns_->words.search(core::to_lower_utf8(text_), note);
    } else {
        patterns_->words.search(text_, note);
    }
    for (const std::size_t pattern : patterns_->wordless) {
        known_[pattern] = Known::Possible;
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
        known_[pattern] = patterns_->all[pattern].matches(text_) ? Known::Yes : Known::No;
    }
    return known_[pattern] == Known::Yes;
}

struct GroupPattern::Compiled {
    Compiled(re2::StringPiece source, const RE2::Options& options) : pattern(source, options) {}

    RE2 pattern;
};

core::Result<GroupPattern, std::string> GroupPattern::compile(std::string_view source,
                                                              Prefer prefer) {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_longest_match(prefer == Prefer::Longest);
    options.set_max_mem(kPatternMemory);
    auto compiled =
        std::make_shared<const Compiled>(re2::StringPiece(source.data(), source.size()), options);
    if (!compiled->pattern.ok()) {
        return std::unexpected(compiled->pattern.error());
    }
    return GroupPattern(std::move(compiled));
}

std::optional<std::vector<std::string>> GroupPattern::match(std::string_view text) const {
    constexpr std::size_t kMostGroups = 10;  // the whole match is one of them
    std::array<re2::StringPiece, kMostGroups> found;
    const auto groups = static_cast<std::size_t>(compiled_->pattern.NumberOfCapturingGroups());
    const std::size_t wanted = std::min(groups + 1, kMostGroups);
    if (!compiled_->pattern.Match(re2::StringPiece(text.data(), text.size()),
                                  0,
                                  text.size(),
                                  RE2::UNANCHORED,
                                  found.data(),
                                  static_cast<int>(wanted))) {
        return std::nullopt;
    }
    std::vector<std::string> all;
    all.reserve(wanted);
    for (const re2::StringPiece& each : std::span(found).first(wanted)) {
        all.emplace_back(each.data() == nullptr ? std::string()
                                                : std::string(each.data(), each.size()));
    }
    return all;
}

}  // namespace holdback::reading
