// SPDX-License-Identifier: Apache-2.0
#include "flow/inbound_flow.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/text.hpp"
#include "dsn/classify.hpp"
#include "dsn/learn.hpp"
#include "dsn/message_view.hpp"
#include "dsn/proof.hpp"
#include "dsn/report.hpp"
#include "dsn/tag.hpp"
#include "dsn/unknown_text.hpp"
#include "flow/snapshot.hpp"
#include "flow/submitting.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "mail/suppression.hpp"
#include "ports/log.hpp"
#include "report/decision.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <fmt/format.h>

namespace holdback::flow {

namespace {

report::LearnOutcome outcome_of(dsn::LearnReason reason) {
    switch (reason) {
        case dsn::LearnReason::Suppressed:
        case dsn::LearnReason::Renewed:
            return report::LearnOutcome::Suppressed;
        case dsn::LearnReason::Counted:
            return report::LearnOutcome::Counted;
        case dsn::LearnReason::SameDay:
        case dsn::LearnReason::Off:
        case dsn::LearnReason::Unproven:
        case dsn::LearnReason::NoFailure:
        case dsn::LearnReason::NeverTeaches:
        case dsn::LearnReason::NoAddress:
        case dsn::LearnReason::AdminDecides:
        case dsn::LearnReason::StrongerStands:
        case dsn::LearnReason::KnownAlready:
        case dsn::LearnReason::StoreTrouble:
            return report::LearnOutcome::No;
    }
    return report::LearnOutcome::No;
}

report::InboundDecision line_for(const Submitting& who,
                                 const mail::Envelope& envelope,
                                 const dsn::Understanding& understanding) {
    report::InboundDecision line;
    line.session = who.session_id;
    line.queue_id = envelope.queue_id;
    line.kind = understanding.report.kind;
    line.code = understanding.code;
    return line;
}

}  // namespace

bool InboundFlow::may_report(const mail::Envelope& envelope, const mail::HeaderList& headers) {
    if (std::holds_alternative<mail::NullSender>(envelope.sender)) {
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
    // Reports of old or odd systems: a sender that is a mail system's own mailbox.
    const std::string from = headers.first("From").value_or("");
    return core::contains_ignoring_case(from, "mailer-daemon") ||
           core::contains_ignoring_case(from, "postmaster@");
}

dsn::TagPlan InboundFlow::receive(const Submitting& who,
                                  const mail::Envelope& envelope,
                                  const mail::HeaderList& headers,
                                  std::string_view octets,
                                  const Snapshot& snapshot) {
    const dsn::MessageView view = parts_.reader.read(octets);
    dsn::Understanding understanding = dsn::understand(view, snapshot.rules, snapshot.codes);
    const std::vector<dsn::RecipientProof> proofs =
        parts_.seals.prove(who, envelope, understanding.report, snapshot.settings);
    std::vector<mail::Proof> shown;
    report::InboundDecision line = line_for(who, envelope, understanding);
    for (std::size_t i = 0; i < understanding.recipients.size(); ++i) {
        dsn::ClassifiedRecipient& recipient = understanding.recipients[i];
        const dsn::RecipientProof& proof = proofs.at(i);
        if (!proof.mailed.empty()) {
            // Whoever forwarded the message reports another address than the one that we mailed.
            recipient.report.original_recipient = proof.mailed;
        }
        shown.push_back(proof.proof);
        line.proof = proof.proof;
        line.proof_reason = dsn::wire_name(proof.reason);
        line.recipient = recipient.report.recipient();
        line.code = recipient.code;
        line.status = recipient.report.status;
        line.action = recipient.report.action;
        line.rule = recipient.rule;
        const dsn::LearnReason learned = learn(understanding, recipient, proof, snapshot);
        line.learned = outcome_of(learned);
        line.learn_reason = dsn::wire_name(learned);
        parts_.log.write(ports::Severity::Info, report::decision_line(line));
    }
    if (understanding.recipients.empty() &&
        understanding.report.kind != dsn::MessageKind::Ordinary) {
        parts_.log.write(ports::Severity::Info, report::decision_line(line));
    }
    count_unknown(understanding, snapshot);
    return dsn::tag(understanding,
                    shown,
                    snapshot.codes,
                    snapshot.settings.codes.extensions ? dsn::Extensions::On : dsn::Extensions::Off,
                    headers);
}

dsn::LearnReason InboundFlow::learn(const dsn::Understanding& understanding,
                                    const dsn::ClassifiedRecipient& recipient,
                                    const dsn::RecipientProof& proof,
                                    const Snapshot& snapshot) {
    const auto subject =
        dsn::learn_subject(recipient, proof.proof, snapshot.codes, snapshot.settings.learn);
    if (!subject.has_value()) {
        return subject.error();
    }
    const core::TimePoint now = parts_.clock.now();
    const dsn::Evidence evidence{.failure = recipient,
                                 .proof = proof.proof,
                                 .message_id = understanding.report.returned.message_id};
    std::optional<dsn::LearnReason> reason;
    const auto written = parts_.suppressions.learn(
        mail::SuppressionKey{.kind = subject->kind, .subject = subject->subject, .scope = {}},
        dsn::event_key(understanding.report, recipient.report, now),
        now,
        [&](const std::optional<mail::SuppressionEntry>& existing) {
            dsn::Lesson lesson = dsn::learn(existing, *subject, evidence, now, snapshot.codes);
            reason = lesson.reason;
            return lesson.next;
        });
    if (!written.has_value()) {
        parts_.log.write(ports::Severity::Error,
                         fmt::format("store: a proven failure of {} was not learned: {}",
                                     core::log_safe(subject->subject),
                                     core::log_safe(written.error().what)));
        return dsn::LearnReason::StoreTrouble;
    }
    return reason.value_or(dsn::LearnReason::KnownAlready);
}

void InboundFlow::count_unknown(const dsn::Understanding& understanding, const Snapshot& snapshot) {
    const auto texts = dsn::unknown_texts(understanding, snapshot.rules);
    if (texts.empty()) {
        return;
    }
    if (const auto counted = parts_.unknown.count(texts, parts_.clock.now());
        !counted.has_value()) {
        parts_.log.write(ports::Severity::Warning,
                         fmt::format("store: a text that no rule knew was not counted: {}",
                                     core::log_safe(counted.error().what)));
    }
}

}  // namespace holdback::flow
