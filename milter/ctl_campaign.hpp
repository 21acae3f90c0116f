// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the release of a whole campaign does besides: a stopped one goes on.

#include "config/settings.hpp"
#include "milter/ctl_command.hpp"
#include "milter/ctl_held.hpp"

namespace holdback::milter {

/// True when a command releases a campaign and nothing narrows that.
[[nodiscard]] bool releases_campaign(const HeldActOptions& options);

/// Has the daemon let the campaign of the selection go on, where it was stopped, and says so.
/// `No` when no such campaign was stopped.
[[nodiscard]] CommandResult continue_campaign(const CommandContext& context,
                                              const config::Settings& settings,
                                              const HeldSelection& selection);

}  // namespace holdback::milter
