// SPDX-License-Identifier: Apache-2.0
#pragma once
// How the daemon ends: when no message is under way, quickly, and even if something hangs.

#include "milter/daemon/callbacks.hpp"
#include "ports/log.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>
#include <thread>

namespace holdback::milter::daemon {

/// How long the parts of a stop may take.
struct StopLimits {
    /// For the chores that run at the time, with mail flowing: a release comes back as mail.
    std::chrono::milliseconds chores{1'500};
    /// Until there is a moment in which no message is under way and no connection is new, so that
    /// nobody is cut who is about to begin one; after a second, with ever more of these.
    std::chrono::milliseconds quiet{2'500};
    /// Then, until those under way are done, while further ones wait at MAIL.
    std::chrono::milliseconds messages{8'000};
    /// After the milter's end, for what the daemon does beside mail; a release that waits for its
    /// server takes longer.
    std::chrono::milliseconds others{2'500};
};

/// One stop of one daemon.
class Stopping {
public:
    /// `socket` is what the MTA connects to, as in the settings. All outlive it.
    Stopping(std::string socket, MilterCounters& counters, ports::Log& log, StopLimits limits = {});

    /// Waits until the chores are done, as far as the limit allows. Blocks.
    void wait_for_chores(const std::atomic<bool>& done);

    /// Waits until no message is under way, and if it can be no new connection either. The socket
    /// answers until then; what the MTA begins while the last messages are waited for is cut at its
    /// first command, when nothing of it is lost. Blocks. True when the MTA came meanwhile, and
    /// will come again before the next daemon listens.
    [[nodiscard]] bool wait_for_messages();

    /// Ends the milter. Blocks until it takes no connections any more.
    void end_milter();

    /// From now on the process ends by itself when this object lives longer than the limit, as
    /// after a kill: what is under way is found in doubt at the next start.
    void allow_no_more_than_the_limit();

    /// Waits for nothing more. Any thread.
    void hurry() { hurried_.store(true); }

private:
    /// True when no message is under way, and at most so many connections are before their first.
    [[nodiscard]] bool is_quiet(std::size_t tolerated) const;
    /// How many of these are cut now. A daemon that is idle, where nothing has `changed` for a
    /// while, does not wait for connections that are only kept.
    [[nodiscard]] static std::size_t tolerated(std::chrono::steady_clock::time_point begin,
                                               std::chrono::steady_clock::time_point changed);
    /// All that the MTA has begun so far.
    [[nodiscard]] std::size_t begun() const;
    /// Waits for the moment, as far as the limit allows; new messages wait from then on.
    void wait_for_quiet(std::chrono::steady_clock::time_point begin);

    std::string socket_;
    MilterCounters* counters_;
    ports::Log* log_;
    StopLimits limits_;
    std::atomic<bool> hurried_{false};
    std::jthread guard_;  // last: ends before what it uses
};

}  // namespace holdback::milter::daemon
