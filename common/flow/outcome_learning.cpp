// SPDX-License-Identifier: Apache-2.0
#include "flow/outcome_learning.hpp"

#include "core/clock.hpp"
#include "core/text.hpp"
#include "dsn/classify.hpp"
#include "dsn/learn.hpp"
#include "dsn/proof.hpp"
#include "dsn/report.hpp"
#include "dsn/smtp_stage.hpp"
#include "flow/learner.hpp"
#include "flow/snapshot.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/loopback_relay.hpp"
#include "mail/outcome.hpp"
#include "mail/syntax.hpp"
#include "mail/transport.hpp"
#include "ports/journal.hpp"
#include "ports/log.hpp"
#include "report/decision.hpp"

#include <memory>
#include <string>
#include <utility>

namespace holdback::flow {

namespace {

mail::EnvelopeSender sender_of(const mail::MtaOutcome& outcome) {
    const auto parsed = mail::Address::parse(outcome.sender.value_or(""), mail::Smtputf8::Yes);
    if (!parsed.has_value()) {
        return mail::NullSender{};
    }
    return parsed->value;
}

/// True when a refusal names the sender, and the recipient nowhere. Sendmail's log does not tell
/// which command was refused, and "<news@example.org>: User unknown" is what MAIL is answered.
bool is_about_sender(const mail::MtaOutcome& outcome) {
    const std::string sender = outcome.sender.value_or("");
    return !sender.empty() && dsn::stage_in(outcome.text) == dsn::SmtpStage::Unknown &&
           core::contains_ignoring_case(outcome.text, sender) &&
           !core::contains_ignoring_case(outcome.text, outcome.recipient);
}

}  // namespace

dsn::Report report_of(const mail::MtaOutcome& outcome) {
    dsn::Report report;
    report.kind = dsn::MessageKind::Dsn;
    report.queue_id = outcome.queue_id;
    dsn::RecipientReport recipient;
    recipient.final_recipient = outcome.recipient;
    recipient.action = dsn::Action::Failed;
    recipient.status = outcome.status;
    recipient.reply = outcome.reply;
    recipient.diagnostic = outcome.reply.has_value() ? outcome.reply->line() : outcome.text;
    if (is_about_sender(outcome)) {
        recipient.diagnostic = dsn::text_with_stage(recipient.diagnostic, dsn::SmtpStage::MailFrom);
    }
    recipient.remote_mta = outcome.relay;
    report.recipients.push_back(std::move(recipient));
    return report;
}

bool OutcomeLearning::on_outcome(const ports::JournalEntry& entry, core::TimePoint /*now*/) {
    const std::shared_ptr<const Snapshot> snapshot = parts_.snapshots.current();
    switch (entry.outcome.result) {
        case mail::DeliveryResult::Deferred:
            return true;
        case mail::DeliveryResult::Bounced:
            return bounced(entry, *snapshot);
        case mail::DeliveryResult::Sent:
            break;
    }
    const auto address = mail::Address::parse(entry.key, mail::Smtputf8::Yes);
    if (!entry.accepted || !address.has_value()) {
        return true;
    }
    return parts_.learner.delivered(address->value, entry.provider, entry.outcome.at, *snapshot);
}

bool OutcomeLearning::bounced(const ports::JournalEntry& entry, const Snapshot& snapshot) {
    const mail::MtaOutcome& outcome = entry.outcome;
    // What another program of this host refuses may have been refused by us: it would teach us our
    // own words.
    if (mail::is_local_transport(outcome.mailer) ||
        mail::was_handed_on_here(outcome, snapshot.settings.maillog.handed_on)) {
        return true;
    }
    const dsn::Understanding understood =
        dsn::classify(report_of(outcome), snapshot.rules, snapshot.codes);
    const dsn::ClassifiedRecipient& recipient = understood.recipients.front();
    Failure failure;
    failure.evidence = {.failure = recipient,
                        .proof = dsn::local_proof(recipient.report),
                        .message_id = {},
                        .sender = sender_of(outcome)};
    failure.events = {dsn::local_event_name(outcome.queue_id, entry.key)};
    failure.remote_host = outcome.relay;
    const dsn::LearnReason learned = parts_.learner.learn(failure, snapshot);
    if (learned == dsn::LearnReason::StoreTrouble) {
        return false;
    }
    if (learned != dsn::LearnReason::KnownAlready) {
        parts_.log.write(
            ports::Severity::Info,
            report::decision_line(report::OutcomeDecision{
                .queue_id = outcome.queue_id,
                .recipient = outcome.recipient,
                .code = recipient.code,
                .status = outcome.status,
                .rule = recipient.rule,
                .learned = outcome_of(learned),
                .learn_reason = std::string(dsn::wire_name(learned)),
                .relay = outcome.relay.empty() ? outcome.relay_address : outcome.relay}));
    }
    return true;
}

}  // namespace holdback::flow
