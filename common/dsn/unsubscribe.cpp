// SPDX-License-Identifier: Apache-2.0
#include "dsn/unsubscribe.hpp"

#include "core/text.hpp"
#include "dsn/report.hpp"
#include "dsn/text_scan.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "mail/syntax.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace holdback::dsn {

namespace {

/// "leave@example.org" for "leave+17@example.org".
std::string without_detail(std::string_view key) {
    const std::size_t at = key.rfind('@');
    const std::size_t plus = key.find('+');
    if (at == std::string_view::npos || plus == std::string_view::npos || plus == 0 || plus > at) {
        return std::string(key);
    }
    return std::string(key.substr(0, plus)).append(key.substr(at));
}

}  // namespace

std::optional<std::string> unsubscribe_address(const mail::Envelope& envelope,
                                               const std::vector<std::string>& addresses) {
    for (const mail::Recipient& recipient : envelope.recipients) {
        if (!recipient.syntax.has_value()) {
            continue;
        }
        std::string key = recipient.syntax->value.key();
        const std::string plain = without_detail(key);
        const bool is_one = std::ranges::any_of(addresses, [&](std::string_view address) {
            return core::equals_ignoring_case(address, key) ||
                   core::equals_ignoring_case(address, plain);
        });
        if (is_one) {
            return key;
        }
    }
    return std::nullopt;
}

std::optional<Report> request_to_unsubscribe(const Report& read,
                                             const mail::Envelope& envelope,
                                             const mail::HeaderList& headers) {
    const bool is_letter =
        read.kind == MessageKind::Ordinary || read.kind == MessageKind::Unsubscribe;
    const std::string automatic = headers.first("Auto-Submitted").value_or("no");
    const auto* const writer = std::get_if<mail::Address>(&envelope.sender);
    const std::string from = headers.first("From").value_or("");
    const std::vector<FoundAddress> named = find_addresses(from, 2);
    if (!is_letter || !core::starts_with_ignoring_case(automatic, "no") || writer == nullptr ||
        named.size() != 1) {
        return std::nullopt;
    }
    const auto author = mail::Address::parse(named.front().text, mail::Smtputf8::Yes);
    if (!author.has_value() || author->value.key() != writer->key()) {
        return std::nullopt;
    }
    Report request;
    request.kind = MessageKind::Unsubscribe;
    request.reasons = {"written to an address for unsubscribing"};
    RecipientReport recipient;
    recipient.final_recipient = writer->key();
    request.recipients.push_back(recipient);
    return request;
}

}  // namespace holdback::dsn
