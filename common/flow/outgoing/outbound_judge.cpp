// SPDX-License-Identifier: Apache-2.0
#include "flow/outgoing/outbound_judge.hpp"

#include "config/policy.hpp"
#include "config/settings.hpp"
#include "core/text.hpp"
#include "flow/campaign_watch.hpp"
#include "flow/outgoing/message_content.hpp"
#include "flow/outgoing/message_look.hpp"
#include "flow/outgoing/outbound_flow.hpp"
#include "flow/sent_copies.hpp"
#include "flow/submitting.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "outbound/bulk.hpp"
#include "outbound/campaign.hpp"
#include "outbound/compliance.hpp"
#include "outbound/content_fingerprint.hpp"
#include "outbound/findings.hpp"
#include "outbound/fingerprint.hpp"
#include "outbound/plan.hpp"
#include "outbound/repeat_window.hpp"
#include "outbound/verdict.hpp"
#include "ports/log.hpp"
#include "terms/finding.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::flow::outgoing {

namespace {

using terms::FindingName;

/// Makes a message that was direct until it was read bulk, where its sender said the same often.
void count_repeats(const outbound::RepeatWindow::Counts& counts,
                   const config::BulkSettings& settings,
                   outbound::StreamDecision& stream) {
    if (counts.text >= settings.repeats) {
        stream.stream = outbound::Stream::Bulk;
        stream.signal = fmt::format("repeats:{}/text", counts.text);
    } else if (counts.subject >= settings.repeats) {
        stream.stream = outbound::Stream::Bulk;
        stream.signal = fmt::format("repeats:{}/subject", counts.subject);
    }
}

SentMessage sent_message(const WeighedCampaign& campaign) {
    return {.issue = campaign.identity.issue, .submission = campaign.submission};
}

/// True when a recipient does not get the mail for a reason of its own, and not of the message.
bool is_bad(const outbound::Verdict& verdict) {
    const bool is_kept_back = verdict.action == config::PolicyAction::Hold ||
                              verdict.action == config::PolicyAction::Reject;
    if (!is_kept_back || !verdict.finding.has_value()) {
        return false;
    }
    switch (verdict.finding->name) {
        case FindingName::AlreadySent:
        case FindingName::CampaignStopped:
        case FindingName::MissingUnsubscribe:
        case FindingName::ForeignFrom:
        case FindingName::MissingSignature:
        case FindingName::MissingPlainText:
        case FindingName::UnusableReplyTo:
            return false;
        case FindingName::MalformedAddress:
        case FindingName::UnusualAddress:
        case FindingName::NoSuchDomain:
        case FindingName::NoMailHost:
        case FindingName::NullMx:
        case FindingName::ReservedDomain:
        case FindingName::UnusableMx:
        case FindingName::MisspelledDomain:
        case FindingName::SuppressedBounce:
        case FindingName::SuppressedComplaint:
        case FindingName::SuppressedUnsubscribe:
        case FindingName::SuppressedManual:
        case FindingName::BlockedByAdmin:
        case FindingName::RoleAddress:
        case FindingName::DisposableDomain:
        case FindingName::UnresolvedDomain:
            return true;
    }
    return true;
}

std::size_t count_bad(const mail::Envelope& envelope,
                      const std::vector<outbound::Verdict>& verdicts) {
    std::size_t bad = 0;
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
        bad += envelope.recipients.at(i).is_counted() && is_bad(verdicts[i]) ? 1U : 0U;
    }
    return bad;
}

}  // namespace

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

void OutboundFlow::weigh(const Submitting& who,
                         const mail::Envelope& envelope,
                         const mail::HeaderList& headers,
                         std::string_view body,
                         const config::Settings& settings,
                         MessageDecision& decision) {
    outbound::Content content;
    outbound::RepeatWindow::Counts counts;
    const bool was_read = std::exchange(decision.needs_body, false);
    const bool was_seen = envelope.recipients_to_count() < envelope.recipients.size();
    if (was_read && is_told_by_body(headers, decision.stream, settings.bulk)) {
        content = message_content(envelope, headers, body, parts_.reader);
        // What a header names is not also counted by its text.
        if (!was_seen &&
            (!decision.stream.is_bulk() || !outbound::is_named_by_header(headers, settings.bulk))) {
            counts = parts_.campaigns.observe(
                who, envelope, outbound::content_fingerprint(content), settings.bulk);
        }
    }
    if (!decision.stream.is_bulk()) {
        count_repeats(counts, settings.bulk, decision.stream);
    }
    if (!decision.stream.is_bulk()) {
        return;
    }
    if (was_read) {
        const MessageLook look(headers, decision.stream, settings, parts_.resolver);
        decision.about_message = look.findings(
            body, parts_.clock.steady_now() + settings.dns.budget, parts_.clock.now());
        judge_all(envelope, settings, decision);
    }
    // Where a header names the campaign, a text may be as short as it likes.
    const bool is_named = outbound::is_named_by_header(headers, settings.bulk);
    const std::string said = outbound::exact_digest(
        content, outbound::links_that_count(headers), is_named ? 0 : outbound::kTellingWords);
    decision.campaign = CampaignWatch::campaign_of(
        who, envelope, headers, decision.stream, said, counts, settings.bulk);
    if (!decision.campaign.identity.name.empty()) {
        decision.header.campaign = decision.campaign.identity.name;
    }
    const std::size_t bad = count_bad(envelope, decision.verdicts);
    std::vector<outbound::RecipientFacts>& facts = decision.facts.recipients;
    decision.campaign.submission = outbound::header_digest(headers, envelope.queue_id);
    if (const auto known = parts_.campaigns.sent().look_up(sent_message(decision.campaign),
                                                           envelope.recipients,
                                                           settings.bulk.repeat_window,
                                                           facts);
        !known.has_value()) {
        parts_.log.write(ports::Severity::Error,
                         fmt::format("store: who got the campaign before can't be asked: {}",
                                     core::log_safe(known.error())));
    }
    const auto stopped = parts_.campaigns.count(decision.campaign, envelope, bad, settings);
    const bool is_sent = std::ranges::any_of(facts, [](const outbound::RecipientFacts& recipient) {
        return recipient.sent_at.has_value();
    });
    if (!stopped.has_value() && !is_sent) {
        return;
    }
    for (outbound::RecipientFacts& recipient : facts) {
        recipient.stopped = stopped;
    }
    judge_all(envelope, settings, decision);
}

void OutboundFlow::left(const mail::Envelope& envelope,
                        const MessageDecision& decision,
                        std::span<const std::size_t> positions) {
    if (decision.campaign.identity.issue.empty()) {
        return;
    }
    std::vector<mail::Recipient> recipients;
    recipients.reserve(positions.size());
    for (const std::size_t position : positions) {
        recipients.push_back(envelope.recipients.at(position));
    }
    parts_.campaigns.sent().let_go(sent_message(decision.campaign), envelope.queue_id, recipients);
}

}  // namespace holdback::flow::outgoing
