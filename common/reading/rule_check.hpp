// SPDX-License-Identifier: Apache-2.0
#pragma once
// Checks a whole rule set for `holdback -t` and the tests: patterns, examples, and rules that get
// in each other's way. This takes a while; the daemon and the commands do not do it.

#include "reading/rule_set.hpp"

#include <cstddef>
#include <vector>

namespace holdback::reading {

/// The most octets of a pattern that a person still reads at a glance.
inline constexpr std::size_t kLongestPattern = 120;

struct RuleFindings {
    /// A pattern that can't be used or is too long; a rule that never wins; an example that is won
    /// by another rule, which does not override this one.
    std::vector<RuleError> errors;
    /// A local rule that comes before a shipped one; a bare word that decides alone; a pattern to
    /// which two rules give different codes.
    std::vector<RuleError> warnings;
};

/// When a pattern can't be used, nothing else is checked.
[[nodiscard]] RuleFindings check_rules(const RuleSet& set);

}  // namespace holdback::reading
