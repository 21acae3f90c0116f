// SPDX-License-Identifier: Apache-2.0
#pragma once
// Every key of holdback.conf(5) once: where it stands, what it takes, how it is read and written.
// Adding a setting is a member in config/settings.hpp and a line here.

#include "config/settings.hpp"
#include "io/toml_document.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::io {

/// One key.
struct SettingsField {
    std::string table;    ///< "policy.bulk"; "" for keys before the first table
    std::string key;      ///< "null-mx"
    std::string expects;  ///< what a value must be: "a duration from 1s to 1h, such as \"2s\""
    /// Takes the value over; adds an error for each thing that is wrong with it, and then leaves
    /// the settings as they were.
    std::function<void(const TomlValue&, config::Settings&, std::vector<FileError>&)> read;
    /// The value in force as TOML.
    std::function<std::string(const config::Settings&)> write;

    /// "policy.bulk.null-mx"
    [[nodiscard]] std::string name() const { return table.empty() ? key : table + "." + key; }
};

/// All keys in the order of `config::Settings`.
[[nodiscard]] std::vector<SettingsField> settings_fields();

/// A string as a TOML basic string.
[[nodiscard]] std::string toml_quoted(std::string_view text);

}  // namespace holdback::io
