// SPDX-License-Identifier: Apache-2.0
#include "milter/session/session.hpp"

#include "config/settings.hpp"
#include "core/text.hpp"
#include "dsn/tag.hpp"
#include "flow/held/release_flow.hpp"
#include "flow/incoming/inbound_flow.hpp"
#include "flow/notices/notice_replies.hpp"
#include "flow/outgoing/outbound_flow.hpp"
#include "flow/outgoing/preflight.hpp"
#include "flow/own_name.hpp"
#include "flow/own_senders.hpp"
#include "flow/snapshot.hpp"
#include "flow/submitting.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "mail/mta_names.hpp"
#include "mail/syntax.hpp"
#include "milter/session/leaving.hpp"
#include "milter/session/message_way.hpp"
#include "milter/session/mta_actions.hpp"
#include "milter/session/mta_facts.hpp"
#include "milter/session/notice_mail.hpp"
#include "milter/session/outgoing_course.hpp"
#include "milter/session/session_message.hpp"
#include "milter/session/waiting_room.hpp"
#include "outbound/direction.hpp"
#include "ports/log.hpp"
#include "report/decision.hpp"
#include "terms/held.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter::session {

namespace {

/// True when a notice of the MTA goes to the postmaster of the host in its sender, as those of
/// Postfix do. Anyone who may call sendmail(1) can forge that sender; nothing else tells forged
/// mail from a notice.
bool goes_to_its_postmaster(const mail::Envelope& envelope) {
    const auto* const sender = std::get_if<mail::Address>(&envelope.sender);
    return sender != nullptr && envelope.recipients.size() == 1 &&
           envelope.recipients.front().syntax.has_value() &&
           envelope.recipients.front().syntax->value.key() ==
               fmt::format("postmaster@{}", sender->domain().text());
}

std::string notice_line(const std::string& session, const mail::Envelope& envelope) {
    report::OutboundDecision line;
    line.session = session;
    line.queue_id = envelope.queue_id;
    line.sender = envelope.sender_text();
    line.recipient = envelope.recipients.front().shown();
    line.reason = "mta-notice";
    return report::decision_line(line);
}

}  // namespace

Session::Session(const Parts& parts, std::string id, HeaderValues header_values)
    : parts_(parts), id_(std::move(id)), header_values_(header_values) {}

Session::~Session() {
    answer_taken();
}

void Session::answer_taken() {
    if (const auto ticket = std::exchange(open_answer_, std::nullopt)) {
        parts_.release.answers().taken(*ticket);
    }
}

void Session::connect(ConnectFacts facts) {
    connection_ = std::move(facts);
    // The MTA did not tell its name: there is nothing to warn of.
    if (connection_.mta_name.empty()) {
        return;
    }
    const flow::OwnName::Learned learned = parts_.own_name.learn(connection_.mta_name);
    if (learned == flow::OwnName::Learned::Known) {
        return;
    }
    const std::shared_ptr<const flow::Snapshot> snapshot = parts_.snapshots.current();
    const mail::MtaNames& read = snapshot->settings.mta;
    if (read.kind != mail::MtaKind::None && !read.are_of(connection_.mta_name)) {
        trouble(
            ports::Severity::Warning,
            fmt::format(
                "mta: this milter serves {}, but the configuration that was read is that of {}: "
                "domains that only the first one routes may be judged by the public DNS (see "
                "[outgoing] mta_domains)",
                core::log_safe(connection_.mta_name),
                core::log_safe(read.host_name)));
    }
    if (learned == flow::OwnName::Learned::Unfit) {
        trouble(
            ports::Severity::Warning,
            fmt::format(
                "the MTA calls itself {}, which is not a fully qualified name: Holdback's own mail "
                "uses the name {} (set myhostname of Postfix, or confDOMAIN_NAME of Sendmail)",
                core::log_safe(connection_.mta_name),
                core::log_safe(parts_.own_name.current())));
    }
}

