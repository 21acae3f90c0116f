// SPDX-License-Identifier: Apache-2.0
#pragma once
// A decision as it is remembered.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "flow/outgoing/message_decision.hpp"
#include "flow/passing_message.hpp"
#include "flow/submitting.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "outbound/direction.hpp"
#include "outbound/findings.hpp"
#include "outbound/verdict.hpp"
#include "replay/recorded.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace holdback::flow::outgoing {

/// Who submits, as far as the direction depends on it.
[[nodiscard]] outbound::Origin origin_of(const Submitting& who);

[[nodiscard]] HeaderFacts header_facts(const mail::HeaderList& headers,
                                       const config::BulkSettings& settings);

/// A decision of which a record is made; all outlives the making.
struct DecisionToRecord {
    // NOLINTBEGIN(cppcoreguidelines-avoid-const-or-ref-data-members): arguments under one name
    const PassingMessage& message;
    const MessageDecision& decision;
    // NOLINTEND(cppcoreguidelines-avoid-const-or-ref-data-members)
    replay::DecidedAt decided_at;
    core::TimePoint now;
    std::span<const mail::Recipient> recipients;  ///< those whose verdicts the decision has
    std::span<const std::int64_t> held;           ///< one per recipient, 0: not held; or none
};

[[nodiscard]] replay::RecordedMessage record_of(const DecisionToRecord& decision);

}  // namespace holdback::flow::outgoing
