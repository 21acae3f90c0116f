// SPDX-License-Identifier: Apache-2.0
#pragma once
// `holdbackctl unknown`: texts of bounces that no rule knew.

#include "milter/ctl_command.hpp"

#include <cstdint>
#include <vector>

namespace holdback::milter {

/// A line per pattern, the most frequent first. `No` when there is none.
[[nodiscard]] CommandResult unknown_list(const CommandContext& context);

/// All about patterns. `No` when one is not there.
[[nodiscard]] CommandResult unknown_show(const CommandContext& context,
                                         const std::vector<std::int64_t>& ids);

}  // namespace holdback::milter
