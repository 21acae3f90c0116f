// SPDX-License-Identifier: Apache-2.0
#pragma once
// The thread that writes down the facts of decisions while the daemon runs.

#include "flow/outgoing/decision_recorder.hpp"
#include "flow/snapshot.hpp"
#include "milter/control_protocol.hpp"
#include "milter/daemon/periodic.hpp"
#include "ports/log.hpp"
#include "report/metrics.hpp"

#include <vector>

namespace holdback::milter::daemon {

/// Works from construction to destruction; at the end it writes what still waits. All that is
/// given outlives it.
class DecisionRecording {
public:
    DecisionRecording(flow::outgoing::DecisionRecorder& recorder,
                      const flow::SnapshotSource& snapshots,
                      ports::Log& log);

    /// What `status` shows of it: keys and values. Any thread.
    [[nodiscard]] std::vector<ControlLine> status() const;
    /// What `metrics` shows. Any thread.
    [[nodiscard]] std::vector<report::Metric> metrics() const;

    /// The end is near: little is to be left for it.
    void quicken();

    /// Begins to end, and does not wait for it.
    void request_stop() { periodic_.request_stop(); }

private:
    void work();

    flow::outgoing::DecisionRecorder* recorder_;
    const flow::SnapshotSource* snapshots_;
    ports::Log* log_;
    Periodic periodic_;  // last: ends before what it uses
};

}  // namespace holdback::milter::daemon
