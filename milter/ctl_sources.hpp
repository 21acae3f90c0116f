// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where the commands get what they need: settings, codes and rules, the store.

#include "config/settings.hpp"
#include "core/result.hpp"
#include "flow/snapshot.hpp"
#include "io/sqlite_db.hpp"
#include "io/toml_access.hpp"
#include "milter/ctl_command.hpp"

#include <cstdint>
#include <memory>
#include <string_view>

namespace holdback::milter {

/// The settings of the command line, else the default file, else (when that is absent) the
/// defaults.
[[nodiscard]] core::Result<config::Settings, CommandError> load_tool_settings(
    const CommandContext& context);

/// Settings, codes and rules in one.
[[nodiscard]] core::Result<std::shared_ptr<const flow::Snapshot>, CommandError> load_tool_snapshot(
    const CommandContext& context);

enum class StoreUse : std::uint8_t {
    Read,       ///< the store must be there
    ReadIfAny,  ///< nullptr when there is no store yet
    Write,      ///< made when it is absent, with the owner of its directory
    Import,     ///< the same, for many transactions of which the last makes all durable
};

/// Opens the store beside the daemon or without one.
[[nodiscard]] core::Result<std::unique_ptr<io::Database>, CommandError> open_store(
    const config::StoreSettings& settings, StoreUse use);

/// What is wrong in the settings or in a file that they name.
[[nodiscard]] CommandError settings_error(const io::FileErrors& errors);

/// "store: WHAT" as an error with `Exit::Unavailable`.
[[nodiscard]] CommandError store_error(std::string_view what);

}  // namespace holdback::milter
