// SPDX-License-Identifier: Apache-2.0
#include "milter/session/session.hpp"

#include "config/settings.hpp"
#include "core/text.hpp"
#include "dsn/seal.hpp"
#include "dsn/tag.hpp"
#include "flow/held/release_flow.hpp"
#include "flow/incoming/inbound_flow.hpp"
#include "flow/notices/notice_replies.hpp"
#include "flow/outgoing/message_content.hpp"
#include "flow/outgoing/outbound_flow.hpp"
#include "flow/outgoing/preflight.hpp"
#include "flow/outgoing/recording.hpp"
#include "flow/own_name.hpp"
#include "flow/own_senders.hpp"
#include "flow/snapshot.hpp"
#include "flow/submitting.hpp"
#include "mail/address.hpp"
#include "mail/enhanced_status.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "mail/mta_names.hpp"
#include "mail/smtp_reply.hpp"
#include "mail/syntax.hpp"
#include "milter/session/mta_actions.hpp"
#include "milter/session/mta_facts.hpp"
#include "milter/session/notice_mail.hpp"
#include "milter/session/session_message.hpp"
#include "milter/session/waiting_room.hpp"
#include "outbound/direction.hpp"
#include "outbound/own_sender.hpp"
#include "outbound/plan.hpp"
#include "outbound/received.hpp"
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

mail::SmtpReply make_reply(int code, std::string_view status, std::string_view text) {
    return mail::SmtpReply::make(code, mail::EnhancedStatus::parse(status).value(), text).value();
}

/// True when a notice of the MTA goes where those of Postfix go: to the postmaster of the host that
/// it is from. Whoever may call sendmail(1) can write the sender of such a notice, and nothing else
/// tells his mail from one.
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

SessionReply error_reply(config::ErrorAnswer answer) {
    switch (answer) {
        case config::ErrorAnswer::Accept:
            return Accept{};
        case config::ErrorAnswer::Tempfail:
            return Answer{make_reply(451, "4.3.0", "mail filter trouble, try again later")};
        case config::ErrorAnswer::Reject:
            return Answer{make_reply(554, "5.3.0", "mail filter trouble")};
    }
    return Accept{};
}

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
    // Without a name the MTA does not tell it: there is nothing to warn of.
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
        trouble(ports::Severity::Warning,
                fmt::format("mta: {} is served, and the configuration that was read is that of {}: "
                            "what only the first one routes may be judged by the public DNS (see "
                            "[outgoing] mta_domains)",
                            core::log_safe(connection_.mta_name),
                            core::log_safe(read.host_name)));
    }
    if (learned == flow::OwnName::Learned::Unfit) {
        trouble(ports::Severity::Warning,
                fmt::format("the MTA calls itself {}, which is no fully qualified name: own mail "
                            "bears {} (set myhostname of Postfix, or confDOMAIN_NAME of Sendmail)",
                            core::log_safe(connection_.mta_name),
                            core::log_safe(parts_.own_name.current())));
    }
}

void Session::mail(const MailFacts& facts) {
    answer_taken();
    message_ = std::make_unique<Message>();
    ++messages_;
    message_->snapshot = parts_.snapshots.current();
    const config::Settings& settings = message_->snapshot->settings;
    message_->budget = settings.dns.budget;
    BegunMessage begun = begin_message(connection_, facts, settings.outgoing);
    message_->envelope = std::move(begun.envelope);
    message_->who = std::move(begun.who);
    message_->who.session_id = fmt::format("{}-{}", id_, messages_);
    message_->who.before = {.messages = messages_ - 1, .refusals = refusals_};
    message_->own_notice = begun.own_notice;
    message_->may_be_judged = parts_.judged_before.may_be_known(message_->envelope);
}

