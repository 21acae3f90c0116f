// SPDX-License-Identifier: Apache-2.0
#pragma once
// The DSN by which a sender is told what Holdback took out of a message.

#include "core/clock.hpp"
#include "mail/smtp_reply.hpp"
#include "terms/failure_code.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace holdback::letters {

/// One recipient who did not get the message.
struct ReturnedRecipient {
    std::string address;      ///< without brackets
    std::string original;     ///< ORCPT argument's value ("rfc822;a@b"), or empty
    mail::SmtpReply reply;    ///< what a server would have said, or the MTA said
    bool by_mta = false;      ///< it is the MTA's
    std::string explanation;  ///< one clause in plain words
    /// What is known of the cause; `kUnknownFailure`: what the reply says.
    terms::FailureCode code = terms::kUnknownFailure;
};

/// What becomes of the other recipients of the message.
enum class Others : std::uint8_t {
    GetIt,
    SomeHeld,  ///< some get it, some are held
    AllHeld,
    None,     ///< there are none who could get it
    NotTold,  ///< the DSN comes later, and they have ends of their own
};

/// What the DSN is made of.
struct ReturnDsnFacts {
    std::string reporting_mta;  ///< our host name
    std::string sender;         ///< whom to tell; never the null sender
    /// The envelope sender when `sender` is the postmaster of this host, who is told in his place;
    /// else empty.
    std::string in_place_of;
    std::string envelope_id;  ///< ENVID of the original, or empty
    std::string queue_id;     ///< of the original, or empty
    std::string unique;       ///< makes the Message-ID unique
    core::TimePoint now;
    std::vector<ReturnedRecipient> recipients;
    Others others = Others::GetIt;
    std::string original_header;  ///< header block of the original, CRLF line ends
    std::string original;         ///< the whole of it where it is to be returned, or empty
    /// Header fields of ours that tell programs what it reports, with CRLF line ends; or empty.
    std::string marks;
    bool require_tls = false;  ///< the original came with REQUIRETLS
};

/// A multipart/report message (RFC 3464; RFC 6533 where an address or a header is not ASCII) with
/// CRLF line ends: an explanation, the delivery status, the header or the whole of the original. It
/// bears `Auto-Submitted: auto-replied` (RFC 3834 section 5).
[[nodiscard]] std::string compose_return_dsn(const ReturnDsnFacts& facts);

}  // namespace holdback::letters
