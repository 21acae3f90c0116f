// SPDX-License-Identifier: Apache-2.0
#include "flow/outgoing/recording.hpp"

#include "config/settings.hpp"
#include "flow/outgoing/message_decision.hpp"
#include "flow/passing_message.hpp"
#include "flow/submitting.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "outbound/bulk.hpp"
#include "outbound/direction.hpp"
#include "outbound/findings.hpp"
#include "outbound/verdict.hpp"
#include "replay/recorded.hpp"
#include "terms/finding.hpp"
#include "terms/policy_action.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace holdback::flow::outgoing {

namespace {

replay::RecordedRecipient recipient_of(const DecisionToRecord& record, std::size_t index) {
    const mail::Recipient& given = record.recipients[index];
    const std::vector<outbound::RecipientFacts>& facts = record.decision.facts.recipients;
    const outbound::Verdict& verdict = record.decision.verdicts[index];
    replay::RecordedRecipient recipient{
        .address = given.as_given(),
        .mailer = given.mailer,
        .facts =
            index < facts.size() ? facts[index] : outbound::RecipientFacts{.syntax = given.syntax},
        .found = {},
        .action = verdict.action,
        .unshadowed = verdict.shadowed,
        .reason = {},
        .code = {},
        .held_id = {},
        .overridden = verdict.overridden};
    if (verdict.finding.has_value()) {
        const terms::FindingName decided = verdict.finding->name;
        for (const outbound::Finding& finding :
             outbound::findings(recipient.facts, record.message.settings())) {
            recipient.found.push_back(finding.name);
        }
        const auto add = [&](terms::FindingName name) {
            if (std::ranges::find(recipient.found, name) == recipient.found.end()) {
                recipient.found.push_back(name);
            }
        };
        add(decided);
        std::ranges::for_each(verdict.tags, add);
        recipient.reason = wire_name(decided);
        recipient.code = verdict.finding->code;
    }
    if (record.decision.sender_refusal.has_value()) {
        recipient.action = terms::PolicyAction::Reject;
        recipient.unshadowed = recipient.action;
        recipient.reason = record.decision.sender_refusal->reason;
        recipient.code.reset();
    }
    if (index < record.held.size() && record.held[index] != 0) {
        recipient.held_id = record.held[index];
    }
    return recipient;
}

}  // namespace

HeaderFacts header_facts(const mail::HeaderList& headers, const config::BulkSettings& settings) {
    return {.signs = replay::header_signs(headers, settings),
            .campaign = outbound::campaign_name(headers, settings),
            .message_id = headers.first("Message-ID").value_or("")};
}

replay::RecordedMessage record_of(const DecisionToRecord& record) {
    const PassingMessage& passing = record.message;
    const MessageDecision& decision = record.decision;
    replay::RecordedMessage message;
    message.at = record.now;
    message.decided_at = record.decided_at;
    message.mode = passing.settings().mode;
    message.session = passing.who.session_id;
    message.queue_id = passing.envelope.queue_id;
    message.sender = passing.envelope.sender;
    message.utf8 = passing.envelope.utf8;
    message.origin = passing.who.origin();
    message.named = passing.envelope.recipients.size();
    message.window = decision.window;
    message.window_length = passing.settings().bulk.rate.window;
    message.repeats_limit = passing.settings().bulk.repeats;
    if (record.decided_at == replay::DecidedAt::Message) {
        message.watched = replay::watch_signs(
            decision.stream.stream, decision.stream.sent_to, passing.settings());
    }
    message.dialogue = {
        .before = passing.who.before,
        .asked_at_rcpt = outbound::answers_at_rcpt(message.origin, passing.settings()),
        .can_be_returned = decision.can_be_returned,
        .had_enough = decision.client_had_enough};
    message.lists =
        replay::ListFiles{.role_addresses = passing.settings().policy.role_addresses,
                          .disposable_domains = passing.settings().policy.disposable_domains};
    message.headers = decision.header.signs;
    message.campaign = decision.header.campaign;
    message.message_id = decision.header.message_id;
    message.stream = decision.stream;
    message.recipients.reserve(record.recipients.size());
    for (std::size_t i = 0; i < record.recipients.size(); ++i) {
        message.recipients.push_back(recipient_of(record, i));
    }
    return message;
}

}  // namespace holdback::flow::outgoing
