// SPDX-License-Identifier: Apache-2.0
#pragma once
// What systemd is told of the daemon that it has started: sd_notify(3).

#include <cstdint>

namespace holdback::io::system {

enum class ServiceState : std::uint8_t {
    Ready,      ///< the sockets answer
    Reloading,  ///< until it is ready again
    Stopping,
};

/// Does nothing where the daemon was started by something else. Any thread.
void tell_service_manager(ServiceState state);

}  // namespace holdback::io::system
