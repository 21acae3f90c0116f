// SPDX-License-Identifier: Apache-2.0
#pragma once
// One outcome as one log line of key=value pairs in fixed order. New keys go to the end, and no key
// is ever renamed: people grep for them.

#include "config/policy.hpp"
#include "config/settings.hpp"
#include "dsn/report.hpp"
#include "mail/enhanced_status.hpp"
#include "outbound/bulk.hpp"
#include "terms/failure_code.hpp"
#include "terms/suppression.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdback::report {

/// The decision about one recipient of an outgoing message.
struct OutboundDecision {
    std::string session;    ///< our own id of the SMTP session
    std::string queue_id;   ///< empty until the MTA tells it
    std::string sender;     ///< without brackets; "" is the null sender
    std::string recipient;  ///< as `mail::Recipient::shown` gives it
    /// In `Shadow` the verdict is the one that would have been applied.
    config::Mode mode = config::Mode::Shadow;
    config::PolicyAction verdict = config::PolicyAction::Pass;
    /// The verdict if no finding were in shadow.
    config::PolicyAction unshadowed = config::PolicyAction::Pass;
    std::string reason;  ///< wire name of the deciding finding, or the reason to refuse the sender
    std::optional<terms::FailureCode> code;
    outbound::StreamDecision stream;
    std::optional<std::chrono::milliseconds> dns_time;  ///< nullopt: DNS was not asked
    std::optional<std::int64_t> held_id;                ///< the number that people use
    std::string envelope_id;  ///< ENVID from the client; empty without one
    bool overridden = false;  ///< X-Holdback-Override prevented a hold
    std::string campaign;     ///< the campaign's name for people; empty without one
    std::string route;  ///< route of the domain, "mx", "local:mydestination"; empty: not looked up
    /// The mailbox of the suppression entry, if that is not the recipient itself; else empty.
    std::string suppressed_as;
};

/// `decision flow=outbound qid="4Xk2" sender="…" rcpt="…" verdict=hold reason=null-mx bulk=yes
/// dns_ms=12 code=2002 signal="header:List-Id" mode=enforce unshadowed=hold held=17 session="…"
/// envid="QQ314159" override=no campaign="spring" suppressed_as=none route=null-mx`.
/// What is absent is written `none`.
[[nodiscard]] std::string decision_line(const OutboundDecision& decision);

/// The effect of an inbound report on the suppression list.
enum class LearnOutcome : std::uint8_t { No, Counted, Suppressed };

/// The result for one recipient of an inbound report.
struct InboundDecision {
    std::string session;
    std::string queue_id;
    dsn::MessageKind kind = dsn::MessageKind::Ordinary;
    std::string recipient;
    std::string behind;  ///< the final recipient, if it is another one; else empty
    std::optional<terms::FailureCode> code;
    std::optional<mail::EnhancedStatus> status;
    dsn::Action action = dsn::Action::Failed;
    terms::Proof proof = terms::Proof::Unproven;
    std::string proof_reason;  ///< wire name of the reason for `proof`; empty when not asked
    std::string rule;          ///< id of the deciding rule; empty without one
    LearnOutcome learned = LearnOutcome::No;
    std::string learn_reason;  ///< wire name of the reason for `learned`
};

/// `decision flow=inbound qid="…" kind=dsn rcpt="…" code=2001 status=5.1.1 proof=local
/// rule="text/user-unknown" learned=suppressed action=failed session="…" proof_reason=own-mta
/// learn_reason=suppressed final=none`.
[[nodiscard]] std::string decision_line(const InboundDecision& decision);
/// One line instead of those of `more` further recipients of the same message, which nothing
/// proves.
[[nodiscard]] std::string more_unproven_line(const InboundDecision& last, std::size_t more);

/// A change by a person: one entry of the suppression list, many entries, or a stopped campaign.
struct ChangeDecision {
    std::string what;     ///< wire name: "added", "imported", "campaign-continued"
    std::string subject;  ///< empty: several
    std::string scope;
    std::uint64_t entries = 1;
    std::string who;     ///< "anna (uid 1000)"
    std::string from;    ///< "holdbackctl on pts/3"
    std::string at;      ///< the time, "2026-01-01T14:00:00Z"
    std::string detail;  ///< "bounce 2001", or the names of files
};

