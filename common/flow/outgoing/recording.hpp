// SPDX-License-Identifier: Apache-2.0
#pragma once
// A decision as it is remembered.

#include "config/settings.hpp"
#include "core/clock.hpp"
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

/// What has to be kept of the header for the record.
struct HeaderFacts {
    replay::HeaderSigns signs;
    std::string campaign;
    std::string message_id;
};

[[nodiscard]] HeaderFacts header_facts(const mail::HeaderList& headers,
                                       const config::BulkSettings& settings);

/// A decision of which a record is made; all outlives the making.
struct DecisionToRecord {
    // NOLINTBEGIN(cppcoreguidelines-avoid-const-or-ref-data-members): arguments under one name
    const Submitting& who;
    const mail::Envelope& envelope;
    const config::Settings& settings;
    const outbound::StreamDecision& stream;
    const HeaderFacts& header;
    // NOLINTEND(cppcoreguidelines-avoid-const-or-ref-data-members)
    replay::DecidedAt decided_at;
    core::TimePoint now;
    std::size_t window;
    std::span<const mail::Recipient> recipients;
    std::span<const outbound::Verdict> verdicts;      ///< one per recipient
    std::span<const outbound::RecipientFacts> facts;  ///< the same, or none: not gathered
    std::span<const std::int64_t> held;               ///< the same, 0: not held; or none
    bool sender_refused;
    bool can_be_returned;
    bool client_had_enough;
};

[[nodiscard]] replay::RecordedMessage record_of(const DecisionToRecord& decision);

}  // namespace holdback::flow::outgoing
