// SPDX-License-Identifier: Apache-2.0
#include "flow/incoming/outcome_learning.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/text.hpp"
#include "dsn/classify.hpp"
#include "dsn/learn.hpp"
#include "dsn/proof.hpp"
#include "dsn/report.hpp"
#include "flow/incoming/departures.hpp"
#include "flow/incoming/learner.hpp"
#include "flow/snapshot.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/loopback_relay.hpp"
#include "mail/outcome.hpp"
#include "mail/syntax.hpp"
#include "mail/transport.hpp"
#include "ports/journal.hpp"
#include "ports/log.hpp"
#include "reading/smtp_stage.hpp"
#include "report/decision.hpp"
#include "terms/suppression.hpp"
#include "terms/suppression_scope.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace holdback::flow::incoming {

namespace {

/// Queue ids are used again after a while: older outcomes are of another message.
constexpr std::chrono::days kLongestInQueue{14};
/// How many outcomes of a recipient are searched for those of one message.
constexpr std::size_t kMostHistory = 100;

mail::EnvelopeSender sender_of(const Departure& departure) {
    const auto parsed = mail::Address::parse(departure.sender(), mail::Smtputf8::Yes);
    if (!parsed.has_value()) {
        return mail::NullSender{};
    }
    return parsed->value;
}

/// True when a refusal names the sender and not the recipient. Sendmail's log does not tell which
/// command was refused, and "<news@example.org>: User unknown" is a reply to MAIL.
bool is_about_sender(const mail::MtaOutcome& outcome) {
    const std::string sender = outcome.sender.value_or("");
    return !sender.empty() && reading::stage_in(outcome.text) == reading::SmtpStage::Unknown &&
           core::contains_ignoring_case(outcome.text, sender) &&
           !core::contains_ignoring_case(outcome.text, outcome.recipient);
}

bool has_ended(const std::vector<ports::JournalEntry>& earlier, mail::DeliveryResult how) {
    return std::ranges::any_of(
        earlier, [how](const ports::JournalEntry& entry) { return entry.outcome.result == how; });
}

/// True when the refusal ended a transaction of several recipients, so that it is about none of
/// them. Then Sendmail names all of them on one line, and Postfix says that it came after the data.
/// The lines of the others may not be written yet, but the others are known: the recipients of the
/// same domain, or all recipients where all mail goes to one relay.
bool is_for_several(const ports::JournalEntry& entry,
                    const Departure& departure,
                    const config::MaillogSettings& settings) {
    if (entry.outcome.named_together) {
        return true;
    }
    if (reading::stage_in(entry.outcome.text) != reading::SmtpStage::Data) {
        return false;
    }
    return mail::reached_recipients_server(entry.outcome, settings.handed_on)
               ? departure.recipients_in(mail::recipient_domain(entry.key)) > 1
               : departure.recipients() > 1;
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
        recipient.diagnostic =
            reading::text_with_stage(recipient.diagnostic, reading::SmtpStage::MailFrom);
    }
    recipient.remote_mta = outcome.relay;
    report.recipients.push_back(std::move(recipient));
    return report;
}

bool OutcomeLearning::on_outcome(const ports::JournalEntry& entry, core::TimePoint /*now*/) {
    const std::shared_ptr<const Snapshot> snapshot = parts_.snapshots.current();
    switch (entry.outcome.result) {
        case mail::DeliveryResult::Deferred:
            return deferred(entry, *snapshot);
        case mail::DeliveryResult::Bounced:
            return bounced(entry, *snapshot);
        case mail::DeliveryResult::Sent:
            return sent(entry, *snapshot);
    }
    return true;
}

std::optional<std::vector<ports::JournalEntry>> OutcomeLearning::earlier_than(
    const ports::JournalEntry& entry) const {
    // The outcomes of the recipient are few, unlike those of the message.
    auto known = parts_.journal.history_of(entry.key, kMostHistory);
    if (!known.has_value()) {
        return std::nullopt;
    }
    std::erase_if(*known, [&entry](const ports::JournalEntry& other) {
        return other.outcome.queue_id != entry.outcome.queue_id || other.id >= entry.id ||
               other.outcome.at + kLongestInQueue < entry.outcome.at;
    });
    return *std::move(known);
}

