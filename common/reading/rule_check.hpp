// SPDX-License-Identifier: Apache-2.0
#pragma once
// Looks at a whole rule set as `holdback -t` and the tests do: patterns, examples, rules that stand
// in each other's way. Takes a while; the daemon and the commands do without.

#include "reading/rule_set.hpp"

#include <cstddef>
#include <vector>

namespace holdback::reading {

/// Octets of a pattern that a person still reads at a glance.
inline constexpr std::size_t kLongestPattern = 120;

struct RuleFindings {
    /// A pattern that can't be used or is too long; a rule that never wins; an example that another
    /// rule wins without overriding its rule.
    std::vector<RuleError> errors;
    /// A local rule that stands before a shipped one; a bare word that decides alone; a pattern of
    /// two rules that give different codes for it.
    std::vector<RuleError> warnings;
};

/// With patterns that can't be used nothing else is looked at.
[[nodiscard]] RuleFindings check_rules(const RuleSet& set);

}  // namespace holdback::reading
