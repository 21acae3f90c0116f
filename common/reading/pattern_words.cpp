// SPDX-License-Identifier: Apache-2.0
#include "reading/pattern_words.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::reading {

namespace {

/// The position behind the class that begins at `at` ("[a-z]").
std::size_t class_end(std::string_view pattern, std::size_t at) {
    std::size_t end = at + 1;
    if (end < pattern.size() && pattern[end] == '^') {
        ++end;
    }
    if (end < pattern.size() && pattern[end] == ']') {
        ++end;
    }
    while (end < pattern.size() && pattern[end] != ']') {
        end += pattern[end] == '\\' ? 2U : 1U;
    }
    return std::min(end + 1, pattern.size());
}

/// The position behind the group that begins at `at` ("(a|b)").
std::size_t group_end(std::string_view pattern, std::size_t at) {
    std::size_t depth = 0;
    while (at < pattern.size()) {
        const char c = pattern[at];
        if (c == '[') {
            at = class_end(pattern, at);
            continue;
        }
        if (c == '\\') {
            at += 2;
            continue;
        }
        if (c == '(') {
            ++depth;
        } else if (c == ')') {
            --depth;
        }
        ++at;
        if (depth == 0) {
            break;
        }
    }
    return std::min(at, pattern.size());
}

bool is_optional(std::string_view pattern, std::size_t at) {
    return at < pattern.size() && (pattern[at] == '?' || pattern[at] == '*' || pattern[at] == '{');
}

/// The parts of one branch of a pattern that help.
struct Branch {
    std::string longest;                   ///< the longest literal string
    std::vector<std::string_view> groups;  ///< contents of groups that have to match
};

/// Reads one level of a pattern: its branches.
class LevelReader {
public:
    explicit LevelReader(std::string_view pattern) : pattern_(pattern) {}

    std::vector<Branch> read() {
        branches_.emplace_back();
        while (at_ < pattern_.size()) {
            read_one();
        }
        end_run();
        return std::move(branches_);
    }

private:
    void read_one() {
        const char c = pattern_[at_];
        switch (c) {
            case '\\':
                read_escape();
                return;
            case '[':
                end_run();
                at_ = class_end(pattern_, at_);
                return;
            case '(':
                read_group();
                return;
            case '|':
                end_run();
                branches_.emplace_back();
                break;
            case '.':
            case '^':
            case '$':
            case '+':
                end_run();
                break;
            case '*':
            case '?':
            case '{':
                drop_last();
                end_run();
                if (c == '{') {
                    at_ = std::min(pattern_.find('}', at_), pattern_.size() - 1);
                }
                break;
            default:
                run_ += c;
                break;
        }
        ++at_;
    }

    void read_escape() {
        const char c = at_ + 1 < pattern_.size() ? pattern_[at_ + 1] : '\0';
        at_ = std::min(at_ + 2, pattern_.size());
        if (!core::is_ascii_alpha(c) && !core::is_ascii_digit(c)) {
            run_ += c;
            return;
        }
        end_run();
        // \p{Greek}, \x{10FFFF}, \x41 and \101 hold no literal text.
        if ((c == 'p' || c == 'P' || c == 'x') && at_ < pattern_.size() && pattern_[at_] == '{') {
            at_ = std::min(pattern_.find('}', at_), pattern_.size() - 1) + 1;
        } else if (c == 'x' || c == 'p' || c == 'P' || core::is_ascii_digit(c)) {
            at_ = std::min(at_ + 2, pattern_.size());
        }
    }

    void read_group() {
        end_run();
        const std::size_t end = group_end(pattern_, at_);
        std::string_view content = pattern_.substr(at_ + 1, end - at_ - 2);
        if (content.starts_with("?:")) {
            content.remove_prefix(2);
        }
        if (!is_optional(pattern_, end) && !content.starts_with('?')) {
            branches_.back().groups.push_back(content);
        }
        at_ = end;
    }

    /// Drops the last character of the run, because it may be missing in a text.
    void drop_last() {
        while (!run_.empty() && (static_cast<unsigned char>(run_.back()) & 0xC0U) == 0x80U) {
            run_.pop_back();
        }
        if (!run_.empty()) {
            run_.pop_back();
        }
    }

    void end_run() {
        if (run_.size() > branches_.back().longest.size()) {
            branches_.back().longest = run_;
        }
        run_.clear();
    }

    std::string_view pattern_;
    std::size_t at_ = 0;
    std::string run_;
    std::vector<Branch> branches_;
};

bool is_long(const Branch& branch) {
    return branch.longest.size() >= kShortestPatternWord;
}

/// The literals of these branches; nullopt when a branch has none.
std::optional<std::vector<std::string>> literals_of(const std::vector<Branch>& branches) {
    if (!std::ranges::all_of(branches, is_long)) {
        return std::nullopt;
    }
    std::vector<std::string> words;
    words.reserve(branches.size());
    for (const Branch& branch : branches) {
        words.push_back(core::to_lower_utf8(branch.longest).substr(0, kLongestPatternWord));
    }
    return words;
}

/// The literals of one branch: its own, or those of a group that has to match.
std::optional<std::vector<std::string>> literals_in(const Branch& branch) {
    if (is_long(branch)) {
        return literals_of({branch});
    }
    for (const std::string_view group : branch.groups) {
        if (auto words = literals_of(LevelReader(group).read())) {
            return words;
        }
    }
    return std::nullopt;
}

}  // namespace

std::vector<std::string> words_of_pattern(std::string_view pattern) {
    if (pattern.find("\\Q") != std::string_view::npos) {
        return {};
    }
    std::vector<std::string> words;
    for (const Branch& branch : LevelReader(pattern).read()) {
        auto found = literals_in(branch);
        if (!found.has_value()) {
            return {};
        }
        std::ranges::move(*found, std::back_inserter(words));
    }
    return words;
}

}  // namespace holdback::reading