SessionReply Session::recipient(RcptFacts facts) {
    if (message_ == nullptr || message_->unchecked) {
        return Continue{};
    }
    mail::Recipient recipient{.verbatim = std::move(facts.path),
                              .syntax = std::unexpected(mail::SyntaxError::Empty),
                              .arguments = std::move(facts.arguments),
                              .mailer = std::move(facts.mailer),
                              .next_hop = std::move(facts.next_hop)};
    recipient.syntax = syntax_of(recipient.verbatim, message_->envelope.utf8);
    if (message_->notice.take(recipient, parts_.replies, message_->snapshot->settings) &&
        message_->envelope.direction == mail::Direction::Outgoing) {
        return Continue{};  // it is no recipient that could be bad
    }
    if (message_->envelope.direction == mail::Direction::Outgoing) {
        message_->envelope.recipients.push_back(std::move(recipient));
        const mail::Recipient& named = message_->envelope.recipients.back();
        const config::Settings& settings = message_->snapshot->settings;
        message_->window =
            parts_.outbound.recipient_named(message_->who, message_->envelope, named, settings);
        if (refuses_at_rcpt(named)) {
            const WaitingRoom::Seat seat = parts_.waiting.take(settings.milter.max_waiting);
            if (!seat.is_taken()) {
                return Continue{};
            }
            const mail::Recipient asked = named;
            if (auto refusal = parts_.outbound.answer_at_rcpt(message_->who,
                                                              message_->envelope,
                                                              asked,
                                                              message_->window,
                                                              settings,
                                                              message_->snapshot->lists,
                                                              message_->budget)) {
                message_->envelope.recipients.pop_back();
                return counted(Answer{*std::move(refusal)});
            }
        }
        return Continue{};
    }
    message_->envelope.recipients.push_back(std::move(recipient));
    return Continue{};
}

SessionReply Session::counted(SessionReply reply) {
    if (std::holds_alternative<Answer>(reply)) {
        ++refusals_;
        if (message_ != nullptr) {
            message_->who.before.refusals = refusals_;
        }
    }
    return reply;
}

bool Session::refuses_at_rcpt(const mail::Recipient& recipient) const {
    const outbound::Origin origin = flow::outgoing::origin_of(message_->who);
    const config::Settings& settings = message_->snapshot->settings;
    return !message_->may_be_judged && outbound::answers_at_rcpt(origin, settings) &&
           !outbound::is_spared(origin, refusals_, settings.policy) &&
           !parts_.release.is_releasing(message_->envelope, recipient);
}

void Session::header(std::string_view name, std::string_view value) {
    if (message_ == nullptr) {
        return;
    }
    if (header_values_ == HeaderValues::Exact) {
        message_->headers.add(name, value);
    } else {
        message_->headers.add(name, fmt::format(" {}", value));
    }
}

SessionReply Session::end_of_headers(std::string_view queue_id) {
    if (message_ == nullptr) {
        return Accept{};
    }
    if (!queue_id.empty()) {
        message_->envelope.queue_id = queue_id;
    }
    message_->has_header = true;
    return counted(answer_to_headers());
}

SessionReply Session::answer_to_headers() {
    if (message_->unchecked) {
        return go_unchecked();
    }
    if (message_->own_notice && goes_to_its_postmaster(message_->envelope) &&
        parts_.own_senders.has(message_->envelope.sender, message_->snapshot->settings)) {
        parts_.log.write(ports::Severity::Info,
                         notice_line(message_->who.session_id, message_->envelope));
        return Accept{};
    }
    if (const auto token = message_->headers.first(flow::held::kReleaseField)) {
        if (const auto kind = parts_.release.claim(*token, message_->envelope)) {
            message_->course = Course::Released;
            message_->is_ours = *kind == terms::HeldKind::Own;
            return SkipBody{};
        }
    }
    if (message_->headers.has(flow::held::kReleaseField) && is_release_under_way()) {
        // Were it judged like other mail, it would be found held already and be dropped, while the
        // release takes the MTA's word for it.
        trouble(ports::Severity::Error, "a release could not be recognised: it is deferred");
        return error_reply(config::ErrorAnswer::Tempfail);
    }
    message_->notice.begin(
        message_->headers, parts_.replies, message_->snapshot->settings.dsn.max_message);
    look_at_the_way();
    const SessionReply reply = message_->envelope.direction == mail::Direction::Outgoing
                                   ? outgoing_headers()
                                   : inbound_headers();
    const bool goes_on =
        std::holds_alternative<Accept>(reply) || std::holds_alternative<SkipBody>(reply);
    return goes_on && message_->notice.is_kept() ? SessionReply(Continue{}) : reply;
}