bool OutcomeLearning::deferred(const ports::JournalEntry& entry, const Snapshot& snapshot) {
    const auto earlier = earlier_than(entry);
    const auto address = mail::Address::parse(entry.key, mail::Smtputf8::Yes);
    if (!earlier.has_value() || !address.has_value() ||
        !has_ended(*earlier, mail::DeliveryResult::Bounced)) {
        return earlier.has_value();
    }
    // A message that did not leave here has taught nothing that could be taken back.
    const auto departure = parts_.departures.find(entry.outcome.queue_id, entry.outcome.at);
    if (departure == nullptr || !departure->is_told_of(entry.outcome)) {
        return true;
    }
    return parts_.learner.take_back(address->value, snapshot);
}

bool OutcomeLearning::sent(const ports::JournalEntry& entry, const Snapshot& snapshot) {
    const auto address = mail::Address::parse(entry.key, mail::Smtputf8::Yes);
    const auto departure = parts_.departures.find(entry.outcome.queue_id, entry.outcome.at);
    if (!entry.accepted || !address.has_value() || departure == nullptr) {
        return true;
    }
    if (!departure->is_to(entry.key)) {
        return !departure->is_told_of(entry.outcome) ||
               parts_.learner.delivered_for(
                   sender_of(*departure), address->value, entry.outcome.at, snapshot);
    }
    return parts_.learner.delivered(address->value, entry.provider, entry.outcome.at, snapshot);
}

std::optional<dsn::LearnReason> OutcomeLearning::objection_to(
    const ports::JournalEntry& entry,
    const Departure* departure,
    const std::vector<ports::JournalEntry>& earlier) {
    if (departure == nullptr || !departure->is_told_of(entry.outcome)) {
        return dsn::LearnReason::NotOurMessage;
    }
    if (has_ended(earlier, mail::DeliveryResult::Sent)) {
        return dsn::LearnReason::Contradicted;
    }
    return std::nullopt;
}

bool OutcomeLearning::bounced(const ports::JournalEntry& entry, const Snapshot& snapshot) {
    const mail::MtaOutcome& outcome = entry.outcome;
    // A refusal by another program of this host may come from us: it would teach us our own words.
    if (mail::is_local_transport(outcome.mailer) ||
        mail::was_handed_on_here(outcome, snapshot.settings.maillog.handed_on)) {
        return true;
    }
    const auto earlier = earlier_than(entry);
    if (!earlier.has_value()) {
        return false;
    }
    const auto departure = parts_.departures.find(outcome.queue_id, outcome.at);
    const dsn::Understanding understood =
        dsn::classify(report_of(outcome), snapshot.knowledge, snapshot.codes);
    const dsn::ClassifiedRecipient& recipient = understood.recipients.front();
    const auto objection = objection_to(entry, departure.get(), *earlier);
    dsn::LearnReason learned = objection.value_or(dsn::LearnReason::NotOurMessage);
    if (!objection.has_value()) {
        Failure failure;
        failure.evidence = {
            .failure = recipient,
            .proof = dsn::local_proof(recipient.report),
            .message_id = {},
            .sender = sender_of(*departure),
            .widest =
                departure->is_to(entry.key) ? terms::ScopeKind::Global : terms::ScopeKind::Sender,
            .refused_together = is_for_several(entry, *departure, snapshot.settings.maillog)};
        failure.events = {dsn::local_event_name(outcome.queue_id, entry.key)};
        failure.remote_host = outcome.relay;
        failure.look_up_until = parts_.clock.steady_now() + snapshot.settings.dns.budget;
        learned = parts_.learner.learn(failure, snapshot);
    }
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
                .proof = objection.has_value() ? terms::Proof::Unproven : terms::Proof::Local,
                .learned = outcome_of(learned),
                .learn_reason = std::string(wire_name(learned)),
                .relay = outcome.relay.empty() ? outcome.relay_address : outcome.relay}));
    }
    return true;
}

}  // namespace holdback::flow::incoming
