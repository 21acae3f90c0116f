// SPDX-License-Identifier: Apache-2.0
#pragma once
// The settings in force, key by key, with their sources; and what differs between two readings.

#include "config/settings.hpp"
#include "io/settings/settings_field.hpp"
#include "io/settings/settings_file.hpp"
#include "io/settings/toml_document.hpp"

#include <optional>
#include <string>
#include <vector>

namespace holdback::io::settings {

struct SettingInForce {
    std::string table;  ///< "" for keys before the first table
    std::string key;
    std::string value;                 ///< as TOML, which is JSON as well
    std::string default_text;          ///< the same
    std::optional<SourcePlace> place;  ///< nullopt: no file sets it
    TakesEffect takes_effect = TakesEffect::AtReload;

    [[nodiscard]] bool is_default() const { return value == default_text; }
};

/// All keys, in the order of the manual. No value is a secret: keys and passwords are in files of
/// their own, which the settings name.
[[nodiscard]] std::vector<SettingInForce> settings_in_force(const SourcedSettings& sourced);

/// A key whose value has changed.
struct SettingChange {
    std::string name;    ///< "[dns] budget", "mode"
    std::string before;  ///< as TOML
    std::string after;
    TakesEffect takes_effect = TakesEffect::AtReload;

    bool operator==(const SettingChange&) const = default;
};

/// The keys that differ, in the order of the manual.
[[nodiscard]] std::vector<SettingChange> settings_changes(const config::Settings& before,
                                                          const config::Settings& after);

}  // namespace holdback::io::settings
