// SPDX-License-Identifier: Apache-2.0
#pragma once
// The thread that follows the MTA's log while the daemon runs.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "flow/incoming/departures.hpp"
#include "flow/incoming/log_silence.hpp"
#include "flow/incoming/outcome_flow.hpp"
#include "flow/snapshot.hpp"
#include "milter/control_protocol.hpp"
#include "ports/journal.hpp"
#include "ports/log.hpp"

#include <stop_token>
#include <thread>
#include <vector>

namespace holdback::milter::daemon {

/// Follows the log that the settings in force name, from construction to destruction. A reload may
/// name another.
class LogFollowing {
public:
    /// What it works with; all outlive the object. Its thread tells `listeners` of every outcome.
    struct Parts {
        ports::Journal& journal;
        const flow::incoming::Departures& departures;
        ports::Log& log;
        const core::Clock& clock;
        const flow::SnapshotSource& snapshots;
        std::vector<ports::OutcomeListener*> listeners;
        flow::incoming::LogSilence& silence;
    };

    explicit LogFollowing(Parts parts);

    /// How far it has come. Any thread.
    [[nodiscard]] flow::incoming::FollowState state() const { return flow_.state(); }

    /// True while a log can be read, unless it is known to say nothing of mail that has left. Any
    /// thread.
    [[nodiscard]] bool tells() const;

    /// The keys and values that `status` shows. Any thread.
    [[nodiscard]] std::vector<ControlLine> status() const;

    /// Asks the thread to end, without waiting.
    void request_stop() { thread_.request_stop(); }

private:
    void run(const std::stop_token& stop);
    /// Warns when the log says nothing of mail that has left.
    void watch(const config::MaillogSettings& settings);

    ports::Log* log_;
    const core::Clock* clock_;
    const flow::SnapshotSource* snapshots_;
    flow::incoming::LogSilence* silence_;
    flow::incoming::OutcomeFlow flow_;
    std::jthread thread_;  // last: ends before what it uses
};

}  // namespace holdback::milter::daemon
