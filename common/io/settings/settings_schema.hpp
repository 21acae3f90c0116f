// SPDX-License-Identifier: Apache-2.0
#pragma once
// Every key of holdback.conf(5) once: where it stands, what it takes, how it is read and written.
// Adding a setting is a member in config/settings.hpp and a line here.

#include "io/settings/settings_field.hpp"

#include <vector>

namespace holdback::io::settings {

/// All keys in the order of `config::Settings`.
[[nodiscard]] std::vector<SettingsField> settings_fields();

}  // namespace holdback::io::settings
