// SPDX-License-Identifier: Apache-2.0
#include "milter/session/outgoing_course.hpp"

#include "config/settings.hpp"
#include "core/text.hpp"
#include "dsn/seal.hpp"
#include "flow/open_answers.hpp"
#include "flow/outgoing/holding.hpp"
#include "flow/outgoing/message_content.hpp"
#include "flow/outgoing/message_decision.hpp"
#include "flow/outgoing/preflight.hpp"
#include "mail/envelope.hpp"
#include "mail/smtp_reply.hpp"
#include "milter/session/leaving.hpp"
#include "milter/session/mta_actions.hpp"
#include "milter/session/session_message.hpp"
#include "milter/session/session_parts.hpp"
#include "outbound/plan.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter::session {

SessionReply OutgoingCourse::at_headers() {
    if (message_.mail.envelope.recipients.empty()) {
        return Accept{};
    }
    if (message_.mail.envelope.recipients_to_judge() == 0) {
        return pass_again();
    }
    using flow::outgoing::PreflightWish;
    const WaitingRoom::Seat seat = parts_.waiting.take(message_.mail.settings().milter.max_waiting);
    const PreflightWish wish = flow::outgoing::preflight_wish(message_.mail);
    const bool is_preflight = wish == PreflightWish::Asked;
    if (!is_preflight && wish != PreflightWish::None) {
        const std::string_view why = flow::outgoing::preflight_refusal(wish);
        message_.say(
            parts_.log, ports::Severity::Warning, fmt::format("a preflight is refused: {}", why));
        return Answer{mail::SmtpReply::own(550, "5.7.1", why)};
    }
    if (is_preflight) {
        // From here on, no failure lets it leave.
        message_.course = Course::Preflight;
    }
    if (!seat.is_taken() && is_preflight) {
        return preflight_failed("too many messages wait at once ([milter] max_waiting)");
    }
    if (!seat.is_taken()) {
        message_.say(
            parts_.log,
            ports::Severity::Warning,
            "too many messages wait at once ([milter] max_waiting): this one goes unchecked");
        return pass_unchecked();
    }
    return decide(is_preflight);
}

SessionReply OutgoingCourse::decide(bool is_preflight) {
    message_.decision = std::make_unique<flow::outgoing::MessageDecision>(
        parts_.outbound.judge.decide(message_.mail, message_.budget));
    const flow::outgoing::MessageDecision& decision = *message_.decision;
    if (is_preflight) {
        if (decision.sender_refusal.has_value()) {
            return Answer{decision.sender_refusal->reply};
        }
        return decision.trouble_answer.has_value() ? SessionReply(Answer{*decision.trouble_answer})
                                                   : SkipBody{};
    }
    if (message_.mail.settings().mode == config::Mode::Enforce &&
        decision.trouble_answer.has_value()) {
        return Answer{*decision.trouble_answer};
    }
    if (decision.needs_body) {
        message_.course = Course::Weighed;
        return Continue{};
    }
    return follow_plan();
}

SessionReply OutgoingCourse::pass_again() {
    const config::Settings& settings = message_.mail.settings();
    parts_.outbound.report.judged_before(message_.mail);
    leave_unchanged(parts_, message_);
    if (settings.mode == config::Mode::Shadow || !message_.has_reserved_fields()) {
        return Accept{};
    }
    message_.course = Course::Again;
    return SkipBody{};
}

SessionReply OutgoingCourse::at_body(std::string_view octets) {
    if (message_.course == Course::Split) {
        message_.copy->append_body(octets);
        return Continue{};
    }
    message_.octets += octets;
    return message_.octets.size() < flow::outgoing::kComparedOctets ? SessionReply(Continue{})
                                                                    : weigh();
}

SessionReply OutgoingCourse::weigh() {
    parts_.outbound.judge.weigh(message_.mail, message_.octets, *message_.decision);
    SessionReply reply = follow_plan();
    if (message_.course == Course::Split) {
        message_.copy->append_body(message_.octets);
    }
    message_.octets.clear();
    return reply;
}

SessionReply OutgoingCourse::follow_plan() {
    const config::Settings& settings = message_.mail.settings();
    const flow::outgoing::MessageDecision& decision = *message_.decision;
    const bool is_shadow = settings.mode == config::Mode::Shadow;
    if (!is_shadow && message_.mail.headers.has(flow::notices::kOverrideField)) {
        message_.override_grant = parts_.sender_override.apply(message_.mail, *message_.decision);
    }
    parts_.outbound.judge.keep_limits(message_.mail, *message_.decision, message_.booking);
    if (is_shadow) {
        message_.course = Course::Shadow;
        report(nullptr);
        leave_unchanged(parts_, message_);
        return Accept{};
    }
    if (const auto* refuse = std::get_if<outbound::Refuse>(&decision.plan.what)) {
        report(nullptr);
        return Answer{refuse->reply};
    }
    if (std::holds_alternative<outbound::Split>(decision.plan.what)) {
        return begin_split();
    }
    if (!is_tagged(message_) && !message_.has_reserved_fields() &&
        !message_.mail.headers.has(dsn::kSealField) &&
        !parts_.seals.seals(message_.mail.envelope, settings)) {
        report(nullptr);
        leave_unchanged(parts_, message_);
        return Accept{};
    }
    message_.course = Course::Pass;
    return SkipBody{};
}

