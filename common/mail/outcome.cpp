// SPDX-License-Identifier: Apache-2.0
#include "mail/outcome.hpp"

#include "core/text.hpp"
#include "core/wire_names.hpp"
#include "mail/address.hpp"
#include "mail/ip_address.hpp"
#include "mail/syntax.hpp"
#include "mail/transport.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace holdback::mail {

namespace {

constexpr std::size_t kLongestQueueId = 40;

bool is_queue_id(std::string_view word) {
    return word.size() >= 5 && word.size() <= kLongestQueueId &&
           std::ranges::all_of(
               word, [](char c) { return core::is_ascii_digit(c) || core::is_ascii_alpha(c); });
}

std::string_view first_word(std::string_view text) {
    return text.substr(0, text.find_first_of(" \r\n"));
}

}  // namespace

std::string_view wire_name(DeliveryResult result) {
    switch (result) {
        case DeliveryResult::Sent:
            return "sent";
        case DeliveryResult::Deferred:
            return "deferred";
        case DeliveryResult::Bounced:
            return "bounced";
    }
    std::unreachable();
}

std::optional<DeliveryResult> parse_delivery_result(std::string_view name) {
    return core::find_wire_name(
        std::array{DeliveryResult::Sent, DeliveryResult::Deferred, DeliveryResult::Bounced}, name);
}

std::string recipient_key(std::string_view recipient) {
    const auto address = Address::parse(recipient, Smtputf8::Yes);
    return address.has_value() ? address->value.key() : core::to_lower(recipient);
}

std::string_view recipient_domain(std::string_view key) {
    const std::size_t at = key.rfind('@');
    return at == std::string_view::npos ? std::string_view{} : key.substr(at + 1);
}

bool reached_recipients_server(const MtaOutcome& outcome, std::span<const Network> handed_on) {
    if (outcome.mailer.empty() || is_local_transport(outcome.mailer)) {
        return false;
    }
    if (outcome.relay_address.empty()) {
        // Sendmail gives no address for a host that it could not connect to.
        return !outcome.relay.empty() && outcome.result != DeliveryResult::Sent;
    }
    const std::optional<IpAddress> address = IpAddress::parse(outcome.relay_address);
    return address.has_value() &&
           std::ranges::none_of(handed_on, [&address](const Network& network) {
               return network.contains(*address);
           });
}

bool is_acceptance(const MtaOutcome& outcome, std::span<const Network> handed_on) {
    return outcome.result == DeliveryResult::Sent && reached_recipients_server(outcome, handed_on);
}

std::optional<std::string> queue_id_in_reply(std::string_view reply) {
    constexpr std::string_view kPostfix = " queued as ";
    constexpr std::string_view kSendmail = " Message accepted for delivery";
    if (const std::size_t at = reply.rfind(kPostfix); at != std::string_view::npos) {
        const std::string_view word = first_word(reply.substr(at + kPostfix.size()));
        return is_queue_id(word) ? std::optional(std::string(word)) : std::nullopt;
    }
    if (const std::size_t at = reply.find(kSendmail); at != std::string_view::npos) {
        const std::string_view before = reply.substr(0, at);
        const std::string_view word = before.substr(before.rfind(' ') + 1);
        return is_queue_id(word) ? std::optional(std::string(word)) : std::nullopt;
    }
    return std::nullopt;
}

}  // namespace holdback::mail
