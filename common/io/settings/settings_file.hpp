// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads settings from holdback.conf(5) and its drop-ins; reports every error at once, with file and
// line.

#include "config/settings.hpp"
#include "core/result.hpp"
#include "io/settings/toml_document.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::io::settings {

/// The path where the build installs the settings, /etc/holdback/holdback.conf in Debian.
[[nodiscard]] std::string default_settings_path();

/// Never empty.
using SettingsErrors = std::vector<FileError>;

/// Settings and their sources.
struct SourcedSettings {
    config::Settings settings;
    /// The place of each key that a file sets, by its dotted name; of several places the last,
    /// which counts.
    std::map<std::string, SourcePlace, std::less<>> places;
};

/// The part of the files that can be read. A key with a wrong value, and all keys of a file that is
/// no TOML, have their defaults.
struct UsableSettings {
    SourcedSettings read;
    std::vector<FileError> errors;  ///< none: the files are in order
};

/// Reads `path`, then `path`.d/*.conf in the order of their names; a later value of a key replaces
/// an earlier one as a whole, lists too. Reports all mistakes, not only the first: no TOML, unknown
/// tables and keys, wrong types, units and names, contradictions. An absent file is an error; an
/// empty one (or /dev/null) gives the defaults.
[[nodiscard]] core::Result<config::Settings, SettingsErrors> load_settings(const std::string& path);

/// The same, with the place of each key.
[[nodiscard]] core::Result<SourcedSettings, SettingsErrors> load_sourced_settings(
    const std::string& path);

/// Reads as much as it can, for programs that only look: a mistake in one file does not keep them
/// from finding the daemon and the store.
[[nodiscard]] UsableSettings load_usable_settings(const std::string& path);

/// `load_settings` for a text; `name` stands for the file in messages. There are no drop-ins.
[[nodiscard]] core::Result<config::Settings, SettingsErrors> load_settings_text(
    std::string_view text, std::string_view name);

/// One key of the settings, as the manual and the sample file must describe it.
struct SettingsKey {
    std::string table;         ///< "dns", "policy.bulk"; "" for keys before the first table
    std::string key;           ///< "budget"
    std::string default_text;  ///< as TOML: "\"2s\""
    std::string expects;       ///< what a value must be, for people
};

/// All keys, in the order of `config::Settings`.
[[nodiscard]] std::vector<SettingsKey> known_keys();

/// The settings as a text that `load_settings_text` reads back to the same value.
[[nodiscard]] std::string settings_text(const config::Settings& settings);

}  // namespace holdback::io::settings
