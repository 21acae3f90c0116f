// SPDX-License-Identifier: Apache-2.0
#pragma once
// Tells systemd about the daemon that it has started: sd_notify(3).

#include <cstdint>

namespace holdback::io::system {

enum class ServiceState : std::uint8_t {
    Ready,      ///< the sockets answer
    Reloading,  ///< until the next `Ready`
    Stopping,
};

/// Does nothing when something else started the daemon. Any thread may call it.
void tell_service_manager(ServiceState state);

}  // namespace holdback::io::system
