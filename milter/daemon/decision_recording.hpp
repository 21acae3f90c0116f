// SPDX-License-Identifier: Apache-2.0
#pragma once
// The thread that stores the facts of decisions while the daemon runs.

#include "flow/outgoing/decision_recorder.hpp"
#include "flow/snapshot.hpp"
#include "milter/control_protocol.hpp"
#include "milter/daemon/periodic.hpp"
#include "ports/log.hpp"
#include "report/metrics.hpp"

#include <vector>

namespace holdback::milter::daemon {

/// Works from construction to destruction; at the end it writes what still waits. All outlive the
/// object.
class DecisionRecording {
public:
    DecisionRecording(flow::outgoing::DecisionRecorder& recorder,
                      const flow::SnapshotSource& snapshots,
                      ports::Log& log);

    /// The keys and values that `status` shows. Any thread.
    [[nodiscard]] std::vector<ControlLine> status() const;
    /// The values that `metrics` shows. Any thread.
    [[nodiscard]] std::vector<report::Metric> metrics() const;

    /// The end is near: works more often, so that little is left for it.
    void quicken();

    /// Asks the thread to end, without waiting.
    void request_stop() { periodic_.request_stop(); }

private:
    void work();

    flow::outgoing::DecisionRecorder* recorder_;
    const flow::SnapshotSource* snapshots_;
    ports::Log* log_;
    Periodic periodic_;  // last: ends before what it uses
};

}  // namespace holdback::milter::daemon
