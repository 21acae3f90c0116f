// SPDX-License-Identifier: Apache-2.0
#pragma once
// How far a report can be believed. Only proven failures may teach.

#include "core/clock.hpp"
#include "dsn/report.hpp"
#include "dsn/seal.hpp"
#include "mail/dns_answer.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "mail/ip_address.hpp"
#include "mail/next_hop.hpp"
#include "terms/suppression.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::dsn {

/// The reason why a report about one recipient is proven, or is not.
enum class ProofReason : std::uint8_t {
    OwnMta,            ///< our MTA made the DSN, about a message that left here
    Seal,              ///< our seal came back and fits the recipient
    FeedbackLoop,      ///< a complaint from a source that the settings name
    Unsubscribe,       ///< a letter to an unsubscribe address, from the person who asks
    UnprovenRequest,   ///< such a letter, but anybody may have written it
    NoSeal,            ///< it came from outside without a seal
    NotOurMessage,     ///< it did not come over SMTP, but fits no message that left here
    MalformedSeal,     ///< cut, or not a seal at all
    UnknownKey,        ///< sealed with a key that we do not have, or no longer have
    ExpiredSeal,       ///< older than `[seal] lifetime`
    FutureSeal,        ///< made later than now
    AlteredSeal,       ///< changed, or from another sender
    AnotherRecipient,  ///< the sealed message did not go to the reported recipient
    /// Others have the same seal, and nothing shows that a mail system wrote the report.
    SharedSeal,
};

[[nodiscard]] std::string_view wire_name(ProofReason reason);

struct RecipientProof {
    terms::Proof proof = terms::Proof::Unproven;
    ProofReason reason = ProofReason::NoSeal;
    /// The recipient that it is about, as `Address::key()`; empty when not proven, except with
    /// `SharedSeal`. For `Sealed` it is the recipient that we mailed, which may not be the one that
    /// failed (forwarding). For `Local` it is the recipient that our MTA mailed, after its own
    /// aliases.
    std::string mailed;
    std::string sender;   ///< the sender that sealed the message, or empty
    std::string message;  ///< `OpenSeal::message()`, or empty
    /// The time when the message left, when the proof tells it.
    std::optional<core::TimePoint> left_at = std::nullopt;
    /// With `SharedSeal`: the envelope id, which is in no recipient's copy, came back too.
    bool has_envelope_id = false;

    bool operator==(const RecipientProof&) const = default;
};

struct ReportOrigin {
    mail::Direction direction = mail::Direction::Inbound;
    /// The report's own envelope recipients, as `Address::key()`: the sender of the returned
    /// message.
    std::vector<std::string> recipients;
    core::TimePoint now;
    std::chrono::seconds lifetime{0};  ///< `[seal] lifetime`
};

/// The most seals of a report that are opened, and the most senders that each is tried with.
inline constexpr std::size_t kMostSeals = 8;
inline constexpr std::size_t kMostSenders = 32;

/// The proofs of the recipients of a report, in their order.
///
/// - `Local`: our own MTA made the DSN (it did not come over SMTP and has the form of RFC 3464),
///   and it returns our seal for the recipient that failed. The marks of the MTA's own mail alone
///   prove nothing, because any user of sendmail(1) can make them. A seal that several recipients
///   have in their copies proves nothing either, unless the envelope id came back with it, which is
///   in no copy. `may_be_local_unsealed` tells of messages that went out without a seal.
/// - `Sealed`: the report returns a seal for the recipient. When others received the same seal, the
///   reason is `SharedSeal`, and the proof waits for `is_mail_system_of`.
/// - Everything else is `Unproven`, whoever the report claims to come from.
///
/// Seals are looked for in the envelope id, the returned header and the text. Each is opened once,
/// however often and with whatever white space it stands there; the first `kMostSeals` count. The
/// recipient that we mailed is the one with a tag, among the reported ones and those in the
/// returned header.
[[nodiscard]] std::vector<RecipientProof> prove(const Report& report,
                                                const ReportOrigin& origin,
                                                const SealKeys& keys);

/// True for a complaint whose provider hides who complained, and whose recipient is still unknown.
/// When the header of the message names somebody else, such as a list, the seal shows it.
[[nodiscard]] bool names_nobody(const Report& report, const RecipientProof& proof);

/// The seals of a report that only one recipient has received, whoever it is.
[[nodiscard]] std::vector<OpenSeal> seals_of_one(const Report& report,
                                                 const ReportOrigin& origin,
                                                 const SealKeys& keys);

/// The proof, by such a seal, that a report is about the recipient (a key) that it covers.
[[nodiscard]] RecipientProof proof_by(const OpenSeal& seal, std::string recipient);

/// The proof of what our own MTA says about a recipient.
[[nodiscard]] RecipientProof local_proof(const RecipientReport& recipient);

/// True for a report that our MTA made, by its marks and form, and that has no proof so far. It is
/// `Local` when a message with the queue id in it left here unsealed, to its recipient.
[[nodiscard]] bool may_be_local_unsealed(const Report& report,
                                         const ReportOrigin& origin,
                                         const RecipientProof& proof);

/// True when the client is one of the hosts that take mail for a domain: its address is among those
/// of the MX hosts, or of the domain itself when it has no MX. Names prove nothing: anybody who
/// rents a host has a name below the provider's domain.
[[nodiscard]] bool is_mail_system_of(const mail::IpAddress& client,
                                     const mail::DomainAnswers& answers);

/// True when the client is a host of a named next hop.
[[nodiscard]] bool is_hop(const mail::IpAddress& client,
                          const mail::NamedHop& hop,
                          const mail::DomainAnswers& answers);

/// How a host that brings a report is known as one that takes our mail on its way.
enum class Handover : std::uint8_t {
    None,   ///< it is not known as one
    Found,  ///< by the MTA's configuration or its log
    Named,  ///< by `[seal] relays`
};

/// True when the host that brings a report is reason enough to believe it. The report has the null
/// sender and returns a seal of several recipients (`ProofReason::SharedSeal`). A relay has other
/// customers, and one of them may be among the recipients. So a relay that was found is believed
/// only when it made the report itself (by `has_come_a_way`) or the envelope id came back.
[[nodiscard]] bool believes_handover(Handover handover,
                                     const RecipientProof& proof,
                                     bool has_come_a_way);

/// True when the trace fields say that a client handed the message to the host that brings it. Such
/// a field begins with "from" and does not describe mail of the host's own programs.
[[nodiscard]] bool has_come_a_way(const mail::HeaderList& headers);

}  // namespace holdback::dsn
