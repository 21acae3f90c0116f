// SPDX-License-Identifier: Apache-2.0
#include "milter/daemon/decision_recording.hpp"

#include "core/text.hpp"
#include "flow/outgoing/decision_recorder.hpp"
#include "flow/snapshot.hpp"
#include "milter/control_protocol.hpp"
#include "ports/log.hpp"
#include "report/metrics.hpp"

#include <chrono>
#include <exception>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter::daemon {

namespace {

constexpr std::chrono::seconds kInterval{1};
constexpr std::chrono::milliseconds kIntervalNearTheEnd{50};

}  // namespace

DecisionRecording::DecisionRecording(flow::outgoing::DecisionRecorder& recorder,
                                     const flow::SnapshotSource& snapshots,
                                     ports::Log& log)
    : recorder_(&recorder),
      snapshots_(&snapshots),
      log_(&log),
      periodic_([this] { work(); }, kInterval) {
    periodic_.start();
}

void DecisionRecording::quicken() {
    periodic_.quicken(kIntervalNearTheEnd);
}

void DecisionRecording::work() {
    try {
        recorder_->work(snapshots_->current()->settings.journal);
    } catch (const std::exception& error) {
        log_->write(ports::Severity::Error,
                    fmt::format("journal: internal error: {}", core::log_safe(error.what())));
    }
}

std::vector<ControlLine> DecisionRecording::status() const {
    const flow::outgoing::RecorderCounts counts = recorder_->counts();
    return {number_line("decisions_recorded", counts.recorded),
            number_line("decisions_waiting", counts.waiting),
            number_line("decisions_dropped", counts.dropped)};
}

std::vector<report::Metric> DecisionRecording::metrics() const {
    const flow::outgoing::RecorderCounts counts = recorder_->counts();
    return {
        {.name = "holdback_decisions_recorded_total",
         .help = "Recipients whose decision was stored with its facts.",
         .values = {{.label = {}, .value = counts.recorded}}},
        {.name = "holdback_decisions_dropped_total",
         .help = "Recipients whose decision was not stored, because too many waited for the store.",
         .values = {{.label = {}, .value = counts.dropped}}}};
}

}  // namespace holdback::milter::daemon
