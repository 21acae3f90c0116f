// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a session knows of the message under way: for the sources of `milter/session` alone.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "flow/notices/notice_replies.hpp"
#include "flow/outgoing/outbound_flow.hpp"
#include "flow/snapshot.hpp"
#include "flow/submitting.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "milter/session/notice_mail.hpp"
#include "milter/session/session.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace holdback::milter::session {

/// What is done with the message once its headers are known.
enum class Course : std::uint8_t {
    Undecided,
    Weighed,    ///< read before it is decided upon
    Shadow,     ///< decided, and nothing is changed
    Pass,       ///< everybody gets it, with a tag or a seal
    Split,      ///< recipients are taken out
    Released,   ///< a held message on its way out
    Preflight,  ///< only asked about: discarded when the answer is safe
    Inbound,    ///< kept to be understood
    Clean,      ///< only forged fields are removed
    Unchecked,  ///< trouble of ours: everybody gets it, with a seal
    Again,      ///< judged before: the same, but for the fields of the earlier pass
};

struct Session::Message {
    std::shared_ptr<const flow::Snapshot> snapshot;
    mail::Envelope envelope;
    mail::HeaderList headers;
    flow::Submitting who;
    core::SteadyPoint asked_at;  ///< when the MTA began to wait for the end of it
    bool own_notice = false;     ///< the MTA's notice to the postmaster: left alone
    NoticeMail notice;
    std::size_t window = 0;
    bool may_be_judged = false;  ///< by its envelope id; see flow::outgoing::JudgedBefore
    std::chrono::milliseconds budget{0};
    Course course = Course::Undecided;
    std::unique_ptr<flow::outgoing::MessageDecision> decision;
    std::unique_ptr<flow::outgoing::HeldCopy> copy;
    std::unique_ptr<flow::notices::OverrideGrant> override_grant;
    /// An inbound message, up to `[dsn] max_message`; the body so far of an outgoing one that is
    /// weighed.
    std::string octets;
    bool is_ours = false;     ///< released, and written by Holdback itself
    bool unchecked = false;   ///< something of ours has failed: nothing is decided any more
    bool has_header = false;  ///< the whole header is known
    bool is_ending = false;   ///< the MTA waits for the last answer
};

/// On outgoing mail, where the settings ask for it: the findings whose policy is `tag` and that all
/// who get the message have.
inline constexpr std::string_view kTagField = "X-Holdback-Tag";
/// Seals of other systems on the way that stay on outgoing mail, so that its bounces prove
/// themselves there; more are nobody's.
inline constexpr std::size_t kMostForeignSeals = 4;

/// The answer to a message when something of ours has failed.
[[nodiscard]] SessionReply error_reply(config::ErrorAnswer answer);

}  // namespace holdback::milter::session
