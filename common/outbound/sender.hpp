// SPDX-License-Identifier: Apache-2.0
#pragma once
// Decides whether an envelope sender may send at all.

#include "config/settings.hpp"
#include "mail/envelope.hpp"
#include "mail/smtp_reply.hpp"

#include <optional>
#include <string_view>

namespace holdback::outbound {

/// The reason in decision lines for mail refused by `sender_refusal`.
inline constexpr std::string_view kSenderNotEnrolled = "sender-not-enrolled";

/// The reply (550 5.1.0) when `[outgoing] sender_domains` does not list the sender's domain;
/// nullopt: the sender may send. The list names whole domains, not those below them. An empty list
/// admits everybody, and every list admits the null sender. A sender without a valid domain is on
/// no list.
[[nodiscard]] std::optional<mail::SmtpReply> sender_refusal(
    const mail::EnvelopeSender& sender, const config::OutgoingSettings& settings);

}  // namespace holdback::outbound
