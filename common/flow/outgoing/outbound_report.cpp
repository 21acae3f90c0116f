// SPDX-License-Identifier: Apache-2.0
// What is told and remembered of a decision about outgoing mail.

#include "config/policy.hpp"
#include "config/settings.hpp"
#include "core/clock.hpp"
#include "flow/outgoing/decision_recorder.hpp"
#include "flow/outgoing/outbound_flow.hpp"
#include "flow/outgoing/recording.hpp"
#include "flow/submitting.hpp"
#include "mail/envelope.hpp"
#include "outbound/findings.hpp"
#include "outbound/mail_route.hpp"
#include "outbound/sender.hpp"
#include "outbound/verdict.hpp"
#include "ports/log.hpp"
#include "replay/recorded.hpp"
#include "report/decision.hpp"
#include "terms/finding.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace holdback::flow::outgoing {

namespace {

/// The reason in the decision line of a recipient who was judged on an earlier pass.
constexpr std::string_view kJudgedBefore = "judged-before";
/// The same of one who passes because of trouble of ours.
constexpr std::string_view kUnchecked = "unchecked";

}  // namespace

void OutboundFlow::report(const Submitting& who,
                          const mail::Envelope& envelope,
                          const MessageDecision& decision,
                          const Committed* committed,
                          const config::Settings& settings) const {
    for (std::size_t i = 0; i < envelope.recipients.size(); ++i) {
        std::optional<std::int64_t> held_id;
        if (committed != nullptr && committed->ids.at(i) != 0) {
            held_id = committed->ids.at(i);
        }
        report_recipient(who, envelope, envelope.recipients[i], decision, i, held_id, settings);
    }
    remember(who,
             envelope,
             envelope.recipients,
             decision,
             replay::DecidedAt::Message,
             committed,
             settings);
}

void OutboundFlow::report_judged(const Submitting& who,
                                 const mail::Envelope& envelope,
                                 const config::Settings& settings) const {
    MessageDecision decision;
    decision.verdicts.resize(envelope.recipients.size());
    for (std::size_t i = 0; i < envelope.recipients.size(); ++i) {
        report_recipient(
            who, envelope, envelope.recipients[i], decision, i, std::nullopt, settings);
    }
}

void OutboundFlow::report_unchecked(const Submitting& who,
                                    const mail::Envelope& envelope,
                                    const config::Settings& settings) {
    unchecked_.fetch_add(1);
    MessageDecision decision;
    decision.is_unchecked = true;
    decision.verdicts.resize(envelope.recipients.size());
    for (std::size_t i = 0; i < envelope.recipients.size(); ++i) {
        report_recipient(
            who, envelope, envelope.recipients[i], decision, i, std::nullopt, settings);
    }
}

void OutboundFlow::report_refused(const Submitting& who,
                                  const mail::Envelope& envelope,
                                  const mail::Recipient& recipient,
                                  const MessageDecision& decision,
                                  const config::Settings& settings) const {
    report_recipient(who, envelope, recipient, decision, 0, std::nullopt, settings);
    remember(who,
             envelope,
             std::span(&recipient, 1),
             decision,
             replay::DecidedAt::Recipient,
             nullptr,
             settings);
}

void OutboundFlow::remember(const Submitting& who,
                            const mail::Envelope& envelope,
                            std::span<const mail::Recipient> recipients,
                            const MessageDecision& decision,
                            replay::DecidedAt decided_at,
                            const Committed* committed,
                            const config::Settings& settings) const {
    if (parts_.recorder == nullptr || settings.journal.decisions.count() == 0) {
        return;
    }
    parts_.recorder->note(
        record_of({.who = who,
                   .envelope = envelope,
                   .settings = settings,
                   .stream = decision.stream,
                   .header = decision.header,
                   .decided_at = decided_at,
                   .now = parts_.clock.now(),
                   .window = decision.window,
                   .recipients = recipients,
                   .verdicts = decision.verdicts,
                   .facts = decision.facts.recipients,
                   .held = committed == nullptr ? std::span<const std::int64_t>() : committed->ids,
                   .sender_refused = decision.sender_refusal.has_value(),
                   .can_be_returned = decision.can_be_returned,
                   .client_had_enough = decision.client_had_enough}));
}

void OutboundFlow::report_recipient(const Submitting& who,
                                    const mail::Envelope& envelope,
                                    const mail::Recipient& recipient,
                                    const MessageDecision& decision,
                                    std::size_t index,
                                    std::optional<std::int64_t> held_id,
                                    const config::Settings& settings) const {
    const outbound::Verdict& verdict = decision.verdicts.at(index);
    report::OutboundDecision line;
    line.session = who.session_id;
    line.queue_id = envelope.queue_id;
    line.sender = envelope.sender_text();
    line.recipient = recipient.shown();
    line.mode = settings.mode;
    line.verdict = verdict.action;
    line.unshadowed = verdict.shadowed;
    if (decision.sender_refusal.has_value()) {
        line.verdict = config::PolicyAction::Reject;
        line.unshadowed = line.verdict;
        line.reason = outbound::kSenderNotEnrolled;
    } else if (decision.is_unchecked) {
        line.reason = kUnchecked;
    } else if (recipient.judged) {
        line.reason = kJudgedBefore;
    } else if (verdict.finding.has_value()) {
        line.reason = wire_name(verdict.finding->name);
        line.code = verdict.finding->code;
    }
    line.envelope_id = envelope.envelope_id().value_or("");
    line.stream = decision.stream;
    line.dns_time = decision.dns_time;
    line.held_id = held_id;
    line.overridden = verdict.overridden;
    line.campaign = decision.campaign_name();
    if (index < decision.facts.recipients.size()) {
        const outbound::RecipientFacts& facts = decision.facts.recipients[index];
        if (facts.route.has_value()) {
            line.route = outbound::shown(*facts.route);
        }
        if (facts.suppressed_as_mailbox) {
            line.suppressed_as = facts.mailbox;
        }
    }
    parts_.log.write(ports::Severity::Info, report::decision_line(line));
}

}  // namespace holdback::flow::outgoing
