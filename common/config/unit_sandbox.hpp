// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where a systemd service may write, as its unit says, and which settings ask for more.

#include "config/settings.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::config {

/// What of a unit says where the service may write.
struct UnitSandbox {
    /// ProtectSystem of systemd.exec(5).
    enum class System : std::uint8_t {
        Open,
        Programs,  ///< "yes": /usr and what boots the machine are read-only
        Full,      ///< /etc, too
        Strict,    ///< all but `writable`, /dev, /proc, /sys and /tmp
    };
    System system = System::Open;
    std::vector<std::string> writable;  ///< directories, with what is below them

    /// `path` is absolute.
    [[nodiscard]] bool may_write(std::string_view path) const;
};

/// Reads the [Service] sections of a unit and its drop-ins, one after the other as systemd does.
/// No text, or one without ProtectSystem: everything may be written.
[[nodiscard]] UnitSandbox unit_sandbox(std::span<const std::string> texts);

/// The settings that name a file or socket where the service may not write, each with what to
/// change. Never blocks: another unit, or none, may run the daemon.
[[nodiscard]] std::vector<Contradiction> out_of_reach(const Settings& settings,
                                                      const UnitSandbox& sandbox);

}  // namespace holdback::config