void Session::mail(const MailFacts& facts) {
    answer_taken();
    message_ = std::make_unique<SessionMessage>();
    ++messages_;
    message_->mail.snapshot = parts_.snapshots.current();
    const config::Settings& settings = message_->mail.settings();
    message_->budget = settings.dns.budget;
    BegunMessage begun = begin_message(connection_, facts, settings.outgoing);
    message_->mail.envelope = std::move(begun.envelope);
    message_->mail.who = std::move(begun.who);
    message_->mail.who.session_id = fmt::format("{}-{}", id_, messages_);
    message_->mail.who.before = {.messages = messages_ - 1, .refusals = refusals_};
    message_->own_notice = begun.own_notice;
    message_->may_be_judged = parts_.judged_before.may_be_known(message_->mail.envelope);
}

SessionReply Session::recipient(RcptFacts facts) {
    if (message_ == nullptr || message_->unchecked) {
        return Continue{};
    }
    mail::Envelope& envelope = message_->mail.envelope;
    const bool is_outgoing = envelope.direction == mail::Direction::Outgoing;
    mail::Recipient recipient{.verbatim = std::move(facts.path),
                              .syntax = std::unexpected(mail::SyntaxError::Empty),
                              .arguments = std::move(facts.arguments),
                              .mailer = std::move(facts.mailer),
                              .next_hop = std::move(facts.next_hop)};
    recipient.syntax = syntax_of(recipient.verbatim, envelope.utf8);
    if (message_->notice.take(recipient, parts_.replies, message_->mail.settings()) &&
        is_outgoing) {
        return Continue{};  // it is not a recipient that could be bad
    }
    envelope.recipients.push_back(std::move(recipient));
    return is_outgoing ? answer_to_recipient() : Continue{};
}

SessionReply Session::answer_to_recipient() {
    message_->window = parts_.outbound.judge.recipient_named(message_->mail);
    if (!refuses_at_rcpt(message_->mail.envelope.recipients.back())) {
        return Continue{};
    }
    const WaitingRoom::Seat seat =
        parts_.waiting.take(message_->mail.settings().milter.max_waiting);
    if (!seat.is_taken()) {
        return Continue{};
    }
    auto refusal = parts_.outbound.judge.answer_at_rcpt(
        message_->mail, message_->window, message_->budget, message_->booking);
    if (!refusal.has_value()) {
        return Continue{};
    }
    message_->mail.envelope.recipients.pop_back();
    return counted(Answer{*std::move(refusal)});
}

SessionReply Session::counted(SessionReply reply) {
    if (std::holds_alternative<Answer>(reply)) {
        ++refusals_;
        if (message_ != nullptr) {
            message_->mail.who.before.refusals = refusals_;
        }
    }
    return reply;
}

bool Session::refuses_at_rcpt(const mail::Recipient& recipient) const {
    const outbound::Origin origin = message_->mail.who.origin();
    const config::Settings& settings = message_->mail.settings();
    return !message_->may_be_judged && outbound::answers_at_rcpt(origin, settings) &&
           !outbound::is_spared(origin, refusals_, settings.policy) &&
           !parts_.release.is_releasing(message_->mail.envelope, recipient);
}

void Session::header(std::string_view name, std::string_view value) {
    if (message_ == nullptr) {
        return;
    }
    if (header_values_ == HeaderValues::Exact) {
        message_->mail.headers.add(name, value);
    } else {
        message_->mail.headers.add(name, fmt::format(" {}", value));
    }
}

SessionReply Session::end_of_headers(std::string_view queue_id) {
    if (message_ == nullptr) {
        return Accept{};
    }
    if (!queue_id.empty()) {
        message_->mail.envelope.queue_id = queue_id;
    }
    message_->has_header = true;
    return counted(answer_to_headers());
}

