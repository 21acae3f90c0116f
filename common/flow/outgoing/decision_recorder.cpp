// SPDX-License-Identifier: Apache-2.0
#include "flow/outgoing/decision_recorder.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/text.hpp"
#include "ports/decision_log.hpp"
#include "ports/log.hpp"
#include "replay/recorded.hpp"
#include "report/rate_limit.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::flow::outgoing {

namespace {

/// Recipients of one transaction, which takes the only writer some milliseconds.
constexpr std::size_t kBatch = 1000;
/// How often the store forgets while nothing comes in.
constexpr std::chrono::seconds kForgetInterval{60};

}  // namespace

void DecisionRecorder::note(replay::RecordedMessage message) {
    const std::size_t size = message.recipients.size();
    const bool taken = queue_.with([&](Queue& queue) {
        if (queue.recipients + size > kMostWaiting) {
            queue.counts.dropped += size;
            return false;
        }
        queue.recipients += size;
        queue.waiting.push_back(std::move(message));
        return true;
    });
    if (!taken) {
        warn("full", "too many decisions wait to be written: some are not remembered");
    }
}

std::vector<replay::RecordedMessage> DecisionRecorder::take_batch() {
    return queue_.with([](Queue& queue) {
        std::vector<replay::RecordedMessage> batch;
        std::size_t recipients = 0;
        while (!queue.waiting.empty() && recipients < kBatch) {
            recipients += queue.waiting.front().recipients.size();
            batch.push_back(std::move(queue.waiting.front()));
            queue.waiting.pop_front();
        }
        queue.recipients -= recipients;
        return batch;
    });
}

void DecisionRecorder::put_back(std::vector<replay::RecordedMessage> batch, std::size_t size) {
    queue_.with([&](Queue& queue) {
        queue.recipients += size;
        queue.waiting.insert(queue.waiting.begin(),
                             std::make_move_iterator(batch.begin()),
                             std::make_move_iterator(batch.end()));
    });
}

void DecisionRecorder::work(const config::JournalSettings& settings) {
    const ports::DecisionLimits limits{
        .keep = settings.decisions,
        .entries = static_cast<std::int64_t>(settings.decision_entries)};
    const core::SteadyPoint now = parts_.clock.steady_now();
    // New decisions that come in meanwhile are left for the next call.
    for (std::uint64_t left = counts().waiting; left > 0;) {
        std::vector<replay::RecordedMessage> batch = take_batch();
        std::size_t size = 0;
        for (const replay::RecordedMessage& message : batch) {
            size += message.recipients.size();
        }
        if (size == 0) {
            break;
        }
        left -= std::min<std::uint64_t>(left, size);
        const auto written = parts_.store.append(batch, limits, parts_.clock.now());
        forgot_ = now;
        if (!written.has_value()) {
            put_back(std::move(batch), size);
            warn("store", written.error().what);
            return;
        }
        queue_.with([&](Queue& queue) { queue.counts.recorded += size; });
    }
    if (!forgot_.has_value() || now - *forgot_ >= kForgetInterval) {
        forgot_ = now;
        if (const auto forgot = parts_.store.append({}, limits, parts_.clock.now());
            !forgot.has_value()) {
            warn("store", forgot.error().what);
        }
    }
}

RecorderCounts DecisionRecorder::counts() const {
    return queue_.with([](const Queue& queue) {
        RecorderCounts counts = queue.counts;
        counts.waiting = queue.recipients;
        return counts;
    });
}

void DecisionRecorder::warn(std::string_view kind, std::string_view what) {
    const auto left_out = warnings_.with(
        [&](report::RateLimit& limit) { return limit.admit(kind, parts_.clock.steady_now()); });
    if (left_out.has_value()) {
        parts_.log.write(
            ports::Severity::Warning,
            fmt::format("journal: decisions are not remembered: {} waiting={} dropped={}",
                        core::log_safe(what),
                        counts().waiting,
                        counts().dropped));
    }
}

}  // namespace holdback::flow::outgoing
