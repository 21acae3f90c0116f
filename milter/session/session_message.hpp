// SPDX-License-Identifier: Apache-2.0
#pragma once
// The session's state for the message under way: only for the sources of `milter/session`.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "flow/open_answers.hpp"
#include "flow/outgoing/holding.hpp"
#include "flow/outgoing/message_decision.hpp"
#include "flow/passing_message.hpp"
#include "flow/sender_limits.hpp"
#include "milter/session/mta_actions.hpp"
#include "milter/session/notice_mail.hpp"
#include "milter/session/session_parts.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace holdback::milter::session {

/// What happens to the message once its headers are known.
enum class Course : std::uint8_t {
    Undecided,
    Weighed,    ///< read before it is decided
    Shadow,     ///< decided, but nothing is changed
    Pass,       ///< everybody gets it, with a tag or a seal
    Split,      ///< recipients are taken out
    Released,   ///< a held message on its way out
    Preflight,  ///< only asked about: discarded once the answer is durable
    Inbound,    ///< kept to be parsed
    Clean,      ///< only forged fields are removed
    Unchecked,  ///< something of ours has failed: everybody gets it, with a seal
    Again,      ///< judged on an earlier pass: like Clean, but the tag of that pass stays
};

/// One message, made anew at each MAIL.
struct SessionMessage {
    flow::PassingMessage mail;
    core::SteadyPoint asked_at;  ///< when the MTA began to wait for the answer to its end
    bool own_notice = false;     ///< the MTA's notice to the postmaster: left alone
    NoticeMail notice;
    std::size_t window = 0;
    bool may_be_judged = false;  ///< by its envelope id; see flow::outgoing::JudgedBefore
    std::chrono::milliseconds budget{0};
    flow::Booking booking;  ///< ends before `mail`, to whose limits it belongs
    Course course = Course::Undecided;
    std::unique_ptr<flow::outgoing::MessageDecision> decision;
    std::unique_ptr<flow::outgoing::HeldCopy> copy;
    std::unique_ptr<flow::notices::OverrideGrant> override_grant;
    /// The answer about what was held; the MTA is not known to have gone on after it.
    std::optional<flow::OpenAnswers::Ticket> open_answer;
    /// An inbound message, up to `[dsn] max_message`; or the body so far of an outgoing message
    /// that is weighed.
    std::string octets;
    bool is_ours = false;     ///< released, and written by Holdback
    bool unchecked = false;   ///< something of ours has failed: no more is decided
    bool has_header = false;  ///< the whole header is known
    bool is_ending = false;   ///< the MTA waits for the last answer

    /// True when there is a field that only we may write.
    [[nodiscard]] bool has_reserved_fields() const;
    /// True when none of the judged recipients is left in the envelope.
    [[nodiscard]] bool gone_to_nobody() const;
    /// Writes a log line with the session's name.
    void say(ports::Log& log, ports::Severity severity, std::string_view what) const;
};

/// The answer to a message when something of ours has failed.
[[nodiscard]] SessionReply error_reply(config::ErrorAnswer wanted);

}  // namespace holdback::milter::session