bool Session::is_release_under_way() const {
    return std::ranges::any_of(
        message_->envelope.recipients, [this](const mail::Recipient& recipient) {
            return parts_.release.is_releasing(message_->envelope, recipient);
        });
}

void Session::look_at_the_way() {
    mail::Envelope& envelope = message_->envelope;
    const config::Settings& settings = message_->snapshot->settings;
    if (envelope.direction == mail::Direction::Inbound) {
        return;
    }
    const outbound::Entry entry = parts_.own_senders.entry_of(message_->headers, settings);
    if (envelope.direction == mail::Direction::Outgoing) {
        take_login(entry);
    }
    if (flow::outgoing::preflight_wish(message_->who, message_->headers) ==
            flow::outgoing::PreflightWish::None &&
        parts_.judged_before.recognise(message_->headers, envelope)) {
        envelope.direction = mail::Direction::Outgoing;
        return;
    }
    if (envelope.direction == mail::Direction::OwnBounce) {
        // The MTA's own bounces come from nowhere: a program has handed this one in.
        if (message_->headers.has("Received")) {
            envelope.direction = mail::Direction::Inbound;
        }
        return;
    }
    const flow::SenderIs sender_is = parts_.judged_before.has_come_in(message_->headers, envelope)
                                         ? flow::SenderIs::TheSame
                                         : flow::SenderIs::Unknown;
    const flow::Way way = parts_.own_senders.way_of(
        flow::outgoing::origin_of(message_->who), envelope.sender, entry, sender_is, settings);
    if (way != flow::Way::Outgoing) {
        say_which_way(entry, way);
    }
    if (way == flow::Way::CameIn) {
        envelope.direction = mail::Direction::Inbound;
        // What the first pass has shown needs no header to tell.
        if (entry.by_us && sender_is == flow::SenderIs::Unknown) {
            message_->who.entered_from = entry.address;
        }
    }
}

void Session::take_login(const outbound::Entry& entry) {
    flow::Submitting& who = message_->who;
    if (!who.logged_in && outbound::has_logged_in_before(flow::outgoing::origin_of(who), entry)) {
        who.logged_in = true;
        who.user = entry.user;
    }
}

void Session::say_which_way(const outbound::Entry& entry, flow::Way way) const {
    const bool came_in = way == flow::Way::CameIn;
    // A list manager hands in what came from outside, all day.
    if (!came_in && message_->headers.has("List-Id")) {
        return;
    }
    const auto left_out = parts_.warnings.admit(came_in ? "came-in-before" : "own-by-name");
    if (!left_out.has_value()) {
        return;
    }
    trouble(ports::Severity::Warning,
            fmt::format(
                "mail of {} came to this host from {} and is handed in again by {} without "
                "login: {}, see CONTENT FILTERS in holdback(8){}",
                core::log_safe(message_->envelope.sender_text()),
                entry.address.has_value() ? entry.address->text() : "outside",
                message_->who.over_smtp ? core::log_safe(message_->who.client_text) : "sendmail(1)",
                came_in ? "it is taken for inbound, and not judged; if it is yours, name its "
                          "domain in [outgoing] own_domains"
                        : "it is taken for outgoing, because the domain is yours; if no list "
                          "manager sends it on, anybody has written that sender, and the first "
                          "pass has to go by this milter too",
                *left_out == 0 ? "" : fmt::format(" ({} more)", *left_out)));
}

SessionReply Session::go_unchecked() {
    message_->unchecked = true;
    message_->course = Course::Undecided;
    if (message_->envelope.direction == mail::Direction::Outgoing &&
        flow::outgoing::preflight_wish(message_->who, message_->headers) !=
            flow::outgoing::PreflightWish::None) {
        return preflight_failed("internal error");
    }
    if (message_->snapshot->settings.mode == config::Mode::Enforce && has_reserved_fields()) {
        message_->course = Course::Clean;
        return SkipBody{};
    }
    return Accept{};
}