SessionReply OutgoingCourse::begin_split() {
    auto copy = parts_.outbound.holding.begin_copy(message_.mail);
    if (!copy.has_value()) {
        return holding_failed(copy.error());
    }
    message_.copy = std::make_unique<flow::outgoing::HeldCopy>(*std::move(copy));
    message_.course = Course::Split;
    return Continue{};
}

SessionReply OutgoingCourse::holding_failed(const flow::outgoing::CommitTrouble& why) {
    const config::OnErrorSettings& on_error = message_.mail.settings().on_error;
    const bool in_spool = why.where != flow::outgoing::CommitTrouble::Where::Store;
    const bool is_said = why.where == flow::outgoing::CommitTrouble::Where::SpoolLimit;
    message_.say(
        parts_.log,
        is_said ? ports::Severity::Info : ports::Severity::Error,
        fmt::format(
            "{}: nothing can be held: {}", in_spool ? "spool" : "store", core::log_safe(why.what)));
    message_.course = Course::Undecided;
    const config::ErrorAnswer wanted = in_spool ? on_error.spool : on_error.store;
    return wanted == config::ErrorAnswer::Accept ? pass_unchecked() : error_reply(wanted);
}

SessionReply OutgoingCourse::pass_unchecked() {
    const config::Settings& settings = message_.mail.settings();
    parts_.outbound.report.unchecked(message_.mail);
    // The decision no longer counts.
    message_.decision.reset();
    if (settings.mode == config::Mode::Shadow) {
        leave_unchanged(parts_, message_);
        return Accept{};
    }
    message_.course = Course::Unchecked;
    return SkipBody{};
}

SessionReply OutgoingCourse::preflight_failed(std::string_view why) const {
    message_.say(
        parts_.log,
        ports::Severity::Error,
        fmt::format("no answer to a preflight, which is deferred: {}", core::log_safe(why)));
    return Answer{
        mail::SmtpReply::own(451, "4.3.0", "the preflight can't be answered, try again later")};
}

void OutgoingCourse::report(const flow::outgoing::Committed* committed) const {
    parts_.outbound.report.decided(message_.mail, *message_.decision, committed);
}

SessionReply OutgoingCourse::at_end(MtaActions& mta) {
    if (message_.course == Course::Split) {
        return finish_split(mta);
    }
    if (message_.course == Course::Preflight) {
        return finish_preflight();
    }
    if (message_.course == Course::Unchecked) {
        finish_unchecked(mta);
        return Accept{};
    }
    Leaving leaving(parts_, message_, mta);
    leaving.remove_reserved_fields();
    leaving.add_tag();
    leaving.leave_to_all();
    report(nullptr);
    return Accept{};
}

SessionReply OutgoingCourse::finish_split(MtaActions& mta) {
    const flow::outgoing::MessageDecision& decision = *message_.decision;
    const auto& split = std::get<outbound::Split>(decision.plan.what);
    const auto committed =
        parts_.outbound.holding.commit(message_.mail, decision, std::move(*message_.copy));
    if (!committed.has_value()) {
        SessionReply reply = holding_failed(committed.error());
        if (message_.course != Course::Unchecked) {
            return reply;
        }
        finish_unchecked(mta);
        return Accept{};
    }
    if (split.reinject_passing) {
        parts_.outbound.judge.left_by_copy(message_.mail, split.pass, message_.booking);
    }
    report(&*committed);
    const SessionReply reply = act_on_split(mta, split);
    // A deferred message comes again; its items are in doubt until then.
    if (!std::holds_alternative<Answer>(reply)) {
        message_.open_answer = parts_.release.answers().given(
            {.ids = committed->written, .queue_id = message_.mail.envelope.queue_id},
            message_.asked_at);
        if (!message_.open_answer.has_value()) {
            message_.say(
                parts_.log,
                ports::Severity::Warning,
                fmt::format("the answer took so long that the MTA may have gone on without it: "
                            "{} held items are in doubt, see held list --in-doubt",
                            committed->written.size()));
        }
    }
    return reply;
}

void OutgoingCourse::finish_unchecked(MtaActions& mta) {
    Leaving leaving(parts_, message_, mta);
    leaving.remove_reserved_fields();
    leaving.leave_to_all();
}

SessionReply OutgoingCourse::act_on_split(MtaActions& mta, const outbound::Split& split) {
    if (message_.gone_to_nobody() && !message_.notice.is_addressed()) {
        return Discard{};
    }
    Leaving leaves(parts_, message_, mta);
    leaves.remove_reserved_fields();
    std::vector<std::string> taken_out;
    if (message_.gone_to_nobody()) {
        // Only the notice address is left, which was not judged.
        for (const mail::Recipient& recipient : message_.mail.envelope.recipients) {
            taken_out.push_back(recipient.verbatim);
        }
        return leaves.delete_recipients(taken_out);
    }
    leaves.add_tag();
    leaves.leave(split.pass);
    for (const auto& indices : {split.hold, split.defer, split.give_back}) {
        for (const std::size_t i : indices) {
            taken_out.push_back(message_.mail.envelope.recipients.at(i).verbatim);
        }
    }
    SessionReply reply = leaves.delete_recipients(taken_out);
    if (std::holds_alternative<Accept>(reply)) {
        leaves.note_left(split.pass);
    }
    return reply;
}

SessionReply OutgoingCourse::finish_preflight() const {
    parts_.outbound.judge.foresee_limits(message_.mail, *message_.decision);
    const auto answered = parts_.outbound.preflight.answer(message_.mail, *message_.decision);
    if (!answered.has_value()) {
        return preflight_failed(answered.error());
    }
    return Discard{};
}

}  // namespace holdback::milter::session
