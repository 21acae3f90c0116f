// SPDX-License-Identifier: Apache-2.0
#include "dsn/unsubscribe.hpp"

#include "config/settings.hpp"
#include "core/text.hpp"
#include "dsn/auth_results.hpp"
#include "dsn/leave_token.hpp"
#include "dsn/report.hpp"
#include "dsn/seal.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "mail/syntax.hpp"
#include "reading/text_scan.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace holdback::dsn {

namespace {

/// Turns "leave+17@example.org" into "leave@example.org".
std::string without_detail(std::string_view key) {
    const std::size_t at = key.rfind('@');
    const std::size_t plus = key.find('+');
    if (at == std::string_view::npos || plus == std::string_view::npos || plus == 0 || plus > at) {
        return std::string(key);
    }
    return std::string(key.substr(0, plus)).append(key.substr(at));
}

/// The writer, when the envelope sender is the only address in From.
std::optional<mail::Address> author_of(const mail::Envelope& envelope,
                                       const mail::HeaderList& headers) {
    const auto* const writer = std::get_if<mail::Address>(&envelope.sender);
    const std::string from = headers.first("From").value_or("");
    const std::vector<reading::FoundAddress> named = reading::find_addresses(from, 2);
    if (writer == nullptr || named.size() != 1 || headers.count("From") != 1) {
        return std::nullopt;
    }
    auto author = mail::Address::parse(named.front().text, mail::Smtputf8::Yes);
    if (!author.has_value() || author->value.key() != writer->key()) {
        return std::nullopt;
    }
    return std::move(author->value);
}

Report request_of(std::string_view recipient) {
    Report request;
    request.kind = MessageKind::Unsubscribe;
    request.reasons = {"written to an address for unsubscribing"};
    RecipientReport report;
    report.final_recipient = recipient;
    request.recipients.push_back(std::move(report));
    return request;
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

std::optional<UnsubscribeRequest> request_to_unsubscribe(
    const Report& read,
    const mail::Envelope& envelope,
    const mail::HeaderList& headers,
    const config::UnsubscribeSettings& settings,
    const SealKeys& keys) {
    const bool is_letter =
        read.kind == MessageKind::Ordinary || read.kind == MessageKind::Unsubscribe;
    const std::string automatic = headers.first("Auto-Submitted").value_or("no");
    const auto to = unsubscribe_address(envelope, settings.addresses);
    if (!is_letter || !core::starts_with_ignoring_case(automatic, "no") || !to.has_value()) {
        return std::nullopt;
    }
    if (auto leaving = proven_leaving(*to, headers.first("Subject").value_or(""), keys)) {
        return UnsubscribeRequest{.report = request_of(leaving->recipient),
                                  .is_proven = true,
                                  .sender = std::move(leaving->sender)};
    }
    const auto author = author_of(envelope, headers);
    if (!author.has_value()) {
        return std::nullopt;
    }
    return UnsubscribeRequest{
        .report = request_of(author->key()),
        .is_proven = is_authenticated(headers, *author, settings.authserv_ids),
        .sender = without_detail(*to)};
}

}  // namespace holdback::dsn