SessionReply Session::pass_again() {
    const config::Settings& settings = message_->snapshot->settings;
    parts_.outbound.report_judged(message_->who, message_->envelope, settings);
    leave_to_all(nullptr);
    if (settings.mode == config::Mode::Shadow || !has_reserved_fields()) {
        return Accept{};
    }
    message_->course = Course::Again;
    return SkipBody{};
}

SessionReply Session::outgoing_headers() {
    const config::Settings& settings = message_->snapshot->settings;
    if (message_->envelope.recipients.empty()) {
        return Accept{};
    }
    if (message_->envelope.recipients_to_judge() == 0) {
        return pass_again();
    }
    const WaitingRoom::Seat seat = parts_.waiting.take(settings.milter.max_waiting);
    const flow::outgoing::PreflightWish wish =
        flow::outgoing::preflight_wish(message_->who, message_->headers);
    const bool is_preflight = wish == flow::outgoing::PreflightWish::Asked;
    if (!is_preflight && wish != flow::outgoing::PreflightWish::None) {
        return refuse_preflight(flow::outgoing::preflight_refusal(wish));
    }
    if (is_preflight) {
        // From here on, no trouble lets it leave.
        message_->course = Course::Preflight;
    }
    if (!seat.is_taken() && is_preflight) {
        return preflight_failed("too many messages wait at once ([milter] max_waiting)");
    }
    if (!seat.is_taken()) {
        trouble(ports::Severity::Warning,
                "too many messages wait at once ([milter] max_waiting): this one goes unchecked");
        return pass_unchecked();
    }
    message_->decision = std::make_unique<flow::outgoing::MessageDecision>(
        parts_.outbound.decide(message_->who,
                               message_->envelope,
                               message_->headers,
                               settings,
                               message_->snapshot->lists,
                               message_->budget));
    const flow::outgoing::MessageDecision& decision = *message_->decision;
    if (is_preflight) {
        const auto& refusal =
            decision.sender_refusal.has_value() ? decision.sender_refusal : decision.trouble_answer;
        return refusal.has_value() ? SessionReply(Answer{*refusal}) : SkipBody{};
    }
    if (settings.mode == config::Mode::Enforce && decision.trouble_answer.has_value()) {
        return Answer{*decision.trouble_answer};
    }
    if (decision.needs_body) {
        message_->course = Course::Weighed;
        return Continue{};
    }
    return follow_plan();
}

SessionReply Session::follow_plan() {
    const config::Settings& settings = message_->snapshot->settings;
    const flow::outgoing::MessageDecision& decision = *message_->decision;
    if (settings.mode == config::Mode::Shadow) {
        message_->course = Course::Shadow;
        report(nullptr);
        leave_to_all(nullptr);
        return Accept{};
    }
    if (message_->headers.has(flow::notices::kOverrideField)) {
        message_->override_grant = parts_.replies.override_holds(
            message_->who, message_->envelope, message_->headers, *message_->decision, settings);
    }
    if (const auto* refuse = std::get_if<outbound::Refuse>(&decision.plan.what)) {
        report(nullptr);
        return Answer{refuse->reply};
    }
    if (std::holds_alternative<outbound::Split>(decision.plan.what)) {
        return begin_split();
    }
    if (!is_tagged() && !has_reserved_fields() && !message_->headers.has(dsn::kSealField) &&
        !parts_.seals.seals(message_->envelope, settings)) {
        report(nullptr);
        leave_to_all(nullptr);
        return Accept{};
    }
    message_->course = Course::Pass;
    return SkipBody{};
}

SessionReply Session::begin_split() {
    auto copy = parts_.outbound.begin_copy(
        message_->who, message_->envelope, message_->headers, message_->snapshot->settings.hold);
    if (!copy.has_value()) {
        return holding_failed(copy.error());
    }
    message_->copy = std::make_unique<flow::outgoing::HeldCopy>(*std::move(copy));
    message_->course = Course::Split;
    return Continue{};
}

