// SPDX-License-Identifier: Apache-2.0
#pragma once
// libmilter's edge: C arguments become our values, and exceptions stop here. The only module that
// includes libmilter.

#include "milter/session.hpp"

#include <atomic>
#include <cstddef>
#include <string>

namespace holdback::milter {

/// What the callbacks counted since the start.
struct MilterCounters {
    std::atomic<std::size_t> connections{0};
    std::atomic<std::size_t> messages{0};
    std::atomic<std::size_t> messages_in_flight{0};
    std::atomic<std::size_t> internal_errors{0};
};

/// Runs the milter until `stop_milter`. `connection` is what libmilter listens on: "fd:N",
/// "inet:PORT@HOST", "inet6:PORT@HOST". libmilter knows no user data, so that one process runs one
/// milter at a time; `parts` and `counters` outlive the call. False when libmilter could not start
/// or gave up; the reason is in its log. Blocks the calling thread.
[[nodiscard]] bool run_milter(const Session::Parts& parts,
                              MilterCounters& counters,
                              const std::string& connection);

/// Makes `run_milter` return within about five seconds. Sessions in flight are cut after that time.
void stop_milter();

}  // namespace holdback::milter
