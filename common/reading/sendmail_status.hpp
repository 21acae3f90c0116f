// SPDX-License-Identifier: Apache-2.0
#pragma once
// The status that Sendmail makes up for a reply that has none.

#include "mail/enhanced_status.hpp"
#include "mail/smtp_reply.hpp"

#include <optional>

namespace holdback::reading {

/// What a status that Sendmail gives is worth: for a bare 550 it writes 5.1.1 ("User unknown"),
/// whatever the reply says, and so for 551, 552 and 553. Such a guess becomes 5.0.0, so that the
/// text of the reply decides; every other status stays.
[[nodiscard]] mail::EnhancedStatus without_guess(const mail::EnhancedStatus& status,
                                                 const std::optional<mail::SmtpReply>& reply);

}  // namespace holdback::reading
