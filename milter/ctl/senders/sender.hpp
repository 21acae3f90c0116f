// SPDX-License-Identifier: Apache-2.0
#pragma once
// `holdbackctl sender`: what senders have used of their limits.

#include "milter/ctl/command.hpp"

#include <string>

namespace holdback::milter::ctl {

struct SenderFilter {
    std::string limit;  ///< the name of a limit; empty: all
    std::string key;    ///< a user, sender, …; empty: all
};

/// Writes a line per limit, key and time: what is used, the cap in force, and when there is room
/// again. `No` when nothing is used.
[[nodiscard]] CommandResult sender_list(const CommandContext& context, const SenderFilter& filter);

}  // namespace holdback::milter::ctl
