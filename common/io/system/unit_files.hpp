// SPDX-License-Identifier: Apache-2.0
#pragma once
// A systemd unit in the file system.

#include <string>
#include <string_view>
#include <vector>

namespace holdback::io::system {

/// The texts of a unit and its drop-ins, in the order in which systemd reads them; empty when the
/// unit is not installed. SYSTEMD_UNIT_PATH in the environment names other directories, as it does
/// for systemctl(1). What can't be read is left out. Call it before any thread is started.
[[nodiscard]] std::vector<std::string> read_unit(std::string_view name);

}  // namespace holdback::io::system
