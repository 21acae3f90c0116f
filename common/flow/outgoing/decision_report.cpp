// SPDX-License-Identifier: Apache-2.0
#include "flow/outgoing/decision_report.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "flow/outgoing/decision_recorder.hpp"
#include "flow/outgoing/holding.hpp"
#include "flow/outgoing/message_decision.hpp"
#include "flow/outgoing/recording.hpp"
#include "flow/passing_message.hpp"
#include "flow/submitting.hpp"
#include "mail/envelope.hpp"
#include "outbound/findings.hpp"
#include "outbound/mail_route.hpp"
#include "outbound/verdict.hpp"
#include "ports/log.hpp"
#include "replay/recorded.hpp"
#include "report/decision.hpp"
#include "terms/finding.hpp"
#include "terms/policy_action.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::flow::outgoing {

namespace {

/// The reason in the decision line of a recipient who was judged in an earlier pass.
constexpr std::string_view kJudgedBefore = "judged-before";
/// The reason of a recipient who passes because of trouble of ours.
constexpr std::string_view kUnchecked = "unchecked";

}  // namespace

void DecisionReport::decided(const PassingMessage& message,
                             const MessageDecision& decision,
                             const Committed* committed) const {
    const std::vector<mail::Recipient>& recipients = message.envelope.recipients;
    for (std::size_t i = 0; i < recipients.size(); ++i) {
        std::optional<std::int64_t> held_id;
        if (committed != nullptr && committed->ids.at(i) != 0) {
            held_id = committed->ids.at(i);
        }
        write_line(message, recipients[i], decision, i, held_id);
    }
    remember(message, recipients, decision, replay::DecidedAt::Message, committed);
}

void DecisionReport::refused(const PassingMessage& message,
                             const mail::Recipient& recipient,
                             const MessageDecision& decision) const {
    write_line(message, recipient, decision, 0, std::nullopt);
    remember(message, std::span(&recipient, 1), decision, replay::DecidedAt::Recipient, nullptr);
}

void DecisionReport::judged_before(const PassingMessage& message) const {
    write_lines(message, {});
}

void DecisionReport::unchecked(const PassingMessage& message) {
    unchecked_.fetch_add(1);
    MessageDecision decision;
    decision.is_unchecked = true;
    write_lines(message, std::move(decision));
}

void DecisionReport::write_lines(const PassingMessage& message, MessageDecision decision) const {
    const std::vector<mail::Recipient>& recipients = message.envelope.recipients;
    decision.verdicts.resize(recipients.size());
    for (std::size_t i = 0; i < recipients.size(); ++i) {
        write_line(message, recipients[i], decision, i, std::nullopt);
    }
}

void DecisionReport::remember(const PassingMessage& message,
                              std::span<const mail::Recipient> recipients,
                              const MessageDecision& decision,
                              replay::DecidedAt decided_at,
                              const Committed* committed) const {
    if (parts_.recorder == nullptr || message.settings().journal.decisions.count() == 0) {
        return;
    }
    parts_.recorder->note(record_of(
        {.message = message,
         .decision = decision,
         .decided_at = decided_at,
         .now = parts_.clock.now(),
         .recipients = recipients,
         .held = committed == nullptr ? std::span<const std::int64_t>() : committed->ids}));
}

void DecisionReport::write_line(const PassingMessage& message,
                                const mail::Recipient& recipient,
                                const MessageDecision& decision,
                                std::size_t index,
                                std::optional<std::int64_t> held_id) const {
    const outbound::Verdict& verdict = decision.verdicts.at(index);
    report::OutboundDecision line;
    line.session = message.who.session_id;
    line.queue_id = message.envelope.queue_id;
    line.sender = message.envelope.sender_text();
    line.recipient = recipient.shown();
    line.mode = message.settings().mode;
    line.verdict = verdict.action;
    line.unshadowed = verdict.shadowed;
    if (decision.sender_refusal.has_value()) {
        line.verdict = terms::PolicyAction::Reject;
        line.unshadowed = line.verdict;
        line.reason = decision.sender_refusal->reason;
    } else if (decision.is_unchecked) {
        line.reason = kUnchecked;
    } else if (recipient.judged) {
        line.reason = kJudgedBefore;
    } else if (verdict.finding.has_value()) {
        line.reason = wire_name(verdict.finding->name);
        line.code = verdict.finding->code;
    }
    line.envelope_id = message.envelope.envelope_id().value_or("");
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
