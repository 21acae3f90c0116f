// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the release of a whole campaign does besides: a stopped one goes on.

#include "config/settings.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/held/held.hpp"

#include <span>
#include <string>
#include <string_view>

namespace holdback::milter::ctl {

/// True when a command releases a campaign and nothing but a sender narrows that.
[[nodiscard]] bool releases_campaign(const HeldActOptions& options);

/// Has the daemon let the campaign of the selection go on, where it was stopped, and says so.
/// `No` when no such campaign was stopped; a usage error when campaigns of several senders bear
/// the name, and none is named.
[[nodiscard]] CommandResult continue_campaign(const CommandContext& context,
                                              const config::Settings& settings,
                                              const HeldSelection& selection);

/// What is said when a command names a campaign that is that of several senders.
[[nodiscard]] CommandError several_senders(std::string_view command,
                                           std::string_view campaign,
                                           std::span<const std::string> senders);

}  // namespace holdback::milter::ctl
