// SPDX-License-Identifier: Apache-2.0
#pragma once
// The DSN that tells a sender which recipients Holdback took out of a message.

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
    bool by_mta = false;      ///< the MTA gave `reply`
    std::string explanation;  ///< one clause in plain words
    /// The known cause; `kUnknownFailure`: see the reply.
    terms::FailureCode code = terms::kUnknownFailure;
};

/// What happens to the other recipients of the message.
enum class Others : std::uint8_t {
    GetIt,
    SomeHeld,  ///< some get it, some are held
    AllHeld,
    None,     ///< nobody else can get it
    NotTold,  ///< the DSN comes later; their outcomes are separate
};

struct ReturnDsnFacts {
    std::string reporting_mta;  ///< our host name
    std::string sender;         ///< the sender to tell; never the null sender
    /// The original envelope sender, when `sender` is the postmaster of this host who is told
    /// instead; else empty.
    std::string in_place_of;
    std::string envelope_id;  ///< ENVID of the original, or empty
    std::string queue_id;     ///< of the original, or empty
    std::string unique;       ///< makes the Message-ID unique
    core::TimePoint now;
    std::vector<ReturnedRecipient> recipients;
    Others others = Others::GetIt;
    std::string original_header;  ///< header block of the original, CRLF line ends
    std::string original;         ///< the whole original if it is to be returned, or empty
    /// Our header fields that tell programs what the DSN reports, with CRLF line ends; or empty.
    std::string marks;
    bool require_tls = false;  ///< the original came with REQUIRETLS
};

/// A multipart/report message (RFC 3464; RFC 6533 if an address or a header is not ASCII) with CRLF
/// line ends: an explanation, the delivery status, and the header or the whole of the original. It
/// has `Auto-Submitted: auto-replied` (RFC 3834 section 5).
[[nodiscard]] std::string compose_return_dsn(const ReturnDsnFacts& facts);

}  // namespace holdback::letters
