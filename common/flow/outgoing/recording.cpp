// SPDX-License-Identifier: Apache-2.0
#include "flow/outgoing/recording.hpp"

#include "config/policy.hpp"
#include "config/settings.hpp"
#include "flow/submitting.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "outbound/bulk.hpp"
#include "outbound/direction.hpp"
#include "outbound/findings.hpp"
#include "outbound/sender.hpp"
#include "outbound/verdict.hpp"
#include "replay/recorded.hpp"
#include "terms/finding.hpp"

#include <algorithm>
#include <cstddef>
#include <string>

namespace holdback::flow::outgoing {

namespace {

replay::RecordedRecipient recipient_of(const DecisionToRecord& decision, std::size_t index) {
    const mail::Recipient& given = decision.recipients[index];
    const outbound::Verdict& verdict = decision.verdicts[index];
    replay::RecordedRecipient recipient{
        .address = given.as_given(),
        .mailer = given.mailer,
        .facts = index < decision.facts.size() ? decision.facts[index]
                                               : outbound::RecipientFacts{.syntax = given.syntax},
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
             outbound::findings(recipient.facts, decision.settings)) {
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
    if (decision.sender_refused) {
        recipient.action = config::PolicyAction::Reject;
        recipient.unshadowed = recipient.action;
        recipient.reason = outbound::kSenderNotEnrolled;
        recipient.code.reset();
    }
    if (index < decision.held.size() && decision.held[index] != 0) {
        recipient.held_id = decision.held[index];
    }
    return recipient;
}

}  // namespace

outbound::Origin origin_of(const Submitting& who) {
    return {
        .user = who.user, .daemon = who.daemon, .client = who.client, .over_smtp = who.over_smtp};
}

HeaderFacts header_facts(const mail::HeaderList& headers, const config::BulkSettings& settings) {
    return {.signs = replay::header_signs(headers, settings),
            .campaign = outbound::campaign_name(headers, settings),
            .message_id = headers.first("Message-ID").value_or("")};
}

replay::RecordedMessage record_of(const DecisionToRecord& decision) {
    replay::RecordedMessage message;
    message.at = decision.now;
    message.decided_at = decision.decided_at;
    message.mode = decision.settings.mode;
    message.session = decision.who.session_id;
    message.queue_id = decision.envelope.queue_id;
    message.sender = decision.envelope.sender;
    message.utf8 = decision.envelope.utf8;
    message.origin = origin_of(decision.who);
    message.named = decision.envelope.recipients.size();
    message.window = decision.window;
    message.window_length = decision.settings.bulk.rate.window;
    message.repeats_limit = decision.settings.bulk.repeats;
    if (decision.decided_at == replay::DecidedAt::Message) {
        message.watched =
            replay::watch_signs(decision.stream.stream, decision.stream.sent_to, decision.settings);
    }
    message.dialogue = {
        .before = decision.who.before,
        .asked_at_rcpt = outbound::answers_at_rcpt(message.origin, decision.settings),
        .can_be_returned = decision.can_be_returned,
        .had_enough = decision.client_had_enough};
    message.lists =
        replay::ListFiles{.role_addresses = decision.settings.policy.role_addresses,
                          .disposable_domains = decision.settings.policy.disposable_domains};
    message.headers = decision.header.signs;
    message.campaign = decision.header.campaign;
    message.message_id = decision.header.message_id;
    message.stream = decision.stream;
    message.recipients.reserve(decision.recipients.size());
    for (std::size_t i = 0; i < decision.recipients.size(); ++i) {
        message.recipients.push_back(recipient_of(decision, i));
    }
    return message;
}

}  // namespace holdback::flow::outgoing
