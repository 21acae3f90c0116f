// SPDX-License-Identifier: Apache-2.0
#pragma once
// May this envelope sender send at all?

#include "config/settings.hpp"
#include "mail/envelope.hpp"
#include "mail/smtp_reply.hpp"

#include <optional>
#include <string_view>

namespace holdback::outbound {

/// The reason in decision lines of mail refused by `sender_refusal`.
inline constexpr std::string_view kSenderNotEnrolled = "sender-not-enrolled";

/// What the client is told when `[outgoing] sender_domains` does not list the sender's domain:
/// 550 5.1.0. Nullopt: it may send. The list names whole domains, not what is below them; an empty
/// list admits everybody, and every list admits the null sender. A sender without a valid domain
/// stands on no list.
[[nodiscard]] std::optional<mail::SmtpReply> sender_refusal(
    const mail::EnvelopeSender& sender, const config::OutgoingSettings& settings);

}  // namespace holdback::outbound
