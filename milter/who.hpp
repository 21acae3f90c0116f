// SPDX-License-Identifier: Apache-2.0
#pragma once
// Who asks for something, in words for the log and the store.

#include <optional>
#include <string>
#include <sys/types.h>

namespace holdback::milter {

/// "anna (uid 1000)"; "uid 1000" for a number without a name, "somebody" for nullopt. May wait for
/// the system's list of users.
[[nodiscard]] std::string user_text(std::optional<uid_t> uid);

/// Who has connected to a local socket (SO_PEERCRED, see unix(7)); nullopt where the system does
/// not tell.
[[nodiscard]] std::optional<uid_t> peer_user(int descriptor);

/// Who runs this program: "root (uid 0), by sudo of anna" where sudo says so.
[[nodiscard]] std::string own_user_text();
/// From where: "holdbackctl on pts/3", or the program alone without a terminal.
[[nodiscard]] std::string own_place_text();

}  // namespace holdback::milter
