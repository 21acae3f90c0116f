// SPDX-License-Identifier: Apache-2.0
#pragma once
// A pattern of unknown texts as the beginning of a rule: what matches it, and an example that gives
// nobody away.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace holdback::reading {

/// What of a rule follows from a pattern; the code is for the administrator to say.
struct RuleSkeleton {
    std::string id;       ///< "local/17-spoon-is-bent": letters, digits, "/" and "-"
    std::string text;     ///< an RE2 pattern; no quotes, no backslash; empty when no word is left
    std::string example;  ///< which the pattern matches, made of example.net and the like
};

/// `pattern` is one of `text_pattern`, `number` its own in the store. The text of the rule is the
/// words of the pattern, with `.+` for its placeholders, from the first word on and no longer than
/// rules may be (`kLongestPattern`); codes in front and the stage that Postfix adds are left out.
[[nodiscard]] RuleSkeleton rule_skeleton(std::string_view pattern, std::int64_t number);

/// The pattern with something harmless in place of each placeholder, and "?" for what people can't
/// see.
[[nodiscard]] std::string filled_pattern(std::string_view pattern);

}  // namespace holdback::reading
