// SPDX-License-Identifier: Apache-2.0
#pragma once
// Rules that can never win.

#include "reading/rule_set.hpp"

namespace holdback::reading {

/// True when `first` matches whatever `second` matches, as far as their written matchers show it:
/// each list of `first` is empty or holds everything in the list of `second`. Wildcards of reply
/// codes and statuses count. Different patterns that match the same texts are not recognised. Both
/// rules must be well-formed.
[[nodiscard]] bool shadows(const Rule& first, const Rule& second);

}  // namespace holdback::reading
