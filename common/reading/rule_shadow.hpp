// SPDX-License-Identifier: Apache-2.0
#pragma once
// Rules that can never win.

#include "reading/rule_set.hpp"

namespace holdback::reading {

/// True when `first` matches whatever `second` matches, as far as their matchers show it as they
/// are written: each list of `first` is empty or holds all that the list of `second` holds, reply
/// codes and statuses also by their wildcards. Says nothing of different patterns that match the
/// same. Both rules are well-formed.
[[nodiscard]] bool shadows(const Rule& first, const Rule& second);

}  // namespace holdback::reading
