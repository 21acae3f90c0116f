// SPDX-License-Identifier: Apache-2.0
#pragma once
// Turns a pattern of unknown texts into the beginning of a rule: a text that matches it, and an
// example that identifies nobody.

#include <cstdint>
#include <string>
#include <string_view>

namespace holdback::reading {

/// The parts of a rule that follow from a pattern. The administrator adds the code.
struct RuleSkeleton {
    std::string id;       ///< "local/17-spoon-is-bent": letters, digits, "/" and "-"
    std::string text;     ///< an RE2 pattern; no quotes, no backslash; empty when no word is left
    std::string example;  ///< made of example.net and the like; `text` matches it
};

/// `pattern` comes from `text_pattern`, `number` is its own in the store. The text of the rule has
/// the words of the pattern from the first word on, with `.+` for placeholders, and is no longer
/// than rules may be (`kLongestPattern`). It leaves out codes in front and the stage that Postfix
/// adds.
[[nodiscard]] RuleSkeleton rule_skeleton(std::string_view pattern, std::int64_t number);

/// The pattern with something harmless in place of each placeholder, and "?" in place of characters
/// that people can't see.
[[nodiscard]] std::string filled_pattern(std::string_view pattern);

}  // namespace holdback::reading
