// SPDX-License-Identifier: Apache-2.0
#pragma once
// How far a report can be believed: only what is proven may teach.

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

/// Why a report of one recipient's fate is, or is not, proven.
enum class ProofReason : std::uint8_t {
    OwnMta,            ///< our MTA made the DSN, about a message that left here
    Seal,              ///< our seal came back and fits the recipient
    FeedbackLoop,      ///< a complaint from a source that the settings name
    Unsubscribe,       ///< a letter to an address for unsubscribing, from who asks for himself
    UnprovenRequest,   ///< such a letter, but anybody may have written it
    NoSeal,            ///< it came from outside and brought no seal
    NotOurMessage,     ///< it did not come over SMTP, but is about nothing that left here
    MalformedSeal,     ///< cut, or no seal at all
    UnknownKey,        ///< sealed with a key that we do not have (any more)
    ExpiredSeal,       ///< older than `[seal] lifetime`
    FutureSeal,        ///< made later than now
    AlteredSeal,       ///< changed, or of another sender
    AnotherRecipient,  ///< the sealed message did not go to the recipient that is reported
    /// Others have the same seal, and nothing shows that a mail system has written the report.
    SharedSeal,
};

[[nodiscard]] std::string_view wire_name(ProofReason reason);

/// How one recipient's report is proven.
struct RecipientProof {
    terms::Proof proof = terms::Proof::Unproven;
    ProofReason reason = ProofReason::NoSeal;
    /// When proven: whom it is about, as `Address::key()`. For `Sealed` the recipient that we
    /// mailed, who need not be the one that failed (forwarding); for `Local` the one that our MTA
    /// mailed, after its own aliases. Else empty.
    std::string mailed;
    std::string sender;   ///< the sender that sealed it, or empty
    std::string message;  ///< `OpenSeal::message()`, or empty
    /// When the message left, as far as the proof tells it.
    std::optional<core::TimePoint> left_at = std::nullopt;
    /// With `SharedSeal`: the envelope id came back too, which stands in nobody's copy.
    bool has_envelope_id = false;

    bool operator==(const RecipientProof&) const = default;
};

/// What is known about a report beside its own words.
struct ReportOrigin {
    mail::Direction direction = mail::Direction::Inbound;
    /// The report's own envelope recipients, as `Address::key()`: the sender of what it returns.
    std::vector<std::string> recipients;
    core::TimePoint now;
    std::chrono::seconds lifetime{0};  ///< `[seal] lifetime`
};

/// Seals of a report that are opened at most, and the senders that each is tried with.
inline constexpr std::size_t kMostSeals = 8;
inline constexpr std::size_t kMostSenders = 32;

/// Proofs of the recipients of a report, in their order.
///
/// - `Local`: our own MTA made the DSN (it did not come over SMTP and has the form of RFC 3464),
///   and it returns a seal of ours for the recipient that failed. The marks of the MTA's own mail
///   alone prove nothing, because whoever may call sendmail(1) can make them. A seal that several
///   recipients have in their copies proves nothing here either, unless the envelope id has come
///   back with it, which stands in no copy. A message that went out without a seal is told by
///   `may_be_local_unsealed`.
/// - `Sealed`: it returns a seal for the recipient. With a seal that others have received as well,
///   the reason is `SharedSeal`, and the proof waits for `is_mail_system_of`.
/// - Everything else is `Unproven`, whoever it claims to come from.
///
/// A seal is looked for in the envelope id, the returned header and the text, each once however
/// often and in whatever white space it stands there; `kMostSeals` of them count. The recipient
/// that we mailed is, of the reported ones and of those that the returned header names, the one
/// with a tag. The work grows with the recipients of the report, not with those of its seals.
[[nodiscard]] std::vector<RecipientProof> prove(const Report& report,
                                                const ReportOrigin& origin,
                                                const SealKeys& keys);

/// True for a complaint whose provider hides who complained, and that nothing names so far: where
/// the header of the message names somebody else, as that of a list does, the seal says so.
[[nodiscard]] bool names_nobody(const Report& report, const RecipientProof& proof);

/// The seals of a report that one recipient alone has received, whoever that is.
[[nodiscard]] std::vector<OpenSeal> seals_of_one(const Report& report,
                                                 const ReportOrigin& origin,
                                                 const SealKeys& keys);

/// The proof by such a seal that a report is about the recipient (a key) whom it covers.
[[nodiscard]] RecipientProof proof_by(const OpenSeal& seal, std::string recipient);

/// The proof of what our own MTA says of a recipient.
[[nodiscard]] RecipientProof local_proof(const RecipientReport& recipient);

/// True for a report that our MTA made by its marks and form, and that nothing proved so far: it is
/// `Local` when a message with the queue id that it names left here unsealed, to its recipient.
[[nodiscard]] bool may_be_local_unsealed(const Report& report,
                                         const ReportOrigin& origin,
                                         const RecipientProof& proof);

/// True when the client is one of the hosts that take mail for a domain: by its address, which is
/// among those of the MX hosts (of the domain itself where it has no MX). Names prove nothing:
/// whoever rents a host has one below its provider's domain.
[[nodiscard]] bool is_mail_system_of(const mail::IpAddress& client,
                                     const mail::DomainAnswers& answers);

/// True when the client is a host that a next hop names.
[[nodiscard]] bool is_hop(const mail::IpAddress& client,
                          const mail::NamedHop& hop,
                          const mail::DomainAnswers& answers);

/// How the host that brings a report is known as one to which our mail is handed over on its way.
enum class Handover : std::uint8_t {
    None,   ///< it is not
    Found,  ///< the MTA's configuration or its log tells it
    Named,  ///< `[seal] relays` has it
};

/// True when a report that returns a seal of several recipients (`ProofReason::SharedSeal`), with
/// the null sender, is believed for the host that brings it. A relay has other customers, and one
/// of them may be among the recipients. So of a relay that was found, only reports that it made
/// itself count (by `has_come_a_way`), or those that return the envelope id.
[[nodiscard]] bool believes_handover(Handover handover,
                                     const RecipientProof& proof,
                                     bool has_come_a_way);

/// True when the trace fields say that a client has handed the message to the host that brings it:
/// a field that begins with "from", other than for what its own programs have made.
[[nodiscard]] bool has_come_a_way(const mail::HeaderList& headers);

}  // namespace holdback::dsn
