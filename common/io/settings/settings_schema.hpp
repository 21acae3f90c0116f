// SPDX-License-Identifier: Apache-2.0
#pragma once
// Every key of holdback.conf(5) once: its place, its values, and how it is read and written. A new
// setting is a member in config/settings.hpp and a line here.

#include "io/settings/settings_field.hpp"

#include <vector>

namespace holdback::io::settings {

/// All keys in the order of `config::Settings`.
[[nodiscard]] std::vector<SettingsField> settings_fields();

}  // namespace holdback::io::settings
