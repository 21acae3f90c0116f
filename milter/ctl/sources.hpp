// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where the commands get what they need: settings, codes and rules, the store.

#include "config/settings.hpp"
#include "core/result.hpp"
#include "flow/snapshot.hpp"
#include "io/settings/settings_file.hpp"
#include "io/settings/toml_access.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "milter/ctl/command.hpp"
#include "terms/failure_code.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace holdback::milter::ctl {

/// The settings of the command line, else the default file, else (when that is absent) the
/// defaults.
[[nodiscard]] core::Result<config::Settings, CommandError> load_tool_settings(
    const CommandContext& context);

/// The same with the places of the keys.
[[nodiscard]] core::Result<io::settings::SourcedSettings, CommandError> load_tool_settings_sourced(
    const CommandContext& context);

/// The settings for a command that only looks: what is wrong in them is said as a warning, and what
/// can be read counts. An error when there is no such file.
[[nodiscard]] core::Result<config::Settings, CommandError> load_settings_to_look(
    const CommandContext& context);

/// The failure codes that the settings name, for what needs no rules.
[[nodiscard]] core::Result<terms::CodeCatalogue, CommandError> load_tool_codes(
    const CommandContext& context);

/// Settings, codes and rules in one.
[[nodiscard]] core::Result<std::shared_ptr<const flow::Snapshot>, CommandError> load_tool_snapshot(
    const CommandContext& context);

/// A usage error when the catalogue of the settings lacks the code; an error of the settings when
/// the catalogue can't be read. A code that nobody named is fine.
[[nodiscard]] std::optional<CommandError> unknown_code(
    const CommandContext& context, const std::optional<terms::FailureCode>& code);

enum class StoreUse : std::uint8_t {
    Read,       ///< the store must be there
    ReadIfAny,  ///< nullptr when there is no store yet
    Write,      ///< made when it is absent, with the owner of its directory
    Import,     ///< the same, for many transactions of which the last makes all durable
};

/// Opens the store beside the daemon or without one.
[[nodiscard]] core::Result<std::unique_ptr<io::sqlite::Database>, CommandError> open_store(
    const config::StoreSettings& settings, StoreUse use);

/// What is wrong in the settings or in a file that they name.
[[nodiscard]] CommandError settings_error(const io::settings::FileErrors& errors);

/// "store: WHAT" as an error with `Exit::Unavailable`.
[[nodiscard]] CommandError store_error(std::string_view what);

}  // namespace holdback::milter::ctl
