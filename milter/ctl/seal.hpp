// SPDX-License-Identifier: Apache-2.0
#pragma once
// `holdbackctl seal`: the keys that prove bounces.

#include "milter/ctl/command.hpp"

namespace holdback::milter::ctl {

/// Shows the keys that verify, without their secrets. `No` when there are none yet.
[[nodiscard]] CommandResult seal_show(const CommandContext& context);

/// Adds a key that signs from now on, and tells the running daemon.
[[nodiscard]] CommandResult seal_rotate(const CommandContext& context);

}  // namespace holdback::milter::ctl
