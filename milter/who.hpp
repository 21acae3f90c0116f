// SPDX-License-Identifier: Apache-2.0
#pragma once
// Names the user who asks for something, for the log and the store.

#include "io/sqlite/sqlite_changes.hpp"

#include <string>
#include <sys/types.h>

namespace holdback::milter {

/// "anna (uid 1000)"; "uid 1000" for a number without a name. May wait for the system's user
/// database.
[[nodiscard]] std::string user_text(uid_t uid);
/// The cause of what this account asked for: "command of anna (uid 1000)".
[[nodiscard]] std::string command_of(uid_t uid);

/// The user of the control tool: "root (uid 0), by sudo of anna" where sudo says so; and the place:
/// "holdbackctl on pts/3", or the program alone without a terminal. Its changes get their log lines
/// from the daemon.
[[nodiscard]] io::sqlite::ChangeAuthor own_author();

}  // namespace holdback::milter
