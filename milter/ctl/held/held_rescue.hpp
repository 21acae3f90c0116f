// SPDX-License-Identifier: Apache-2.0
#pragma once
// `holdbackctl held rescue`: lists the files of a spool in a store that does not know them.

#include "milter/ctl/command.hpp"

namespace holdback::milter::ctl {

struct HeldRescueOptions {
    bool dry_run = false;
};

/// Lists the files that the store does not name, in doubt, and makes store and spool a pair; beside
/// a running daemon only those that it has set aside. `No` when a file could not be listed.
[[nodiscard]] CommandResult held_rescue(const CommandContext& context,
                                        const HeldRescueOptions& options);

}  // namespace holdback::milter::ctl
