// SPDX-License-Identifier: Apache-2.0
// The end of a message: what was decided is done, and the MTA has its answer.

#include "flow/held/release_flow.hpp"
#include "flow/notices/notice_replies.hpp"
#include "flow/open_answers.hpp"
#include "flow/outgoing/outbound_flow.hpp"
#include "mail/envelope.hpp"
#include "milter/session/mta_actions.hpp"
#include "milter/session/notice_mail.hpp"
#include "milter/session/session.hpp"
#include "milter/session/session_message.hpp"
#include "outbound/plan.hpp"
#include "ports/log.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter::session {

SessionReply Session::end_of_message(MtaActions& mta, std::string_view queue_id) {
    if (message_ == nullptr) {
        return Accept{};
    }
    if (!queue_id.empty()) {
        message_->envelope.queue_id = queue_id;
    }
    message_->is_ending = true;
    message_->asked_at = parts_.release.answers().asked();
    SessionReply reply = Accept{};
    if (message_->course == Course::Weighed) {
        reply = weigh();
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
    switch (message_->course) {
        case Course::Split:
            reply = finish_split(mta);
            break;
        case Course::Inbound:
            finish_inbound(mta);
            break;
        case Course::Pass:
            remove_reserved_fields(mta);
            add_tag(mta);
            leave_to_all(&mta);
            report(nullptr);
            reply = Accept{};
            break;
        case Course::Released:
            if (message_->is_ours) {
                remove_fields(mta, flow::held::kReleaseField);  // the others are ours
            } else {
                remove_reserved_fields(mta);
            }
            leave_to_all(&mta);
            break;
        case Course::Preflight:
            reply = finish_preflight();
            break;
        case Course::Clean:
            remove_reserved_fields(mta);
            reply = Accept{};
            break;
        case Course::Unchecked:
            finish_unchecked(mta);
            reply = Accept{};
            break;
        case Course::Again:
            // The first pass may have added it.
            remove_reserved_fields(
                mta,
                message_->snapshot->settings.policy.tag_header ? kTagField : std::string_view());
            break;
        case Course::Undecided:
        case Course::Weighed:
        case Course::Shadow:
            break;
    }
    return reply;
}

void Session::end_message(const SessionReply& reply) {
    if (message_ != nullptr && message_->override_grant != nullptr &&
        !std::holds_alternative<Answer>(reply)) {
        message_->override_grant->message_left();
    }
    message_.reset();
}

SessionReply Session::finish_notice(MtaActions& mta, SessionReply reply) {
    const Message& message = *message_;
    if (parts_.replies.receive(message.who,
                               message.envelope,
                               message.headers,
                               message.notice.octets(),
                               message.snapshot->settings) == flow::notices::ReplyFate::GoesOn) {
        return reply;
    }
    const std::vector<std::string>& ours = message.notice.recipients();
    if (gone_to_nobody() ||
        std::ranges::all_of(message.envelope.recipients, [&](const mail::Recipient& recipient) {
            return std::ranges::find(ours, recipient.verbatim) != ours.end();
        })) {
        return Discard{};
    }
    return delete_recipients(mta, ours);
}

bool Session::gone_to_nobody() const {
    if (message_->course != Course::Split) {
        return false;
    }
    const auto& split = std::get<outbound::Split>(message_->decision->plan.what);
    return split.pass.empty() || split.reinject_passing;
}

SessionReply Session::finish_split(MtaActions& mta) {
    const flow::outgoing::MessageDecision& decision = *message_->decision;
    const auto& split = std::get<outbound::Split>(decision.plan.what);
    const auto committed = parts_.outbound.commit(message_->who,
                                                  message_->envelope,
                                                  message_->headers,
                                                  decision,
                                                  std::move(*message_->copy),
                                                  message_->snapshot->settings);
    if (!committed.has_value()) {
        SessionReply reply = holding_failed(committed.error());
        if (message_->course != Course::Unchecked) {
            return reply;
        }
        finish_unchecked(mta);
        return Accept{};
    }
    report(&*committed);
    const SessionReply reply = act_on_split(mta, split);
    // A deferred message comes again, and its items are in doubt until then.
    if (!std::holds_alternative<Answer>(reply)) {
        open_answer_ = parts_.release.answers().given(
            {.ids = committed->written, .queue_id = message_->envelope.queue_id},
            message_->asked_at);
        if (!open_answer_.has_value()) {
            trouble(ports::Severity::Warning,
                    fmt::format("the answer took so long that the MTA may have gone on without it: "
                                "{} held items are in doubt, see held list --in-doubt",
                                committed->written.size()));
        }
    }
    return reply;
}

void Session::finish_unchecked(MtaActions& mta) {
    remove_reserved_fields(mta);
    leave_to_all(&mta);
}

SessionReply Session::act_on_split(MtaActions& mta, const outbound::Split& split) {
    if (gone_to_nobody() && !message_->notice.is_addressed()) {
        return Discard{};
    }
    remove_reserved_fields(mta);
    std::vector<std::string> leaving;
    if (gone_to_nobody()) {
        // But for the notice address, which was not judged.
        for (const mail::Recipient& recipient : message_->envelope.recipients) {
            leaving.push_back(recipient.verbatim);
        }
        return delete_recipients(mta, leaving);
    }
    add_tag(mta);
    leave(&mta, split.pass);
    for (const auto& indices : {split.hold, split.defer, split.give_back}) {
        for (const std::size_t i : indices) {
            leaving.push_back(message_->envelope.recipients.at(i).verbatim);
        }
    }
    SessionReply reply = delete_recipients(mta, leaving);
    if (std::holds_alternative<Accept>(reply)) {
        note_left(split.pass);
    }
    return reply;
}

SessionReply Session::finish_preflight() {
    const auto answered = parts_.outbound.answer_preflight(message_->who,
                                                           message_->envelope,
                                                           message_->headers,
                                                           *message_->decision,
                                                           message_->snapshot->settings);
    if (!answered.has_value()) {
        return preflight_failed(answered.error());
    }
    return Discard{};
}

}  // namespace holdback::milter::session
