// SPDX-License-Identifier: Apache-2.0
#pragma once
// Releasing a whole campaign also lets it go on if it was stopped.

#include "config/settings.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/held/held.hpp"

#include <span>
#include <string>
#include <string_view>

namespace holdback::milter::ctl {

/// True when a command releases a whole campaign: only a sender may narrow the selection.
[[nodiscard]] bool releases_campaign(const HeldActOptions& options);

/// Makes the daemon let the stopped campaign of the selection go on, and says so. `No` when no such
/// campaign was stopped. A usage error when campaigns of several senders have that name and no
/// sender is given.
[[nodiscard]] CommandResult continue_campaign(const CommandContext& context,
                                              const config::Settings& settings,
                                              const HeldSelection& selection);

/// The error for a campaign name that several senders use.
[[nodiscard]] CommandError several_senders(std::string_view command,
                                           std::string_view campaign,
                                           std::span<const std::string> senders);

}  // namespace holdback::milter::ctl
