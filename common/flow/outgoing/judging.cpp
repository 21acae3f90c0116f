// SPDX-License-Identifier: Apache-2.0
#include "flow/outgoing/judging.hpp"

#include "config/settings.hpp"
#include "flow/outgoing/message_decision.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "outbound/bulk.hpp"
#include "outbound/campaign.hpp"
#include "outbound/compliance.hpp"
#include "outbound/findings.hpp"
#include "outbound/plan.hpp"
#include "outbound/verdict.hpp"
#include "terms/finding.hpp"
#include "terms/policy_action.hpp"

#include <cstddef>
#include <span>
#include <vector>

#include <fmt/format.h>

namespace holdback::flow::outgoing {

namespace {

/// True when a recipient is kept back for a reason of its own, not for one of the message.
bool is_bad(const outbound::Verdict& verdict) {
    const bool is_kept_back = verdict.action == terms::PolicyAction::Hold ||
                              verdict.action == terms::PolicyAction::Reject;
    if (!is_kept_back || !verdict.finding.has_value()) {
        return false;
    }
    const terms::Concern concern = terms::row_of(verdict.finding->name).concern;
    return concern != terms::Concern::Campaign && concern != terms::Concern::Message;
}

}  // namespace

std::size_t count_bad(const mail::Envelope& envelope,
                      const std::vector<outbound::Verdict>& verdicts) {
    std::size_t bad = 0;
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
        bad += envelope.recipients.at(i).is_counted() && is_bad(verdicts[i]) ? 1U : 0U;
    }
    return bad;
}

std::vector<outbound::Verdict> verdicts_of(std::span<const outbound::RecipientFacts> recipients,
                                           std::span<const outbound::Finding> about_message,
                                           const outbound::StreamDecision& stream,
                                           const config::Settings& settings) {
    std::vector<outbound::Verdict> verdicts;
    verdicts.reserve(recipients.size());
    for (const outbound::RecipientFacts& recipient : recipients) {
        verdicts.push_back(
            outbound::judge(outbound::all_findings(recipient, about_message, settings),
                            stream.stream,
                            settings.policy,
                            stream.sent_to));
    }
    return verdicts;
}

void judge_all(const mail::Envelope& envelope,
               const config::Settings& settings,
               MessageDecision& decision) {
    decision.verdicts =
        verdicts_of(decision.facts.recipients, decision.about_message, decision.stream, settings);
    for (std::size_t i = 0; i < decision.verdicts.size(); ++i) {
        if (envelope.recipients.at(i).judged) {
            decision.verdicts[i] = {};
        }
    }
    decision.plan = outbound::plan(decision.verdicts, decision.telling());
}

bool is_told_by_body(const mail::HeaderList& headers,
                     const outbound::StreamDecision& stream,
                     const config::BulkSettings& settings) {
    return !stream.is_always_direct() &&
           (!stream.is_bulk() || !outbound::is_named_by_header(headers, settings) ||
            settings.repeat_window.count() > 0);
}

}  // namespace holdback::flow::outgoing
