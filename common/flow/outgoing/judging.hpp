// SPDX-License-Identifier: Apache-2.0
#pragma once
// Steps from the facts about an outgoing message to its plan that `MessageJudge` does more than
// once.

#include "config/settings.hpp"
#include "flow/outgoing/message_decision.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "outbound/bulk.hpp"
#include "outbound/findings.hpp"
#include "outbound/verdict.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace holdback::flow::outgoing {

/// The verdicts, one per recipient. `about_message` are findings that all recipients share.
[[nodiscard]] std::vector<outbound::Verdict> verdicts_of(
    std::span<const outbound::RecipientFacts> recipients,
    std::span<const outbound::Finding> about_message,
    const outbound::StreamDecision& stream,
    const config::Settings& settings);

/// Sets verdicts and plan of a decision from its facts and its stream.
void judge_all(const mail::Envelope& envelope,
               const config::Settings& settings,
               MessageDecision& decision);

/// The number of recipients that are kept back for a reason of their own, not for one of the
/// message.
[[nodiscard]] std::size_t count_bad(const mail::Envelope& envelope,
                                    const std::vector<outbound::Verdict>& verdicts);

/// True when the body is needed to know the message's stream or campaign.
[[nodiscard]] bool is_told_by_body(const mail::HeaderList& headers,
                                   const outbound::StreamDecision& stream,
                                   const config::BulkSettings& settings);

}  // namespace holdback::flow::outgoing
