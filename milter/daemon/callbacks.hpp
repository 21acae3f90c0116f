// SPDX-License-Identifier: Apache-2.0
#pragma once
// The boundary to libmilter: C arguments become our values, and exceptions stop here. No other
// module includes libmilter.

#include "milter/session/session.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace holdback::milter::daemon {

/// Counters of the callbacks since the start.
struct MilterCounters {
    std::atomic<std::size_t> connections{0};
    std::atomic<std::size_t> messages{0};
    std::atomic<std::size_t> messages_in_flight{0};
    /// Connections on which no message has begun yet; usually one is about to.
    std::atomic<std::size_t> connections_before_mail{0};
    std::atomic<std::size_t> internal_errors{0};
};

/// Runs the milter until `stop_milter`. `connection` is what libmilter listens on: "fd:N",
/// "inet:PORT@HOST", "inet6:PORT@HOST". libmilter has no user data, so one process runs one milter
/// at a time. `parts` and `counters` outlive the call. `on_listening` is called when an MTA can
/// connect. False when libmilter could not start or gave up; the reason is in its log. Blocks the
/// calling thread.
[[nodiscard]] bool run_milter(const session::Session::Parts& parts,
                              MilterCounters& counters,
                              const std::string& connection,
                              const std::function<void()>& on_listening);

/// Makes `run_milter` return at the next connection, or within about five seconds without one.
/// Sessions in flight are cut then.
void stop_milter();

enum class Hold : std::uint8_t { No, Yes };

/// Whether messages that begin from now on wait at MAIL. Those that still wait when the process
/// ends are cut there: the MTA has given nothing but their sender.
void hold_new_messages(Hold hold);

}  // namespace holdback::milter::daemon
