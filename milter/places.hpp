// SPDX-License-Identifier: Apache-2.0
#pragma once
// The paths that were built into the programs: for `-V`.

#include <string>

namespace holdback::milter {

/// The settings file in force, and the paths that apply where it names none; one per line.
[[nodiscard]] std::string places_text(const std::string& settings_path);

}  // namespace holdback::milter
