// SPDX-License-Identifier: Apache-2.0
#pragma once
// `holdbackctl store`: maintenance of the store as a file.

#include "milter/ctl/command.hpp"

#include <string>

namespace holdback::milter::ctl {

/// Reports whether the store is in order; `Exit::No` when it is not.
[[nodiscard]] CommandResult store_check(const CommandContext& context);

/// Copies the store to a file that must not exist yet. A daemon may run.
[[nodiscard]] CommandResult store_backup(const CommandContext& context, const std::string& file);

/// Replaces the store by a copy while no daemon runs. The old store is kept.
[[nodiscard]] CommandResult store_restore(const CommandContext& context, const std::string& file);

}  // namespace holdback::milter::ctl
