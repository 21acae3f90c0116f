// SPDX-License-Identifier: Apache-2.0
#include "flow/held/held_facts.hpp"

#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/syntax.hpp"
#include "terms/held.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::flow::held {

mail::Recipient held_recipient(std::string_view address,
                               const std::vector<std::string>& arguments) {
    return {.verbatim = fmt::format("<{}>", address),
            .syntax = mail::Address::parse(address, mail::Smtputf8::Yes),
            .arguments = arguments,
            .mailer = "smtp"};
}

mail::EnvelopeSender held_sender(const terms::HeldMessage& message) {
    if (message.sender.empty()) {
        return mail::NullSender{};
    }
    if (auto parsed = mail::Address::parse(message.sender, mail::Smtputf8::Yes);
        parsed.has_value()) {
        return std::move(parsed->value);
    }
    return message.sender;
}

}  // namespace holdback::flow::held
