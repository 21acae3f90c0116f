// SPDX-License-Identifier: Apache-2.0
#include "flow/notices/notice_reader.hpp"

#include "config/notice_choice.hpp"
#include "config/settings.hpp"
#include "mail/address.hpp"
#include "mail/header.hpp"
#include "mail/mailbox_list.hpp"
#include "mail/syntax.hpp"
#include "ports/spool.hpp"
#include "terms/held.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::flow::notices {

namespace {

/// The user name, if it is an address or forms one with the host name.
std::optional<std::string> address_of_user(std::string_view user, std::string_view host) {
    if (user.empty()) {
        return std::nullopt;
    }
    const std::string text =
        user.contains('@') ? std::string(user) : fmt::format("{}@{}", user, host);
    const auto address = mail::Address::parse(text, mail::Smtputf8::Yes);
    return address.has_value() ? std::optional(address->value.text()) : std::nullopt;
}

}  // namespace

std::string NoticeReader::of(const terms::HeldMessage& message,
                             const config::Settings& settings,
                             std::string_view host) const {
    const config::NoticeTarget target =
        config::chosen_for(message.sender, settings.notice.to_by_sender, settings.notice.to);
    switch (target.to) {
        case config::NoticeTo::Sender:
            return message.sender;
        case config::NoticeTo::User:
            return address_of_user(message.user, host).value_or(message.sender);
        case config::NoticeTo::From:
            return from_of(message, settings).value_or(message.sender);
        case config::NoticeTo::Fixed:
            return target.address;
    }
    std::unreachable();
}

std::optional<std::string> NoticeReader::from_of(const terms::HeldMessage& message,
                                                 const config::Settings& settings) const {
    constexpr std::size_t kMostOctets = std::size_t{64} * 1024;
    std::string octets;
    // The header can be used even if the copy is damaged further on.
    static_cast<void>(spool_.read(message, [&](std::string_view piece) {
        octets += piece.substr(0, kMostOctets - octets.size());
        return !octets.contains("\r\n\r\n") && octets.size() < kMostOctets;
    }));
    const mail::HeaderList header = mail::parse_header(octets, kMostOctets).fields;
    if (header.count("From") != 1) {
        return std::nullopt;
    }
    const mail::MailboxList list = mail::parse_mailbox_list(header.first("From").value_or(""));
    if (!list.is_valid || list.mailboxes.size() != 1 ||
        !own_senders_.has(list.mailboxes.front(), settings)) {
        return std::nullopt;
    }
    return list.mailboxes.front().text();
}

}  // namespace holdback::flow::notices
