// SPDX-License-Identifier: Apache-2.0
#include "milter/who.hpp"

#include "core/text.hpp"
#include "io/sqlite/sqlite_changes.hpp"

#include <array>
#include <cstddef>
#include <cstdlib>
#include <pwd.h>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <unistd.h>

#include <fmt/format.h>

namespace holdback::milter {

namespace {

constexpr std::size_t kMostNameOctets = 64;
constexpr std::size_t kRoomOctets = 16384;

/// Makes a name from outside fit for a line.
std::string name_text(std::string_view name) {
    return core::printable(name, kMostNameOctets);
}

std::string own_user_text() {
    std::string text = user_text(geteuid());
    // Set by sudo; root may set it to anything.
    const char* const sudo = std::getenv("SUDO_USER");  // NOLINT(concurrency-mt-unsafe): one thread
    if (geteuid() == 0 && sudo != nullptr && *sudo != '\0') {
        text += fmt::format(", by sudo of {}", name_text(sudo));
    }
    return text;
}

std::string own_place_text() {
    constexpr std::string_view kDevices = "/dev/";
    std::array<char, 256> name{};
    for (const int descriptor : {STDIN_FILENO, STDERR_FILENO}) {
        if (ttyname_r(descriptor, name.data(), name.size()) == 0) {
            std::string_view terminal = name.data();
            if (terminal.starts_with(kDevices)) {
                terminal.remove_prefix(kDevices.size());
            }
            return fmt::format("holdbackctl on {}", name_text(terminal));
        }
    }
    return "holdbackctl";
}

}  // namespace

std::string user_text(uid_t uid) {
    std::array<char, kRoomOctets> room{};
    passwd entry{};
    passwd* found = nullptr;
    if (getpwuid_r(uid, &entry, room.data(), room.size(), &found) != 0 || found == nullptr) {
        return fmt::format("uid {}", uid);
    }
    return fmt::format("{} (uid {})", name_text(entry.pw_name), uid);
}

std::string command_of(uid_t uid) {
    return fmt::format("command of {}", user_text(uid));
}

io::sqlite::ChangeAuthor own_author() {
    return {.who = own_user_text(), .from = own_place_text(), .has_lines = false};
}

}  // namespace holdback::milter