/// `decision flow=change what=added subject="bo@example.net" scope="global" entries=1
/// by="anna (uid 1000)" from="holdbackctl on pts/3" at="2026-01-01T14:00:00Z"
/// detail="manual 1999"`.
[[nodiscard]] std::string decision_line(const ChangeDecision& decision);

/// An entry of the suppression list that a delivery proved wrong.
struct LiftDecision {
    std::string subject;
    std::string scope;
    std::optional<terms::FailureCode> code;
    std::string since;  ///< when the entry was first seen
};

/// `decision flow=lift subject="bo@example.net" scope="global" code=2001 since="…"`.
[[nodiscard]] std::string decision_line(const LiftDecision& decision);

/// A failure that a line of the MTA's log reported.
struct OutcomeDecision {
    std::string queue_id;
    std::string recipient;
    std::optional<terms::FailureCode> code;
    std::optional<mail::EnhancedStatus> status;
    std::string rule;
    terms::Proof proof = terms::Proof::Local;
    LearnOutcome learned = LearnOutcome::No;
    std::string learn_reason;
    std::string relay;
};

/// `decision flow=outcome qid="…" rcpt="…" code=2001 status=5.1.1 proof=local rule="…"
/// learned=suppressed learn_reason=suppressed relay="mx.example.net"`.
[[nodiscard]] std::string decision_line(const OutcomeDecision& decision);

/// How a held item ended, or why it did not.
enum class ReleaseVerdict : std::uint8_t { Released, Refused, Interrupted, Returned, Discarded };

struct ReleaseDecision {
    std::int64_t item = 0;  ///< the number that people use
    std::string sender;
    std::string recipient;
    ReleaseVerdict verdict = ReleaseVerdict::Interrupted;
    std::string answer;  ///< the MTA's answer, or what went wrong
    std::string cause;   ///< the origin of the request: "command", "expiry", "notice", …
};

/// `decision flow=release item=17 rcpt="…" verdict=released answer="250 2.0.0 Ok" sender="…"
/// cause="expiry"`.
[[nodiscard]] std::string decision_line(const ReleaseDecision& decision);

/// The outcome of a notice to a sender, or of an answer to one.
enum class NoticeVerdict : std::uint8_t {
    Sent,        ///< the notice was made
    Accepted,    ///< the answer is obeyed
    Refused,     ///< the answer is not obeyed, and its sender is told why
    Ignored,     ///< the answer goes on as ordinary mail
    Overridden,  ///< X-Holdback-Override released recipients when the message was sent
    Withdrawn,   ///< an override of a message that was not sent: the budget gets it back
};

struct NoticeDecision {
    std::string notice;    ///< id; empty without one
    std::string queue_id;  ///< of the answer
    std::string sender;    ///< of the mail that was held
    std::string user;      ///< SASL user who answered or sent
    std::string from;      ///< envelope sender of the answer
    NoticeVerdict verdict = NoticeVerdict::Ignored;
    std::string reason;     ///< a word, or empty
    std::size_t items = 0;  ///< items in the notice, or in the request
    std::string session;
    std::string to;  ///< the address to which a notice went
};

/// `decision flow=notice notice="0123456789ab" sender="…" verdict=refused reason=other-user items=2
/// from="…" user="…" qid="…" session="…" to="…"`.
[[nodiscard]] std::string decision_line(const NoticeDecision& decision);

/// A held item that goes to another address.
struct ReaddressDecision {
    std::int64_t item = 0;
    std::string sender;
    std::string from;  ///< the original address
    std::string to;
    std::string by;  ///< the person who wants it, and the means
};

/// `decision flow=readdress item=17 sender="…" rcpt="old" to="new" by="…"`.
[[nodiscard]] std::string decision_line(const ReaddressDecision& decision);

[[nodiscard]] std::string_view wire_name(NoticeVerdict verdict);
[[nodiscard]] std::string_view wire_name(LearnOutcome outcome);
[[nodiscard]] std::string_view wire_name(ReleaseVerdict verdict);

}  // namespace holdback::report
