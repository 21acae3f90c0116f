// SPDX-License-Identifier: Apache-2.0
#pragma once
// `holdbackctl status`, `reload` and `cache`: the running daemon.

#include "config/settings.hpp"
#include "milter/ctl/client.hpp"
#include "milter/ctl/command.hpp"

namespace holdback::milter::ctl {

/// Shows what the daemon reports about itself, and how much the store holds. Without a daemon,
/// shows only the store, and gives `Unavailable`.
[[nodiscard]] CommandResult status(const CommandContext& context);

/// Makes the daemon read its settings anew. `Settings` when they are wrong.
[[nodiscard]] CommandResult reload(const CommandContext& context);

/// Writes the daemon's metrics in the text format of Prometheus, whatever the output form.
[[nodiscard]] CommandResult metrics(const CommandContext& context);

[[nodiscard]] CommandResult cache_show(const CommandContext& context);
[[nodiscard]] CommandResult cache_clear(const CommandContext& context);

/// The reason why the daemon did not do as asked, with `Unavailable`.
[[nodiscard]] CommandError daemon_error(const config::ControlSettings& settings,
                                        const DaemonError& error);

}  // namespace holdback::milter::ctl
