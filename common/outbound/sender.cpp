// SPDX-License-Identifier: Apache-2.0
#include "outbound/sender.hpp"

#include "config/settings.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/smtp_reply.hpp"

#include <algorithm>
#include <optional>
#include <variant>

namespace holdback::outbound {

std::optional<mail::SmtpReply> sender_refusal(const mail::EnvelopeSender& sender,
                                              const config::OutgoingSettings& settings) {
    if (settings.sender_domains.empty() || std::holds_alternative<mail::NullSender>(sender)) {
        return std::nullopt;
    }
    const auto* address = std::get_if<mail::Address>(&sender);
    if (address != nullptr &&
        std::ranges::find(settings.sender_domains, address->domain().text()) !=
            settings.sender_domains.end()) {
        return std::nullopt;
    }
    return mail::SmtpReply::own(
        550, "5.1.0", "this sender's domain may not send here; ask the postmaster to enrol it");
}

}  // namespace holdback::outbound
