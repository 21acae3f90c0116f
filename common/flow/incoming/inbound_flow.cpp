// SPDX-License-Identifier: Apache-2.0
#include "flow/incoming/inbound_flow.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/text.hpp"
#include "dsn/classify.hpp"
#include "dsn/learn.hpp"
#include "dsn/proof.hpp"
#include "dsn/report.hpp"
#include "dsn/tag.hpp"
#include "dsn/unknown_text.hpp"
#include "dsn/unsubscribe.hpp"
#include "flow/incoming/learner.hpp"
#include "flow/passing_message.hpp"
#include "flow/snapshot.hpp"
#include "flow/submitting.hpp"
#include "mail/address.hpp"
#include "mail/domain.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "mail/ip_address.hpp"
#include "mail/syntax.hpp"
#include "ports/log.hpp"
#include "report/decision.hpp"
#include "report/rate_limit.hpp"
#include "terms/suppression.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

namespace holdback::flow::incoming {

namespace {

report::InboundDecision line_for(const PassingMessage& message,
                                 const dsn::Understanding& understanding) {
    report::InboundDecision line;
    line.session = message.who.session_id;
    line.queue_id = message.envelope.queue_id;
    line.kind = understanding.report.kind;
    line.code = understanding.code;
    return line;
}

/// Most lines about unproven recipients of one message, since its author can name as many as fit
/// into it.
constexpr std::size_t kMostUnprovenLines = 50;

/// True where a network of the settings has the address.
bool is_feedback_network(const std::optional<mail::IpAddress>& client,
                         const config::LearnSettings& settings) {
    return client.has_value() &&
           std::ranges::any_of(settings.feedback_networks, [&](const mail::Network& network) {
               return network.contains(*client);
           });
}

/// Fills in the line of one recipient, except for what was learned.
void describe(const dsn::ClassifiedRecipient& recipient,
              const dsn::RecipientProof& proof,
              report::InboundDecision& line) {
    line.proof = proof.proof;
    line.proof_reason = wire_name(proof.reason);
    line.recipient = recipient.report.recipient();
    line.behind = recipient.report.behind();
    line.code = recipient.code;
    line.status = recipient.report.status;
    line.action = recipient.report.action;
    line.rule = recipient.rule;
}

/// True for complaints that the administrator believes. A provider's users send through the same
/// hosts as its feedback loop, so a host name counts only with the loop's own envelope sender.
bool is_feedback_source(const Submitting& who,
                        const mail::EnvelopeSender& sender,
                        const config::LearnSettings& settings) {
    const auto* const address = std::get_if<mail::Address>(&sender);
    const bool known_sender =
        address != nullptr &&
        std::ranges::any_of(settings.feedback_senders, [&](std::string_view known) {
            return core::equals_ignoring_case(known, address->key());
        });
    if (!known_sender && !settings.feedback_senders.empty()) {
        return false;
    }
    const bool known_network = is_feedback_network(who.client, settings);
    const auto name = mail::Domain::parse(who.client_name, mail::Smtputf8::No);
    return known_network ||
           (known_sender && name.has_value() &&
            std::ranges::any_of(settings.feedback_domains, [&](std::string_view domain) {
                return name->value.is_under(domain);
            }));
}

/// Names the recipients as they are proven. False for a complaint that can't be attributed; it then
/// has no recipients.
bool name_recipients(dsn::Understanding& understanding,
                     const std::vector<dsn::RecipientProof>& proofs) {
    if (!proofs.empty() && dsn::names_nobody(understanding.report, proofs.front())) {
        understanding.recipients.clear();
        return false;
    }
    for (std::size_t i = 0; i < understanding.recipients.size(); ++i) {
        if (proofs.at(i).proof == terms::Proof::Sealed) {
            // A forwarder reports another address than the one that we mailed.
            understanding.recipients[i].report.original_recipient = proofs[i].mailed;
        }
    }
    return true;
}

/// The envelope sender of the message that failed: the sealed one; otherwise a complaint's returned
/// one, or the recipient of the report.
mail::EnvelopeSender sender_of(const dsn::Understanding& understanding,
                               const dsn::RecipientProof& proof,
                               const mail::Envelope& envelope) {
    std::string text = proof.sender;
    if (text.empty() && understanding.report.kind == dsn::MessageKind::Complaint) {
        text = understanding.report.returned.sender;
    } else if (text.empty() && !envelope.recipients.empty()) {
        text = envelope.recipients.front().as_given();
    }
    auto parsed = mail::Address::parse(text, mail::Smtputf8::Yes);
    if (!parsed.has_value()) {
        return mail::NullSender{};
    }
    return std::move(parsed->value);
}

}  // namespace

bool InboundFlow::may_report(const mail::Envelope& envelope,
                             const mail::HeaderList& headers,
                             const config::Settings& settings) {
    if (std::holds_alternative<mail::NullSender>(envelope.sender) ||
        dsn::unsubscribe_address(envelope, settings.unsubscribe.addresses).has_value()) {
        return true;
    }
    const auto type = headers.first("Content-Type");
    if (type.has_value() && core::starts_with_ignoring_case(*type, "multipart/report")) {
        return true;
    }
    const auto auto_submitted = headers.first("Auto-Submitted");
    if (auto_submitted.has_value() && !core::starts_with_ignoring_case(*auto_submitted, "no")) {
        return true;
    }
    if (headers.has("X-Failed-Recipients") || headers.has("X-Autoreply") ||
        headers.has("X-Autorespond")) {
        return true;
    }
    // Reports of old or odd systems come from a mail system's own mailbox.
    const std::string from = headers.first("From").value_or("");
    return core::contains_ignoring_case(from, "mailer-daemon") ||
           core::contains_ignoring_case(from, "postmaster@");
}

dsn::TagPlan InboundFlow::receive(const PassingMessage& message,
                                  std::string_view octets,
                                  std::chrono::milliseconds patience) {
    const Snapshot& snapshot = *message.snapshot;
    const core::SteadyPoint until = parts_.clock.steady_now() + patience;
    dsn::Report read = dsn::read_report(parts_.reader.read(octets));
    const auto request = request_of(message, read);
    dsn::Understanding understanding = understand(std::move(read), request, snapshot);
    const std::vector<dsn::RecipientProof> proofs = prove(message, understanding, request, until);
    const bool is_attributed = name_recipients(understanding, proofs);
    unattributed_ += is_attributed ? 0U : 1U;
    std::vector<dsn::Evidence> evidence = evidence_of(message, understanding, proofs);
    std::vector<terms::Proof> shown;
    report::InboundDecision line = line_for(message, understanding);
    std::size_t unproven = 0;
    const std::string letter = message.headers.first("Message-ID").value_or("");
    for (std::size_t i = 0; i < understanding.recipients.size(); ++i) {
        const dsn::ClassifiedRecipient& recipient = understanding.recipients[i];
        const dsn::RecipientProof& proof = proofs.at(i);
        shown.push_back(proof.proof);
        describe(recipient, proof, line);
        if (proof.proof != terms::Proof::Unproven &&
            understanding.report.kind == dsn::MessageKind::Dsn &&
            recipient.report.action == dsn::Action::Delivered) {
            delivered(evidence.at(i), snapshot);
        }
        const dsn::LearnReason learned =
            learn(understanding, std::move(evidence.at(i)), letter, until, snapshot);
        line.learned = outcome_of(learned);
        line.learn_reason = wire_name(learned);
        if (proof.proof == terms::Proof::Unproven && line.learned == report::LearnOutcome::No &&
            ++unproven > kMostUnprovenLines) {
            continue;
        }
        parts_.log.write(ports::Severity::Info, report::decision_line(line));
    }
    if (unproven > kMostUnprovenLines) {
        parts_.log.write(ports::Severity::Info,
                         report::more_unproven_line(line, unproven - kMostUnprovenLines));
    }
    if (understanding.recipients.empty() &&
        understanding.report.kind != dsn::MessageKind::Ordinary) {
        if (!is_attributed) {
            line.learn_reason = wire_name(dsn::LearnReason::NotAttributed);
        }
        parts_.log.write(ports::Severity::Info, report::decision_line(line));
    }
    count_unknown(understanding, shown);
    return dsn::tag(understanding,
                    shown,
                    snapshot.codes,
                    snapshot.settings.codes.extensions ? dsn::Extensions::On : dsn::Extensions::Off,
                    message.headers);
}

std::optional<dsn::UnsubscribeRequest> InboundFlow::request_of(const PassingMessage& message,
                                                               const dsn::Report& report) const {
    return message.envelope.direction == mail::Direction::Inbound
               ? dsn::request_to_unsubscribe(report,
                                             message.envelope,
                                             message.headers,
                                             message.settings().unsubscribe,
                                             parts_.seals.keys())
               : std::nullopt;
}

dsn::Understanding InboundFlow::understand(dsn::Report report,
                                           const std::optional<dsn::UnsubscribeRequest>& request,
                                           const Snapshot& snapshot) {
    if (request.has_value()) {
        report = request->report;
    }
    if (report.kind == dsn::MessageKind::Complaint && report.recipients.empty()) {
        // Many feedback loops hide who complained; the seal may tell.
        report.recipients.emplace_back();
    }
    return dsn::classify(std::move(report), snapshot.knowledge, snapshot.codes);
}

std::vector<dsn::RecipientProof> InboundFlow::prove(
    const PassingMessage& message,
    const dsn::Understanding& understanding,
    const std::optional<dsn::UnsubscribeRequest>& request,
    core::SteadyPoint until) {
    const Submitting& who = message.who;
    const config::LearnSettings& settings = message.settings().learn;
    const dsn::Report& report = understanding.report;
    std::vector<dsn::RecipientProof> proofs = parts_.seals.prove(message, report, until);
    for (dsn::RecipientProof& proof : proofs) {
        if (request.has_value()) {
            proof.reason = request->is_proven ? dsn::ProofReason::Unsubscribe
                                              : dsn::ProofReason::UnprovenRequest;
            proof.sender = request->sender;
        } else if (report.kind == dsn::MessageKind::Complaint &&
                   proof.proof == terms::Proof::Unproven && !dsn::names_nobody(report, proof) &&
                   is_feedback_source(who, message.envelope.sender, settings)) {
            proof.reason = dsn::ProofReason::FeedbackLoop;
        }
    }
    if (report.kind == dsn::MessageKind::Complaint && who.entered_from.has_value() &&
        is_feedback_network(who.entered_from, settings)) {
        say_unseen_source(*who.entered_from);
    }
    return proofs;
}

void InboundFlow::say_unseen_source(const mail::IpAddress& source) {
    const core::SteadyPoint now = parts_.clock.steady_now();
    const auto left_out =
        warnings_.with([&](report::RateLimit& limit) { return limit.admit("source", now); });
    if (!left_out.has_value()) {
        return;
    }
    parts_.log.write(
        ports::Severity::Warning,
        fmt::format("learn: a complaint from {} is not believed, though feedback_networks has it: "
                    "it comes by a filter or proxy of this host, so only the header says where it "
                    "is from, and any program here can write that header; see feedback_networks in "
                    "holdback.conf(5){}",
                    source.text(),
                    *left_out == 0 ? "" : fmt::format(" ({} more)", *left_out)));
}

std::vector<dsn::Evidence> InboundFlow::evidence_of(
    const PassingMessage& message,
    const dsn::Understanding& understanding,
    const std::vector<dsn::RecipientProof>& proofs) {
    const std::vector<bool> together = dsn::refused_together(understanding.report);
    std::vector<dsn::Evidence> evidence;
    evidence.reserve(understanding.recipients.size());
    for (std::size_t i = 0; i < understanding.recipients.size(); ++i) {
        evidence.push_back({.failure = understanding.recipients[i],
                            .proof = proofs.at(i),
                            .message_id = understanding.report.returned.message_id,
                            .sender = sender_of(understanding, proofs[i], message.envelope),
                            // A local user can make our MTA write a DSN about a message of their
                            // own.
                            .widest = proofs[i].proof == terms::Proof::Local
                                          ? terms::ScopeKind::Sender
                                          : terms::ScopeKind::Global,
                            .refused_together = i < together.size() && together[i]});
        parts_.learner.prepare(evidence.back(), *message.snapshot);
    }
    return evidence;
}

bool InboundFlow::is_left_to_the_log(const dsn::RecipientProof& proof) const {
    return proof.proof == terms::Proof::Local && parts_.log_tells != nullptr && parts_.log_tells();
}

dsn::LearnReason InboundFlow::learn(const dsn::Understanding& understanding,
                                    dsn::Evidence evidence,
                                    std::string_view letter,
                                    core::SteadyPoint until,
                                    const Snapshot& snapshot) {
    if (is_left_to_the_log(evidence.proof) &&
        evidence.failure.report.action == dsn::Action::Failed) {
        return dsn::LearnReason::LogTells;
    }
    Failure failure;
    failure.events = dsn::event_names(
        understanding.report, evidence.failure.report, evidence.proof, parts_.clock.now(), letter);
    failure.remote_host = evidence.failure.report.remote_mta;
    failure.look_up_until = until;
    failure.evidence = std::move(evidence);
    return parts_.learner.learn(failure, snapshot);
}

void InboundFlow::delivered(const dsn::Evidence& evidence, const Snapshot& snapshot) {
    const auto address =
        mail::Address::parse(evidence.failure.report.recipient(), mail::Smtputf8::Yes);
    if (!address.has_value() || is_left_to_the_log(evidence.proof)) {
        return;
    }
    // What was learned while the message was under way may be newer than its delivery.
    const core::TimePoint at = evidence.proof.left_at.value_or(parts_.clock.now());
    static_cast<void>(parts_.learner.delivered_for(evidence.sender, address->value, at, snapshot));
}

void InboundFlow::count_unknown(const dsn::Understanding& understanding,
                                std::span<const terms::Proof> proofs) {
    const auto texts = dsn::unknown_texts(understanding, proofs);
    if (texts.empty()) {
        return;
    }
    if (const auto counted = parts_.unknown.count(texts, parts_.clock.now());
        !counted.has_value()) {
        trouble_.say(ports::Severity::Warning,
                     "a text that no rule knew was not counted",
                     counted.error().what);
    }
}

}  // namespace holdback::flow::incoming
