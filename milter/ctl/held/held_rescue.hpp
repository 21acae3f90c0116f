// SPDX-License-Identifier: Apache-2.0
#pragma once
// `holdbackctl held rescue`: lists a spool again in a store that does not know it.

#include "milter/ctl/command.hpp"

namespace holdback::milter::ctl {

struct HeldRescueOptions {
    bool dry_run = false;
};

/// Lists what the store does not name, in doubt, and makes store and spool a pair; beside a running
/// daemon only what that has set aside. `No` when a file could not be listed.
[[nodiscard]] CommandResult held_rescue(const CommandContext& context,
                                        const HeldRescueOptions& options);

}  // namespace holdback::milter::ctl