SessionReply Session::answer_to_headers() {
    if (message_->unchecked) {
        return go_unchecked();
    }
    if (message_->own_notice && goes_to_its_postmaster(message_->mail.envelope) &&
        parts_.own_senders.has(message_->mail.envelope.sender, message_->mail.settings())) {
        parts_.log.write(ports::Severity::Info,
                         notice_line(message_->mail.who.session_id, message_->mail.envelope));
        return Accept{};
    }
    if (const auto token = message_->mail.headers.first(flow::held::kReleaseField)) {
        if (const auto kind = parts_.release.claim(*token, message_->mail.envelope)) {
            message_->course = Course::Released;
            message_->is_ours = *kind == terms::HeldKind::Own;
            return SkipBody{};
        }
    }
    if (message_->mail.headers.has(flow::held::kReleaseField) && is_release_under_way()) {
        // If it were judged like other mail, it would look held already and be dropped. The release
        // would take the MTA's word that it was accepted.
        trouble(ports::Severity::Error, "a release could not be recognised: it is deferred");
        return error_reply(config::ErrorAnswer::Tempfail);
    }
    message_->notice.begin(
        message_->mail.headers, parts_.replies, message_->mail.settings().dsn.max_message);
    look_at_the_way(parts_, message_->mail);
    const SessionReply reply = message_->mail.envelope.direction == mail::Direction::Outgoing
                                   ? OutgoingCourse(parts_, *message_).at_headers()
                                   : inbound_headers();
    const bool goes_on =
        std::holds_alternative<Accept>(reply) || std::holds_alternative<SkipBody>(reply);
    return goes_on && message_->notice.is_kept() ? SessionReply(Continue{}) : reply;
}

bool Session::is_release_under_way() const {
    return std::ranges::any_of(
        message_->mail.envelope.recipients, [this](const mail::Recipient& recipient) {
            return parts_.release.is_releasing(message_->mail.envelope, recipient);
        });
}

SessionReply Session::go_unchecked() {
    message_->unchecked = true;
    message_->course = Course::Undecided;
    if (message_->mail.envelope.direction == mail::Direction::Outgoing &&
        flow::outgoing::preflight_wish(message_->mail) != flow::outgoing::PreflightWish::None) {
        return OutgoingCourse(parts_, *message_).preflight_failed("internal error");
    }
    if (message_->mail.settings().mode == config::Mode::Enforce &&
        message_->has_reserved_fields()) {
        message_->course = Course::Clean;
        return SkipBody{};
    }
    return Accept{};
}

SessionReply Session::inbound_headers() {
    parts_.judged_before.came_in(message_->mail.envelope, message_->mail.headers);
    if (flow::incoming::InboundFlow::may_report(
            message_->mail.envelope, message_->mail.headers, message_->mail.settings())) {
        message_->course = Course::Inbound;
        keep(message_->mail.headers.text());
        keep("\r\n");
        return Continue{};
    }
    if (message_->has_reserved_fields() &&
        message_->mail.settings().mode == config::Mode::Enforce) {
        message_->course = Course::Clean;
        return SkipBody{};
    }
    return Accept{};
}

void Session::keep(std::string_view octets) {
    const std::size_t most = message_->mail.settings().dsn.max_message;
    const std::size_t room = most - std::min(most, message_->octets.size());
    message_->octets += octets.substr(0, room);
}

SessionReply Session::body(std::string_view octets) {
    if (message_ == nullptr) {
        return Continue{};
    }
    message_->notice.keep(octets);
    const SessionReply reply = counted(body_of_course(octets));
    return message_->notice.is_kept() ? SessionReply(Continue{}) : reply;
}

SessionReply Session::body_of_course(std::string_view octets) {
    switch (message_->course) {
        case Course::Weighed:
        case Course::Split:
            return OutgoingCourse(parts_, *message_).at_body(octets);
        case Course::Inbound:
            keep(octets);
            return message_->octets.size() < message_->mail.settings().dsn.max_message
                       ? SessionReply(Continue{})
                       : SessionReply(SkipBody{});
        case Course::Undecided:
        case Course::Shadow:
        case Course::Pass:
        case Course::Released:
        case Course::Preflight:
        case Course::Clean:
        case Course::Unchecked:
        case Course::Again:
            return SkipBody{};
    }
    return Continue{};
}

SessionReply Session::end_of_message(MtaActions& mta, std::string_view queue_id) {
    if (message_ == nullptr) {
        return Accept{};
    }
    if (!queue_id.empty()) {
        message_->mail.envelope.queue_id = queue_id;
    }
    message_->is_ending = true;
    message_->asked_at = parts_.release.answers().asked();
    SessionReply reply = Accept{};
    if (message_->course == Course::Weighed) {
        reply = OutgoingCourse(parts_, *message_).weigh();
    }
    reply = end_course(mta, std::move(reply));
    if (message_->notice.is_kept() && !std::holds_alternative<Answer>(reply)) {
        reply = finish_notice(mta, reply);
    }
    reply = counted(std::move(reply));
    end_message(reply);
    return reply;
}

