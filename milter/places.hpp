// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where the programs look, as they were built: for `-V`.

#include <string>

namespace holdback::milter {

/// The settings file that counts, and what is used where it says nothing else; a line each.
[[nodiscard]] std::string places_text(const std::string& settings_path);

}  // namespace holdback::milter
