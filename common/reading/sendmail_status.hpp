// SPDX-License-Identifier: Apache-2.0
#pragma once
// The status that Sendmail makes up for a reply that has none.

#include "mail/enhanced_status.hpp"
#include "mail/smtp_reply.hpp"

#include <optional>

namespace holdback::reading {

/// The status without Sendmail's guesses. Sendmail writes 5.1.1 ("User unknown") for a bare 550,
/// whatever the reply says, and does the like for 551, 552 and 553. Such a guess becomes 5.0.0, so
/// that the text of the reply decides. Every other status stays.
[[nodiscard]] mail::EnhancedStatus without_guess(const mail::EnhancedStatus& status,
                                                 const std::optional<mail::SmtpReply>& reply);

}  // namespace holdback::reading