SessionReply Session::end_course(MtaActions& mta, SessionReply reply) {
    Leaving leaving(parts_, *message_, mta);
    switch (message_->course) {
        case Course::Pass:
        case Course::Split:
        case Course::Preflight:
        case Course::Unchecked:
            return OutgoingCourse(parts_, *message_).at_end(mta);
        case Course::Inbound:
            finish_inbound(mta);
            return reply;
        case Course::Released:
            if (message_->is_ours) {
                leaving.remove_fields(flow::held::kReleaseField);  // the other fields are ours
            } else {
                leaving.remove_reserved_fields();
            }
            leaving.leave_to_all();
            return reply;
        case Course::Clean:
            leaving.remove_reserved_fields();
            return Accept{};
        case Course::Again:
            // The first pass may have added the tag.
            leaving.remove_reserved_fields(
                message_->mail.settings().policy.tag_header ? kTagField : std::string_view());
            return reply;
        case Course::Undecided:
        case Course::Weighed:
        case Course::Shadow:
            return reply;
    }
    return reply;
}

void Session::finish_inbound(MtaActions& mta) {
    const config::Settings& settings = message_->mail.settings();
    const WaitingRoom::Seat seat = parts_.waiting.take(settings.milter.max_waiting);
    // Without a seat only what DNS has said already counts.
    const std::chrono::milliseconds patience = seat.is_taken()
                                                   ? std::chrono::milliseconds(settings.dns.budget)
                                                   : std::chrono::milliseconds(0);
    const dsn::TagPlan plan = parts_.inbound.receive(message_->mail, message_->octets, patience);
    if (settings.mode != config::Mode::Shadow) {
        Leaving(parts_, *message_, mta).change_fields(plan);
    }
}

void Session::end_message(const SessionReply& reply) {
    if (message_ != nullptr && message_->override_grant != nullptr &&
        !std::holds_alternative<Answer>(reply)) {
        message_->override_grant->message_left();
    }
    if (message_ != nullptr) {
        open_answer_ = message_->open_answer;
    }
    message_.reset();
}

SessionReply Session::finish_notice(MtaActions& mta, SessionReply reply) {
    SessionMessage& message = *message_;
    if (parts_.replies.receive(message.mail, message.notice.octets()) ==
        flow::notices::ReplyFate::GoesOn) {
        return reply;
    }
    const std::vector<std::string>& ours = message.notice.recipients();
    if (message.gone_to_nobody() ||
        std::ranges::all_of(message.mail.envelope.recipients,
                            [&](const mail::Recipient& recipient) {
                                return std::ranges::find(ours, recipient.verbatim) != ours.end();
                            })) {
        return Discard{};
    }
    return Leaving(parts_, message, mta).delete_recipients(ours);
}

void Session::abort() {
    message_.reset();
}

SessionReply Session::after_internal_error() {
    const config::ErrorAnswer answer = message_ != nullptr
                                           ? message_->mail.settings().on_error.internal
                                           : parts_.snapshots.current()->settings.on_error.internal;
    if (message_ != nullptr && message_->course == Course::Preflight) {
        SessionReply reply =
            counted(OutgoingCourse(parts_, *message_).preflight_failed("internal error"));
        message_.reset();
        return reply;
    }
    SessionReply reply = error_reply(answer);
    if (message_ != nullptr && std::holds_alternative<Accept>(reply) && !message_->is_ending) {
        // Forged fields can be removed only at the end.
        message_->unchecked = true;
        if (!message_->has_header) {
            return Continue{};
        }
        reply = go_unchecked();
        if (std::holds_alternative<SkipBody>(reply)) {
            return Continue{};
        }
    }
    reply = counted(std::move(reply));
    end_message(reply);
    return reply;
}

void Session::trouble(ports::Severity severity, std::string_view what) const {
    if (message_ != nullptr) {
        message_->say(parts_.log, severity, what);
    } else {
        parts_.log.write(severity, fmt::format("session={} {}", core::log_safe(id_), what));
    }
}

}  // namespace holdback::milter::session
