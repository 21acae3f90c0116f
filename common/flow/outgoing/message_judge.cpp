// SPDX-License-Identifier: Apache-2.0
#include "flow/outgoing/message_judge.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/text.hpp"
#include "flow/campaign_watch.hpp"
#include "flow/facts.hpp"
#include "flow/incoming/learner.hpp"
#include "flow/outgoing/judging.hpp"
#include "flow/outgoing/message_content.hpp"
#include "flow/outgoing/message_decision.hpp"
#include "flow/outgoing/message_look.hpp"
#include "flow/outgoing/recording.hpp"
#include "flow/passing_message.hpp"
#include "flow/sender_key.hpp"
#include "flow/sender_limits.hpp"
#include "flow/sent_copies.hpp"
#include "flow/submitting.hpp"
#include "limits/over_limit.hpp"
#include "mail/address.hpp"
#include "mail/domain.hpp"
#include "mail/envelope.hpp"
#include "mail/esmtp_arguments.hpp"
#include "mail/header.hpp"
#include "mail/smtp_reply.hpp"
#include "outbound/bulk.hpp"
#include "outbound/campaign.hpp"
#include "outbound/content_fingerprint.hpp"
#include "outbound/direction.hpp"
#include "outbound/findings.hpp"
#include "outbound/fingerprint.hpp"
#include "outbound/mail_route.hpp"
#include "outbound/plan.hpp"
#include "outbound/repeat_window.hpp"
#include "outbound/sender.hpp"
#include "outbound/verdict.hpp"
#include "ports/log.hpp"
#include "terms/policy_action.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

namespace holdback::flow::outgoing {

namespace {

using config::ErrorAnswer;

/// The reply that the settings have for trouble of ours; nullopt: none.
std::optional<mail::SmtpReply> answer_for(ErrorAnswer answer, std::string_view what) {
    switch (answer) {
        case ErrorAnswer::Accept:
            return std::nullopt;
        case ErrorAnswer::Tempfail:
            return mail::SmtpReply::own(451, "4.3.0", fmt::format("{}, try again later", what));
        case ErrorAnswer::Reject:
            return mail::SmtpReply::own(550, "5.3.0", what);
    }
    return std::nullopt;
}

/// True when the recipient gets the message.
bool leaves(const outbound::Verdict& verdict) {
    return verdict.action <= terms::PolicyAction::Tag;
}

/// True when somebody would get the mail although DNS told nothing about their domain.
bool has_unresolved(const GatheredFacts& facts,
                    const std::vector<outbound::Verdict>& verdicts,
                    const config::Settings& settings) {
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
        const outbound::RecipientFacts& recipient = facts.recipients.at(i);
        if (recipient.route.has_value() &&
            recipient.route->kind == outbound::RouteKind::Unresolved && leaves(verdicts[i]) &&
            !outbound::is_allowed(recipient, settings)) {
            return true;
        }
    }
    return false;
}

outbound::EnvelopeSigns signs_of(const PassingMessage& message, std::size_t window) {
    return {.sender = message.envelope.sender_text(),
            .user = message.who.user,
            .daemon = message.who.daemon,
            .client = message.who.client,
            .recipients = message.envelope.recipients.size(),
            .window_recipients = window};
}

/// True when the failure of at least one recipient is to be reported.
bool wants_report(const mail::Envelope& envelope) {
    return std::ranges::any_of(envelope.recipients, [](const mail::Recipient& recipient) {
        return mail::wants_failure_report(recipient.arguments);
    });
}

outbound::StreamDecision stream_of(const outbound::EnvelopeSigns& signs,
                                   const mail::HeaderList& headers,
                                   const config::Settings& settings) {
    outbound::StreamDecision stream = outbound::stream_by_envelope(signs, settings);
    if (!stream.is_bulk() && !stream.is_always_direct()) {
        stream = outbound::stream_by_headers(headers, settings.bulk);
    }
    stream.sent_to = outbound::sent_to(signs, headers, settings.bulk);
    return stream;
}

/// Makes a message bulk if its sender often said the same.
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

std::optional<outbound::SenderRefusal> refusal_of_sender(const PassingMessage& message) {
    return outbound::sender_refusal(message.envelope.sender,
                                    message.who.user,
                                    message.settings().outgoing,
                                    message.snapshot->logins);
}

SentMessage sent_message(const WeighedCampaign& campaign) {
    return {.issue = campaign.identity.issue, .submission = campaign.submission};
}

}  // namespace

