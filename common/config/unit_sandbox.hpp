// SPDX-License-Identifier: Apache-2.0
#pragma once
// The places where a systemd service may write, by its unit, and the settings that need others.

#include "config/settings.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::config {

/// The part of a unit that says where the service may write.
struct UnitSandbox {
    /// ProtectSystem of systemd.exec(5).
    enum class System : std::uint8_t {
        Open,
        Programs,  ///< "yes": /usr and the boot files are read-only
        Full,      ///< and /etc is, too
        Strict,    ///< all is, but `writable`, /dev, /proc, /sys, /tmp and /var/tmp
    };
    System system = System::Open;
    std::vector<std::string> writable;  ///< directories, with all below them

    /// `path` is absolute.
    [[nodiscard]] bool may_write(std::string_view path) const;
};

/// Reads the [Service] sections of a unit and of its drop-ins, in the order of systemd. Without a
/// text or ProtectSystem, the service may write everywhere.
[[nodiscard]] UnitSandbox unit_sandbox(std::span<const std::string> texts);

/// The settings that name a file or socket where the service may not write, each with the change to
/// make. This never stops the daemon: another unit, or none, may run it.
[[nodiscard]] std::vector<Contradiction> out_of_reach(const Settings& settings,
                                                      const UnitSandbox& sandbox);

}  // namespace holdback::config
