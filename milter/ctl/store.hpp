// SPDX-License-Identifier: Apache-2.0
#pragma once
// `holdbackctl store`: care of the store as a file.

#include "milter/ctl/command.hpp"

#include <string>

namespace holdback::milter::ctl {

/// Says whether the store is in order; `Exit::No` when it is not.
[[nodiscard]] CommandResult store_check(const CommandContext& context);

/// Copies the store, beside the daemon, to a file that is not there yet.
[[nodiscard]] CommandResult store_backup(const CommandContext& context, const std::string& file);

/// Puts a copy in the place of the store while no daemon runs; what was there is kept.
[[nodiscard]] CommandResult store_restore(const CommandContext& context, const std::string& file);

}  // namespace holdback::milter::ctl
