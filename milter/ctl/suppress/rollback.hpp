// SPDX-License-Identifier: Apache-2.0
#pragma once
// `holdbackctl suppress rollback`: undoes what was learned within a period.

#include "milter/ctl/command.hpp"
#include "terms/failure_code.hpp"

#include <optional>
#include <string>

namespace holdback::milter::ctl {

struct RollbackOptions {
    /// The provider, by the organization of its mail hosts; any of its host names will do.
    std::optional<std::string> mx;
    /// A time such as "2026-01-01T14:00" (UTC) or a duration such as "2h", which means that long
    /// ago.
    std::optional<std::string> since;
    std::optional<std::string> until;  ///< not included; nullopt: now
    std::optional<terms::FailureCode> code;
    bool yes = false;  ///< undo, and do not just show
};

/// Shows, or undoes with `yes`, what was learned within a period. Without `since`, the period is
/// that of the last outage recorded for `mx`. Without either, lists the recorded outages. `No` when
/// there is nothing.
[[nodiscard]] CommandResult suppress_rollback(const CommandContext& context,
                                              const RollbackOptions& options);

}  // namespace holdback::milter::ctl
