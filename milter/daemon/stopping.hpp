// SPDX-License-Identifier: Apache-2.0
#pragma once
// Ends the daemon: when no message is under way, quickly, and even if something hangs.

#include "milter/daemon/callbacks.hpp"
#include "ports/log.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>
#include <thread>

namespace holdback::milter::daemon {

/// Time limits of the parts of a stop.
struct StopLimits {
    /// For the chores that run at the time, while mail flows: a release comes back as mail.
    std::chrono::milliseconds chores{1'500};
    /// Until a moment without messages under way and without new connections, which are about to
    /// begin one. After a second, more and more new connections are tolerated.
    std::chrono::milliseconds quiet{2'500};
    /// After that, for the messages under way, while new ones wait at MAIL.
    std::chrono::milliseconds messages{8'000};
    /// After the milter's end, for the work beside mail. A release that waits for its server takes
    /// longer and is cut.
    std::chrono::milliseconds others{2'500};
};

/// One stop of one daemon.
class Stopping {
public:
    /// `socket` is what the MTA connects to, as in the settings. All outlive the object.
    Stopping(std::string socket, MilterCounters& counters, ports::Log& log, StopLimits limits = {});

    /// Waits until the chores are done, within the limit. Blocks.
    void wait_for_chores(const std::atomic<bool>& done);

    /// Waits until no message is under way and, if possible, no connection is new. Until then the
    /// socket answers; a message that begins while the last ones are waited for is cut at its first
    /// command, when nothing of it is lost. Blocks. True when the MTA came meanwhile: it will come
    /// again before the next daemon listens.
    [[nodiscard]] bool wait_for_messages();

    /// Ends the milter. Blocks until it takes no more connections.
    void end_milter();

    /// From now on the process ends by itself, as after a kill, when this object lives longer than
    /// the limit. Items under way are in doubt at the next start.
    void allow_no_more_than_the_limit();

    /// Stops waiting for anything. Any thread.
    void hurry() { hurried_.store(true); }

private:
    /// True when no message is under way and at most so many connections have had no message yet.
    [[nodiscard]] bool is_quiet(std::size_t tolerated) const;
    /// How many new connections may be cut now. An idle daemon, where nothing has `changed` for a
    /// while, does not wait for connections that are merely kept open.
    [[nodiscard]] static std::size_t tolerated(std::chrono::steady_clock::time_point begin,
                                               std::chrono::steady_clock::time_point changed);
    /// How many connections and messages the MTA has begun so far.
    [[nodiscard]] std::size_t begun() const;
    /// Waits for a quiet moment, within the limit; new messages wait from then on.
    void wait_for_quiet(std::chrono::steady_clock::time_point begin);

    std::string socket_;
    MilterCounters* counters_;
    ports::Log* log_;
    StopLimits limits_;
    std::atomic<bool> hurried_{false};
    std::jthread guard_;  // last: ends before what it uses
};

}  // namespace holdback::milter::daemon
