// SPDX-License-Identifier: Apache-2.0
#pragma once
// Explains to users the words in logs, lists, headers and settings: findings, verdicts and our
// header fields. `codes.conf` explains the failure codes.

#include "config/policy.hpp"
#include "terms/finding.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace holdback::report {

enum class WordKind : std::uint8_t { Finding, Verdict, HeaderField };

struct Word {
    WordKind kind;
    std::string_view name;
    std::string_view meaning;
    std::string_view advice;  ///< empty: there is nothing to do
};

/// "finding", "verdict", "header field"
[[nodiscard]] std::string_view plain_words(WordKind kind);

[[nodiscard]] Word word_of(terms::FindingName name);
[[nodiscard]] Word word_of(config::PolicyAction verdict);

/// The word of this name, in any letter case; nullopt when it is not ours.
[[nodiscard]] std::optional<Word> find_word(std::string_view name);

}  // namespace holdback::report