SessionReply Session::holding_failed(const flow::outgoing::CommitTrouble& why) {
    const config::OnErrorSettings& on_error = message_->snapshot->settings.on_error;
    const bool in_spool = why.where != flow::outgoing::CommitTrouble::Where::Store;
    const bool is_said = why.where == flow::outgoing::CommitTrouble::Where::SpoolLimit;
    trouble(
        is_said ? ports::Severity::Info : ports::Severity::Error,
        fmt::format(
            "{}: nothing can be held: {}", in_spool ? "spool" : "store", core::log_safe(why.what)));
    message_->course = Course::Undecided;
    const config::ErrorAnswer wanted = in_spool ? on_error.spool : on_error.store;
    return wanted == config::ErrorAnswer::Accept ? pass_unchecked() : error_reply(wanted);
}

SessionReply Session::pass_unchecked() {
    const config::Settings& settings = message_->snapshot->settings;
    parts_.outbound.report_unchecked(message_->who, message_->envelope, settings);
    // What it wanted is not done.
    message_->decision.reset();
    if (settings.mode == config::Mode::Shadow) {
        leave_to_all(nullptr);
        return Accept{};
    }
    message_->course = Course::Unchecked;
    return SkipBody{};
}

bool Session::has_reserved_fields() const {
    return std::ranges::any_of(message_->headers.fields(), [](const mail::HeaderField& field) {
        return dsn::is_reserved_field(field.name);
    });
}

SessionReply Session::inbound_headers() {
    parts_.judged_before.came_in(message_->envelope, message_->headers);
    if (flow::incoming::InboundFlow::may_report(
            message_->envelope, message_->headers, message_->snapshot->settings)) {
        message_->course = Course::Inbound;
        keep(message_->headers.text());
        keep("\r\n");
        return Continue{};
    }
    if (has_reserved_fields() && message_->snapshot->settings.mode == config::Mode::Enforce) {
        message_->course = Course::Clean;
        return SkipBody{};
    }
    return Accept{};
}

void Session::keep(std::string_view octets) {
    const std::size_t most = message_->snapshot->settings.dsn.max_message;
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
            message_->octets += octets;
            return message_->octets.size() < flow::outgoing::kComparedOctets
                       ? SessionReply(Continue{})
                       : weigh();
        case Course::Split:
            message_->copy->append_body(octets);
            return Continue{};
        case Course::Inbound:
            keep(octets);
            return message_->octets.size() < message_->snapshot->settings.dsn.max_message
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

SessionReply Session::refuse_preflight(std::string_view why) {
    trouble(ports::Severity::Warning, fmt::format("a preflight is refused: {}", why));
    return Answer{make_reply(550, "5.7.1", why)};
}

/// Whatever happens, a message that is only asked about does not leave.
SessionReply Session::preflight_failed(std::string_view why) {
    trouble(ports::Severity::Error,
            fmt::format("no answer to a preflight, which is deferred: {}", core::log_safe(why)));
    return Answer{make_reply(451, "4.3.0", "the preflight can't be answered, try again later")};
}

void Session::report(const flow::outgoing::Committed* committed) {
    parts_.outbound.report(message_->who,
                           message_->envelope,
                           *message_->decision,
                           committed,
                           message_->snapshot->settings);
}

void Session::abort() {
    message_.reset();
}

SessionReply Session::after_internal_error() {
    const config::ErrorAnswer answer = message_ != nullptr
                                           ? message_->snapshot->settings.on_error.internal
                                           : parts_.snapshots.current()->settings.on_error.internal;
    if (message_ != nullptr && message_->course == Course::Preflight) {
        SessionReply reply = counted(preflight_failed("internal error"));
        message_.reset();
        return reply;
    }
    SessionReply reply = error_reply(answer);
    if (message_ != nullptr && std::holds_alternative<Accept>(reply) && !message_->is_ending) {
        // Forged fields can be removed at the end alone.
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
    parts_.log.write(
        severity,
        fmt::format("session={} {}",
                    core::log_safe(message_ != nullptr ? message_->who.session_id : id_),
                    what));
}

}  // namespace holdback::milter::session
