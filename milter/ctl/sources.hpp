// SPDX-License-Identifier: Apache-2.0
#pragma once
// The sources of the commands: settings, codes and rules, the store.

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

/// The settings file of the command line, else the default file; the defaults when that is absent.
[[nodiscard]] core::Result<config::Settings, CommandError> load_tool_settings(
    const CommandContext& context);

/// The same, with the places of the keys.
[[nodiscard]] core::Result<io::settings::SourcedSettings, CommandError> load_tool_settings_sourced(
    const CommandContext& context);

/// The settings for a command that only looks. Mistakes in them are warnings, and what can be read
/// counts. A missing file is an error.
[[nodiscard]] core::Result<config::Settings, CommandError> load_settings_to_look(
    const CommandContext& context);

/// The failure codes that the settings name, for commands that need no rules.
[[nodiscard]] core::Result<terms::CodeCatalogue, CommandError> load_tool_codes(
    const CommandContext& context);

/// Settings, codes and rules in one.
[[nodiscard]] core::Result<std::shared_ptr<const flow::Snapshot>, CommandError> load_tool_snapshot(
    const CommandContext& context);

/// A usage error when the catalogue of the settings lacks the code; a settings error when the
/// catalogue can't be read. No code at all is fine.
[[nodiscard]] std::optional<CommandError> unknown_code(
    const CommandContext& context, const std::optional<terms::FailureCode>& code);

enum class StoreUse : std::uint8_t {
    Read,       ///< the store must exist
    ReadIfAny,  ///< nullptr when there is no store yet
    Write,      ///< made if absent, with the owner of its directory
    Import,     ///< like Write, for many transactions; the last one makes all durable
};

/// Opens the store, whether or not a daemon runs.
[[nodiscard]] core::Result<std::unique_ptr<io::sqlite::Database>, CommandError> open_store(
    const config::StoreSettings& settings, StoreUse use);

/// The error for what is wrong in the settings or in a file that they name.
[[nodiscard]] CommandError settings_error(const io::settings::FileErrors& errors);

/// "store: WHAT" as an error with `Exit::Unavailable`.
[[nodiscard]] CommandError store_error(std::string_view what);

}  // namespace holdback::milter::ctl
