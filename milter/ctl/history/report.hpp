// SPDX-License-Identifier: Apache-2.0
#pragma once
// holdbackctl report: what became of mail within a time.

#include "milter/ctl/command.hpp"
#include "report/summary.hpp"

#include <optional>
#include <string>

namespace holdback::milter::ctl {

struct ReportOptions {
    std::string since = "7d";         ///< see `parse_when`
    std::optional<std::string> html;  ///< a file to be written, "-": standard output
};

/// Reads only. `No` when nothing happened since then.
[[nodiscard]] CommandResult make_report(const CommandContext& context,
                                        const ReportOptions& options);

/// Tables for people, or objects.
void write_report(const CommandContext& context, const report::Summary& summary);

}  // namespace holdback::milter::ctl
