// SPDX-License-Identifier: Apache-2.0
#pragma once
// One key of holdback.conf(5).

#include "config/settings.hpp"
#include "io/settings/toml_document.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::io::settings {

/// When a changed value takes effect.
enum class TakesEffect : std::uint8_t { AtReload, AtNextStart };

struct SettingsField {
    std::string table;    ///< "policy.bulk"; "" for keys before the first table
    std::string key;      ///< "null-mx"
    std::string expects;  ///< what a value must be: "a duration from 1s to 1h, such as \"2s\""
    /// Takes over the value. If it is wrong, adds an error for each mistake and leaves the settings
    /// as they were.
    std::function<void(const TomlValue&, config::Settings&, std::vector<FileError>&)> read;
    /// Gives the value in force as TOML.
    std::function<std::string(const config::Settings&)> write;
    TakesEffect takes_effect = TakesEffect::AtReload;

    /// "policy.bulk.null-mx"
    [[nodiscard]] std::string name() const { return table.empty() ? key : table + "." + key; }
};

/// A string as a TOML basic string.
[[nodiscard]] std::string toml_quoted(std::string_view text);

}  // namespace holdback::io::settings
