// SPDX-License-Identifier: Apache-2.0
#pragma once
// Asks the running daemon over its control socket.

#include "config/settings.hpp"
#include "core/result.hpp"
#include "milter/control_protocol.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace holdback::milter::ctl {

struct DaemonError {
    enum class Kind : std::uint8_t {
        NotRunning,    ///< nobody listens on the socket
        NoPermission,  ///< the socket may not be opened: a daemon may or may not run
        OutOfReach,    ///< the connection broke
        Refused,       ///< the daemon answered with an error
    };
    Kind kind;
    std::string text;  ///< may have several lines when `Refused`
};

/// Sends one request and gives the lines of the answer without the closing "ok". Waits at most
/// `patience` for each part of the answer.
[[nodiscard]] core::Result<std::vector<ControlLine>, DaemonError> ask_daemon(
    const config::ControlSettings& settings,
    const ControlLine& request,
    std::chrono::seconds patience);

}  // namespace holdback::milter::ctl
