// SPDX-License-Identifier: Apache-2.0
#pragma once
// How a use case remembers the facts on which it decided.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "ports/suppression_store.hpp"  // StoreError
#include "replay/recorded.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::ports {

/// How long decisions are kept.
struct DecisionLimits {
    std::chrono::seconds keep = std::chrono::days(30);
    std::int64_t entries = 2'000'000;  ///< recipients kept at most
};

/// Which messages are visited. An empty field does not filter.
struct DecisionFilter {
    core::TimePoint since;
    std::optional<std::string> sender = std::nullopt;  ///< compared without letter case
};

/// The memory of decisions, bounded by `DecisionLimits`. Safe from several threads and processes;
/// one thread appends.
class DecisionLog {
public:
    DecisionLog() = default;
    DecisionLog(const DecisionLog&) = delete;
    DecisionLog& operator=(const DecisionLog&) = delete;
    DecisionLog(DecisionLog&&) = delete;
    DecisionLog& operator=(DecisionLog&&) = delete;
    virtual ~DecisionLog() = default;

    /// Writes messages (their ids are ignored) in one transaction, and forgets a few of those that
    /// are over the limits, oldest first. The recipients of a message are kept or forgotten
    /// together.
    [[nodiscard]] virtual core::Result<void, StoreError> append(
        std::span<const replay::RecordedMessage> messages,
        const DecisionLimits& limits,
        core::TimePoint now) = 0;

    /// How many recipients the messages that fit have.
    [[nodiscard]] virtual core::Result<std::int64_t, StoreError> count(
        const DecisionFilter& filter) const = 0;

    /// Calls `visit` for each message that fits, in order of id, until it returns false. No lock is
    /// held while `visit` runs. In memory are one message at a time and a page of message heads.
    [[nodiscard]] virtual core::Result<void, StoreError> visit(
        const DecisionFilter& filter,
        const std::function<bool(const replay::RecordedMessage&)>& visit) const = 0;

    /// The messages that were decided under a queue id, newest first, at most `most`.
    [[nodiscard]] virtual core::Result<std::vector<replay::RecordedMessage>, StoreError>
    of_queue_id(std::string_view queue_id, std::size_t most) const = 0;

    /// The recipients, as they were spelled, to whom a sender (compared without letter case) sent
    /// between two times. The newest messages come first; at most `most`.
    [[nodiscard]] virtual core::Result<std::vector<std::string>, StoreError> recipients_of(
        std::string_view sender,
        core::TimePoint from,
        core::TimePoint until,
        std::size_t most) const = 0;
};

}  // namespace holdback::ports
