// SPDX-License-Identifier: Apache-2.0
#pragma once
// Who asks for something, in words for the log and the store.

#include "io/sqlite/sqlite_changes.hpp"

#include <string>
#include <sys/types.h>

namespace holdback::milter {

/// "anna (uid 1000)"; "uid 1000" for a number without a name. May wait for the system's list of
/// users.
[[nodiscard]] std::string user_text(uid_t uid);
/// Why something is done that this account asked for: "command of anna (uid 1000)".
[[nodiscard]] std::string command_of(uid_t uid);

/// Who runs the control tool: "root (uid 0), by sudo of anna" where sudo says so; and from where:
/// "holdbackctl on pts/3", or the program alone without a terminal. The daemon has the lines.
[[nodiscard]] io::sqlite::ChangeAuthor own_author();

}  // namespace holdback::milter
