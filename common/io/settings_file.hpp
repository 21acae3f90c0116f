// SPDX-License-Identifier: Apache-2.0
#pragma once
// holdback.conf(5) and its drop-ins -> settings; every error at once, with file and line.

#include "config/settings.hpp"
#include "core/result.hpp"
#include "io/toml_document.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holdback::io {

/// Where the settings are when the command line does not say.
/// Where the settings were installed to, /etc/holdback/holdback.conf in Debian: the build says it.
[[nodiscard]] std::string default_settings_path();

/// Never empty.
using SettingsErrors = std::vector<FileError>;

/// Reads `path`, then `path`.d/*.conf in the order of their names; a later value of a key replaces
/// an earlier one as a whole, lists too. Everything that is wrong is reported, not only the first:
/// no TOML, unknown tables and keys, wrong types, units and names, contradictions. An absent file
/// is an error; an empty one (or /dev/null) gives the defaults.
[[nodiscard]] core::Result<config::Settings, SettingsErrors> load_settings(const std::string& path);

/// The same for a text; `name` stands for the file in messages. There are no drop-ins.
[[nodiscard]] core::Result<config::Settings, SettingsErrors> load_settings_text(
    std::string_view text, std::string_view name);

/// One key of the settings, as the manual and the sample file have to describe it.
struct SettingsKey {
    std::string table;         ///< "dns", "policy.bulk"; "" for keys before the first table
    std::string key;           ///< "budget"
    std::string default_text;  ///< as TOML: "\"2s\""
    std::string expects;       ///< what a value must be, for people
};

/// All keys, in the order of `config::Settings`.
[[nodiscard]] std::vector<SettingsKey> known_keys();

/// The settings as a file that `load_settings_text` reads back to the same value.
[[nodiscard]] std::string settings_text(const config::Settings& settings);

}  // namespace holdback::io
