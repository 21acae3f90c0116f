// SPDX-License-Identifier: Apache-2.0
#include "outbound/sender.hpp"

#include "config/sender_logins.hpp"
#include "config/settings.hpp"
#include "core/text.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/smtp_reply.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <fmt/format.h>

namespace holdback::outbound {

namespace {

bool is_enrolled(const mail::EnvelopeSender& sender, const config::OutgoingSettings& settings) {
    if (settings.sender_domains.empty() || std::holds_alternative<mail::NullSender>(sender)) {
        return true;
    }
    const auto* address = std::get_if<mail::Address>(&sender);
    return address != nullptr &&
           std::ranges::find(settings.sender_domains, address->domain().text()) !=
               settings.sender_domains.end();
}

std::string shown(const mail::EnvelopeSender& sender) {
    constexpr std::size_t kMostShown = 120;
    const auto* address = std::get_if<mail::Address>(&sender);
    return core::printable(address == nullptr ? std::get<std::string>(sender) : address->text(),
                           kMostShown);
}

}  // namespace

std::optional<SenderRefusal> sender_refusal(const mail::EnvelopeSender& sender,
                                            std::string_view user,
                                            const config::OutgoingSettings& settings,
                                            const config::SenderLogins& logins) {
    constexpr std::size_t kMostUser = 60;
    if (!is_enrolled(sender, settings)) {
        return SenderRefusal{
            mail::SmtpReply::own(
                550,
                "5.1.0",
                "this sender's domain may not send here; ask the postmaster to enrol it"),
            kSenderNotEnrolled};
    }
    if (logins.right_of(user, sender) == config::SenderRight::Forbidden) {
        return SenderRefusal{
            mail::SmtpReply::own(
                550,
                "5.1.0",
                fmt::format("user {} may not send as {}; use a sender of your own, or ask the "
                            "postmaster to allow this one",
                            core::printable(user, kMostUser),
                            shown(sender))),
            kSenderNotPermitted};
    }
    return std::nullopt;
}

}  // namespace holdback::outbound
