// SPDX-License-Identifier: Apache-2.0
#pragma once
// `holdbackctl status`, `reload` and `cache`: the running daemon.

#include "config/settings.hpp"
#include "milter/ctl/client.hpp"
#include "milter/ctl/command.hpp"

namespace holdback::milter::ctl {

/// What the daemon tells about itself, and how much the store holds. Without a daemon: what the
/// store tells, and `Unavailable`.
[[nodiscard]] CommandResult status(const CommandContext& context);

/// Has the daemon read its settings anew. `Settings` when it found them wrong.
[[nodiscard]] CommandResult reload(const CommandContext& context);

/// The daemon's counters in the text form of Prometheus, whatever the output form.
[[nodiscard]] CommandResult metrics(const CommandContext& context);

[[nodiscard]] CommandResult cache_show(const CommandContext& context);
[[nodiscard]] CommandResult cache_clear(const CommandContext& context);

/// Why the daemon did not do as asked, with `Unavailable`.
[[nodiscard]] CommandError daemon_error(const config::ControlSettings& settings,
                                        const DaemonError& error);

}  // namespace holdback::milter::ctl
