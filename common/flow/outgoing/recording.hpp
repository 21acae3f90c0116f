// SPDX-License-Identifier: Apache-2.0
#pragma once
// The record of a decision.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "flow/outgoing/message_decision.hpp"
#include "flow/passing_message.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "replay/recorded.hpp"

#include <cstdint>
#include <span>

namespace holdback::flow::outgoing {

[[nodiscard]] HeaderFacts header_facts(const mail::HeaderList& headers,
                                       const config::BulkSettings& settings);

/// A decision to record; everything in it outlives the call.
struct DecisionToRecord {
    // NOLINTBEGIN(cppcoreguidelines-avoid-const-or-ref-data-members): arguments under one name
    const PassingMessage& message;
    const MessageDecision& decision;
    // NOLINTEND(cppcoreguidelines-avoid-const-or-ref-data-members)
    replay::DecidedAt decided_at;
    core::TimePoint now;
    std::span<const mail::Recipient> recipients;  ///< those for whom the decision has verdicts
    std::span<const std::int64_t> held;           ///< one per recipient, 0: not held; or none
};

[[nodiscard]] replay::RecordedMessage record_of(const DecisionToRecord& record);

}  // namespace holdback::flow::outgoing