std::size_t MessageJudge::recipient_named(const PassingMessage& message) {
    const mail::Envelope& envelope = message.envelope;
    const mail::Recipient& recipient = envelope.recipients.back();
    if (outbound::needs_route(recipient, message.settings())) {
        parts_.resolver.start(recipient.syntax->value.domain());
    }
    if (std::holds_alternative<mail::NullSender>(envelope.sender)) {
        return 0;
    }
    return count_recipients(message, 0) + envelope.recipients.size();
}

std::size_t MessageJudge::count_recipients(const PassingMessage& message, std::size_t recipients) {
    if (std::holds_alternative<mail::NullSender>(message.envelope.sender)) {
        return 0;  // everybody's reports and automatic replies have it
    }
    const std::string key = sender_key(message.who, message.envelope);
    const core::SteadyPoint now = parts_.clock.steady_now();
    return windows_.with([&](outbound::SenderWindows& windows) {
        return windows.observe(key, recipients, message.settings().bulk.rate.window, now);
    });
}

GatheredFacts MessageJudge::gather(const PassingMessage& message,
                                   std::span<const mail::Recipient> recipients,
                                   core::SteadyPoint until) const {
    return gather_facts(recipients,
                        message.envelope.sender,
                        message.settings(),
                        {.resolver = &parts_.resolver,
                         .suppressions = &parts_.suppressions,
                         .journal = &parts_.journal,
                         .lists = &message.snapshot->lists,
                         .mta = parts_.mta,
                         .mta_name = message.who.mta_name},
                        until,
                        parts_.clock.now());
}

std::optional<mail::SmtpReply> MessageJudge::answer_at_rcpt(const PassingMessage& message,
                                                            std::size_t window,
                                                            std::chrono::milliseconds& budget,
                                                            Booking& booking) {
    const config::Settings& settings = message.settings();
    const mail::Recipient& recipient = message.envelope.recipients.back();
    MessageDecision decision;
    decision.stream = outbound::stream_by_envelope(signs_of(message, window), settings);
    decision.window = window;
    decision.sender_refusal = refusal_of_sender(message);
    if (decision.sender_refusal.has_value()) {
        decision.verdicts.resize(1);
        count_recipients(message, 1);
        parts_.report.refused(message, recipient, decision);
        return decision.sender_refusal->reply;
    }
    if (decision.stream.is_bulk()) {
        return std::nullopt;
    }
    const core::SteadyPoint start = parts_.clock.steady_now();
    decision.facts = gather(message, std::span(&recipient, 1), start + budget);
    decision.dns_time =
        std::chrono::duration_cast<std::chrono::milliseconds>(parts_.clock.steady_now() - start);
    budget = std::max(std::chrono::milliseconds(0), budget - decision.dns_time);
    decision.verdicts = verdicts_of(decision.facts.recipients, {}, decision.stream, settings);
    std::optional<mail::SmtpReply> answer = outbound::refusal(decision.verdicts.front());
    if (parts_.limits != nullptr && !answer.has_value() && leaves(decision.verdicts.front())) {
        outbound::RecipientFacts& facts = decision.facts.recipients.front();
        facts.over_limit = parts_.limits->take_last(message, facts, booking);
        if (facts.over_limit.has_value()) {
            decision.verdicts = verdicts_of(
                decision.facts.recipients, decision.about_message, decision.stream, settings);
            answer = outbound::refusal(decision.verdicts.front());
        }
    }
    if (answer.has_value()) {
        count_recipients(message, 1);
        parts_.report.refused(message, recipient, decision);
    }
    return answer;
}

