// SPDX-License-Identifier: Apache-2.0
#pragma once
// `holdbackctl unknown`: texts of bounces that no rule matched.

#include "core/result.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/sources.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace holdback::milter::ctl {

/// Writes a line per pattern, the most frequent first. `No` when there is none.
[[nodiscard]] CommandResult unknown_list(const CommandContext& context);

/// Writes all details of patterns. `No` when one of them does not exist.
[[nodiscard]] CommandResult unknown_show(const CommandContext& context,
                                         const std::vector<std::int64_t>& ids);

enum class UnknownForm : std::uint8_t {
    Rules,  ///< a file for rules.d, with everything commented out
    Csv,
    JsonLines,
};
[[nodiscard]] std::optional<UnknownForm> parse_unknown_form(std::string_view name);

struct UnknownExportOptions {
    std::vector<std::int64_t> ids;  ///< none: all
    bool proven_only = false;
    UnknownForm form = UnknownForm::Rules;
};

/// Writes patterns, how often they were seen, and a rule that would match them. Leaves out the
/// original texts and the servers that wrote them. `No` when there is none.
[[nodiscard]] CommandResult unknown_export(const CommandContext& context,
                                           const UnknownExportOptions& options);

/// Deletes patterns; without ids, all of them. `No` when one of them does not exist.
[[nodiscard]] CommandResult unknown_drop(const CommandContext& context,
                                         const std::vector<std::int64_t>& ids);

/// Opens the store of the patterns.
[[nodiscard]] core::Result<std::unique_ptr<io::sqlite::Database>, CommandError> open_patterns(
    const CommandContext& context, StoreUse use);

}  // namespace holdback::milter::ctl
