// SPDX-License-Identifier: Apache-2.0
#pragma once
// `holdbackctl suppress rollback`: undoes what a time taught.

#include "milter/ctl/command.hpp"
#include "terms/failure_code.hpp"

#include <optional>
#include <string>

namespace holdback::milter::ctl {

struct RollbackOptions {
    /// The provider, by the organization of its mail hosts; any host name of it does.
    std::optional<std::string> mx;
    /// A time such as "2026-01-01T14:00" (UTC) or a duration such as "2h", which is so long ago.
    std::optional<std::string> since;
    std::optional<std::string> until;  ///< not included; nullopt: now
    std::optional<terms::FailureCode> code;
    bool yes = false;  ///< really undo
};

/// Shows, or with `yes` undoes, what was learned within a time. Without `since`, the time is that
/// of the last outage recorded for `mx`; without either, the recorded outages are listed. `No` when
/// there is nothing.
[[nodiscard]] CommandResult suppress_rollback(const CommandContext& context,
                                              const RollbackOptions& options);

}  // namespace holdback::milter::ctl
