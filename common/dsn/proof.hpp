// SPDX-License-Identifier: Apache-2.0
#pragma once
// How far a report can be believed: only what is proven may teach.

#include "dsn/report.hpp"
#include "mail/envelope.hpp"
#include "mail/suppression.hpp"

namespace holdback::dsn {

/// What proves, or fails to prove, that a report tells the truth.
struct ProofFacts {
    mail::Direction direction = mail::Direction::Inbound;
    MessageKind kind = MessageKind::Ordinary;
};

/// `Local` when our own MTA made the DSN: it did not come over SMTP and has the form in which MTAs
/// report (RFC 3464). Everything else is `Unproven`, whoever it claims to come from.
[[nodiscard]] mail::Proof prove(const ProofFacts& facts);

}  // namespace holdback::dsn
