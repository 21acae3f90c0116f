// SPDX-License-Identifier: Apache-2.0
#pragma once
// `holdbackctl report`: what happened to mail within a period.

#include "milter/ctl/command.hpp"
#include "report/summary.hpp"

#include <optional>
#include <string>

namespace holdback::milter::ctl {

struct ReportOptions {
    std::string since = "7d";         ///< see `parse_when`
    std::optional<std::string> html;  ///< the file to write; "-" is standard output
};

/// Only reads the store. `No` when nothing happened in the period.
[[nodiscard]] CommandResult make_report(const CommandContext& context,
                                        const ReportOptions& options);

/// Writes tables for people, or objects.
void write_report(const CommandContext& context, const report::Summary& summary);

}  // namespace holdback::milter::ctl
