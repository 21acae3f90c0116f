// SPDX-License-Identifier: Apache-2.0
#pragma once
// From the facts about an outgoing message to its plan: what `MessageJudge` does more than once for
// a message.

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

/// `about_message` are findings that all recipients have alike.
[[nodiscard]] std::vector<outbound::Verdict> verdicts_of(
    std::span<const outbound::RecipientFacts> recipients,
    std::span<const outbound::Finding> about_message,
    const outbound::StreamDecision& stream,
    const config::Settings& settings);

/// Verdicts and plan of a decision, by its facts and its stream.
void judge_all(const mail::Envelope& envelope,
               const config::Settings& settings,
               MessageDecision& decision);

/// So many recipients do not get the mail for a reason of their own, and not of the message.
[[nodiscard]] std::size_t count_bad(const mail::Envelope& envelope,
                                    const std::vector<outbound::Verdict>& verdicts);

/// True when the message has to be read to know its stream or its campaign.
[[nodiscard]] bool is_told_by_body(const mail::HeaderList& headers,
                                   const outbound::StreamDecision& stream,
                                   const config::BulkSettings& settings);

}  // namespace holdback::flow::outgoing