MessageDecision MessageJudge::decide(const PassingMessage& message,
                                     std::chrono::milliseconds budget) {
    const mail::Envelope& envelope = message.envelope;
    const mail::HeaderList& headers = message.headers;
    const config::Settings& settings = message.settings();
    const outbound::Origin origin = message.who.origin();
    MessageDecision decision;
    decision.may_be_told = parts_.own_senders.may_be_told(
        origin, envelope.sender, parts_.own_senders.entry_of(headers, settings), settings);
    decision.can_be_returned = decision.may_be_told && wants_report(envelope);
    decision.client_had_enough =
        outbound::is_spared(origin, message.who.before.refusals, settings.policy);
    const std::size_t window = count_recipients(message, envelope.recipients_to_count());
    decision.stream = stream_of(signs_of(message, window), headers, settings);
    decision.header = header_facts(headers, settings.bulk);
    decision.window = window;
    const core::SteadyPoint start = parts_.clock.steady_now();
    // Starts the look-ups of Reply-To, in parallel with those of the recipients.
    const MessageLook look(message, decision.stream, parts_.resolver);
    decision.facts = gather(message, envelope.recipients, start + budget);
    if (parts_.learner != nullptr) {
        for (const mail::Domain& domain : decision.facts.refuted) {
            parts_.learner->takes_mail(domain, settings.learn);
        }
    }
    decision.about_message = look.findings({}, start + budget, parts_.clock.now());
    decision.dns_time =
        std::chrono::duration_cast<std::chrono::milliseconds>(parts_.clock.steady_now() - start);
    judge_all(envelope, settings, decision);
    decision.sender_refusal = refusal_of_sender(message);
    if (decision.sender_refusal.has_value()) {
        decision.plan.what = outbound::Refuse{decision.sender_refusal->reply};
        return decision;
    }
    take_trouble(settings, decision);
    if (settings.mode == config::Mode::Enforce && decision.trouble_answer.has_value()) {
        return decision;
    }
    decision.needs_body =
        is_told_by_body(headers, decision.stream, settings.bulk) || look.wants_body();
    if (!decision.needs_body) {
        weigh(message, {}, decision);
    }
    return decision;
}

void MessageJudge::take_trouble(const config::Settings& settings, MessageDecision& decision) {
    const std::optional<std::string>& store_trouble = decision.facts.store_trouble;
    if (store_trouble.has_value()) {
        trouble_.say(ports::Severity::Error, "the suppression list can't be asked", *store_trouble);
        decision.trouble_answer =
            answer_for(settings.on_error.store, "the suppression list is out of reach");
    }
    if (has_unresolved(decision.facts, decision.verdicts, settings) &&
        !decision.trouble_answer.has_value()) {
        decision.trouble_answer =
            answer_for(settings.on_error.dns, "DNS gave no answer about a recipient's domain");
    }
}

void MessageJudge::weigh(const PassingMessage& message,
                         std::string_view body,
                         MessageDecision& decision) {
    const mail::Envelope& envelope = message.envelope;
    const mail::HeaderList& headers = message.headers;
    const config::Settings& settings = message.settings();
    outbound::Content content;
    outbound::RepeatWindow::Counts counts;
    const bool was_read = std::exchange(decision.needs_body, false);
    const bool was_seen = envelope.recipients_to_count() < envelope.recipients.size();
    // A text may be very short if a header names the campaign.
    const bool is_named = outbound::is_named_by_header(headers, settings.bulk);
    if (was_read && is_told_by_body(headers, decision.stream, settings.bulk)) {
        content = message_content(envelope, headers, body, parts_.reader);
        // A campaign that is named by a header is not also counted by its text.
        if (!was_seen && (!decision.stream.is_bulk() || !is_named)) {
            counts = parts_.campaigns.observe(message, outbound::content_fingerprint(content));
        }
    }
    if (!decision.stream.is_bulk()) {
        count_repeats(counts, settings.bulk, decision.stream);
    }
    if (!decision.stream.is_bulk()) {
        return;
    }
    if (was_read) {
        const MessageLook look(message, decision.stream, parts_.resolver);
        decision.about_message = look.findings(
            body, parts_.clock.steady_now() + settings.dns.budget, parts_.clock.now());
        judge_all(envelope, settings, decision);
    }
    count_in_campaign(
        message,
        outbound::exact_digest(
            content, outbound::links_that_count(headers), is_named ? 0 : outbound::kTellingWords),
        counts,
        decision);
}

