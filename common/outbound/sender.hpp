// SPDX-License-Identifier: Apache-2.0
#pragma once
// Decides whether an envelope sender may send at all.

#include "config/sender_logins.hpp"
#include "config/settings.hpp"
#include "mail/envelope.hpp"
#include "mail/smtp_reply.hpp"

#include <optional>
#include <string_view>

namespace holdback::outbound {

/// The reasons in decision lines for mail refused by `sender_refusal`: by `[outgoing]
/// sender_domains`, and by `sender_logins`.
inline constexpr std::string_view kSenderNotEnrolled = "sender-not-enrolled";
inline constexpr std::string_view kSenderNotPermitted = "sender-not-permitted";

struct SenderRefusal {
    mail::SmtpReply reply;  ///< 550 5.1.0
    std::string_view reason;
};

/// The refusal of a sender whose domain `[outgoing] sender_domains` does not list, or whom this
/// user may not use; nullopt: the sender may send. The list names whole domains, not those below
/// them. An empty list admits everybody, and every list admits the null sender. A sender without a
/// valid domain is on no list. Without a user (`user` is empty), `logins` say nothing.
[[nodiscard]] std::optional<SenderRefusal> sender_refusal(const mail::EnvelopeSender& sender,
                                                          std::string_view user,
                                                          const config::OutgoingSettings& settings,
                                                          const config::SenderLogins& logins);

}  // namespace holdback::outbound
