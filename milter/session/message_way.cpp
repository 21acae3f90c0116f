// SPDX-License-Identifier: Apache-2.0
#include "milter/session/message_way.hpp"

#include "config/settings.hpp"
#include "core/text.hpp"
#include "flow/outgoing/preflight.hpp"
#include "flow/passing_message.hpp"
#include "flow/submitting.hpp"
#include "mail/envelope.hpp"
#include "milter/session/session_parts.hpp"
#include "outbound/own_sender.hpp"
#include "outbound/received.hpp"

#include <fmt/format.h>

namespace holdback::milter::session {

namespace {

void take_login(const outbound::Entry& entry, flow::Submitting& who) {
    if (!who.logged_in && outbound::has_logged_in_before(who.origin(), entry)) {
        who.logged_in = true;
        who.user = entry.user;
    }
}

void say_which_way(const SessionParts& parts,
                   const flow::PassingMessage& message,
                   const outbound::Entry& entry,
                   flow::Way way) {
    const bool came_in = way == flow::Way::CameIn;
    // A list manager hands in mail from outside all day.
    if (!came_in && message.headers.has("List-Id")) {
        return;
    }
    const auto left_out = parts.warnings.admit(came_in ? "came-in-before" : "own-by-name");
    if (!left_out.has_value()) {
        return;
    }
    parts.log.write(
        ports::Severity::Warning,
        fmt::format(
            "session={} mail of {} came to this host from {} and is handed in again by {} without "
            "login: {}, see CONTENT FILTERS in holdback(8){}",
            core::log_safe(message.who.session_id),
            core::log_safe(message.envelope.sender_text()),
            entry.address.has_value() ? entry.address->text() : "outside",
            message.who.over_smtp ? core::log_safe(message.who.client_text) : "sendmail(1)",
            came_in ? "it is taken for inbound, and not judged; if it is yours, name its "
                      "domain in [outgoing] own_domains"
                    : "it is taken for outgoing, because the domain is yours; if no list manager "
                      "sends it on, anybody may have written that sender, and the first pass has "
                      "to go by this milter too",
            *left_out == 0 ? "" : fmt::format(" ({} more)", *left_out)));
}

}  // namespace

void look_at_the_way(const SessionParts& parts, flow::PassingMessage& message) {
    mail::Envelope& envelope = message.envelope;
    const config::Settings& settings = message.settings();
    if (envelope.direction == mail::Direction::Inbound) {
        return;
    }
    const outbound::Entry entry = parts.own_senders.entry_of(message.headers, settings);
    if (envelope.direction == mail::Direction::Outgoing) {
        take_login(entry, message.who);
    }
    if (flow::outgoing::preflight_wish(message) == flow::outgoing::PreflightWish::None &&
        parts.judged_before.recognise(message.headers, envelope)) {
        envelope.direction = mail::Direction::Outgoing;
        return;
    }
    if (envelope.direction == mail::Direction::OwnBounce) {
        // The MTA's own bounces have no Received field: a program has handed this one in.
        if (message.headers.has("Received")) {
            envelope.direction = mail::Direction::Inbound;
        }
        return;
    }
    const flow::SenderIs sender_is = parts.judged_before.has_come_in(message.headers, envelope)
                                         ? flow::SenderIs::TheSame
                                         : flow::SenderIs::Unknown;
    const flow::Way way =
        parts.own_senders.way_of(message.who.origin(), envelope.sender, entry, sender_is, settings);
    if (way != flow::Way::Outgoing) {
        say_which_way(parts, message, entry, way);
    }
    if (way == flow::Way::CameIn) {
        envelope.direction = mail::Direction::Inbound;
        // If we saw the first pass, the header is not needed.
        if (entry.by_us && sender_is == flow::SenderIs::Unknown) {
            message.who.entered_from = entry.address;
        }
    }
}

}  // namespace holdback::milter::session