void MessageJudge::count_in_campaign(const PassingMessage& message,
                                     std::string_view said,
                                     const outbound::RepeatWindow::Counts& counts,
                                     MessageDecision& decision) {
    const mail::Envelope& envelope = message.envelope;
    const config::Settings& settings = message.settings();
    decision.campaign = CampaignWatch::campaign_of(message, decision.stream, said, counts);
    if (!decision.campaign.identity.name.empty()) {
        decision.header.campaign = decision.campaign.identity.name;
    }
    const std::size_t bad = count_bad(envelope, decision.verdicts);
    std::vector<outbound::RecipientFacts>& facts = decision.facts.recipients;
    decision.campaign.submission = outbound::header_digest(message.headers, envelope.queue_id);
    if (const auto known = parts_.campaigns.sent().look_up(sent_message(decision.campaign),
                                                           envelope.recipients,
                                                           settings.bulk.repeat_window,
                                                           facts);
        !known.has_value()) {
        parts_.log.write(
            ports::Severity::Error,
            fmt::format("store: earlier recipients of the campaign can't be looked up: {}",
                        core::log_safe(known.error())));
    }
    const auto stopped = parts_.campaigns.count(message, decision.campaign, bad);
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

void MessageJudge::keep_limits(const PassingMessage& message,
                               MessageDecision& decision,
                               Booking& booking) const {
    ask_limits(message, false, decision, booking);
}

void MessageJudge::foresee_limits(const PassingMessage& message, MessageDecision& decision) const {
    Booking booking;
    ask_limits(message, true, decision, booking);
}

void MessageJudge::ask_limits(const PassingMessage& message,
                              bool only_asked,
                              MessageDecision& decision,
                              Booking& booking) const {
    if (parts_.limits == nullptr || message.snapshot->limits.is_empty() ||
        decision.sender_refusal.has_value()) {
        return;
    }
    const mail::Envelope& envelope = message.envelope;
    std::vector<std::size_t> positions;
    for (std::size_t i = 0; i < decision.verdicts.size(); ++i) {
        if (envelope.recipients.at(i).is_counted() && leaves(decision.verdicts[i])) {
            positions.push_back(i);
        }
    }
    const std::string submission = outbound::header_digest(message.headers, envelope.queue_id);
    const auto answers = parts_.limits->take({.message = message,
                                              .submission = submission,
                                              .stream = decision.stream.stream,
                                              .facts = decision.facts.recipients,
                                              .positions = positions,
                                              .only_asked = only_asked},
                                             booking);
    bool is_over = false;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const std::optional<limits::OverLimit>& over = answers[i];
        if (!over.has_value()) {
            continue;
        }
        outbound::RecipientFacts& facts = decision.facts.recipients.at(positions[i]);
        facts.over_limit = over;
        outbound::Verdict& verdict = decision.verdicts.at(positions[i]);
        if (verdict.overridden && over->in_shadow) {
            continue;  // nothing else lets him pass
        }
        is_over = true;
        verdict =
            verdicts_of(
                std::span(&facts, 1), decision.about_message, decision.stream, message.settings())
                .front();
    }
    if (is_over) {
        decision.plan = outbound::plan(decision.verdicts, decision.telling());
    }
}

void MessageJudge::left(const PassingMessage& message,
                        const MessageDecision& decision,
                        std::span<const std::size_t> positions,
                        Booking& booking) {
    left_by_copy(message, positions, booking);
    const mail::Envelope& envelope = message.envelope;
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

void MessageJudge::left_by_copy(const PassingMessage& message,
                                std::span<const std::size_t> positions,
                                Booking& booking) const {
    if (parts_.limits != nullptr) {
        parts_.limits->left(booking, message, positions);
    }
}

}  // namespace holdback::flow::outgoing
