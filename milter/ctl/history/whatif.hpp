// SPDX-License-Identifier: Apache-2.0
#pragma once
// `holdbackctl whatif`: replays recorded decisions under other settings.

#include "milter/ctl/command.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace holdback::milter::ctl {

struct WhatIfOptions {
    std::string settings;               ///< file with the other settings
    std::string since = "7d";           ///< see `parse_when`
    std::optional<std::string> sender;  ///< only mail of this envelope sender
    enum class Show : std::uint8_t { Groups, All };
    Show show = Show::Groups;  ///< `All`: also each changed recipient
};

/// Only reads the store. `No` when nothing was recorded in the period.
[[nodiscard]] CommandResult what_if(const CommandContext& context, const WhatIfOptions& options);

}  // namespace holdback::milter::ctl
