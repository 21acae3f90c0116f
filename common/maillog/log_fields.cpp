// SPDX-License-Identifier: Apache-2.0
#include "maillog/log_fields.hpp"

#include "core/text.hpp"
#include "mail/ip_address.hpp"
#include "mail/outcome.hpp"
#include "mail/smtp_reply.hpp"
#include "reading/text_scan.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace holdback::maillog {

namespace {

constexpr std::size_t kShortestQueueId = 5;
constexpr std::size_t kLongestQueueId = 40;

}  // namespace

std::optional<QueueLine> split_queue_id(std::string_view message) {
    std::size_t length = 0;
    while (length < message.size() && length <= kLongestQueueId &&
           (core::is_ascii_digit(message[length]) || core::is_ascii_alpha(message[length]))) {
        ++length;
    }
    if (length < kShortestQueueId || length > kLongestQueueId ||
        message.substr(length, 2) != ": ") {
        return std::nullopt;
    }
    return QueueLine{.queue_id = message.substr(0, length), .rest = message.substr(length + 2)};
}

std::optional<std::size_t> closing_bracket(std::string_view text) {
    bool quoted = false;
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (quoted && text[i] == '\\') {
            ++i;
        } else if (text[i] == '"') {
            quoted = !quoted;
        } else if (text[i] == '>' && !quoted) {
            return i;
        }
    }
    return std::nullopt;
}

void set_relay(mail::MtaOutcome& outcome, std::string_view relay) {
    const std::size_t open = relay.rfind('[');
    const std::size_t close = open == std::string_view::npos ? open : relay.find(']', open);
    if (close == std::string_view::npos) {
        const std::string_view name = core::without_root(relay);
        const bool is_host =
            name.find('.') != std::string_view::npos && name.find('/') == std::string_view::npos;
        outcome.relay = is_host ? core::to_lower(name) : std::string{};
        return;
    }
    outcome.relay_address = std::string(relay.substr(open + 1, close - open - 1));
    if (outcome.relay_address.starts_with("IPv6:")) {
        outcome.relay_address.erase(0, 5);
    }
    if (relay.substr(close + 1).starts_with(':')) {
        const auto port = core::parse_decimal(relay.substr(close + 2));
        outcome.relay_port = port.has_value() && *port <= 65535 ? static_cast<int>(*port) : 0;
    }
    const std::string_view name = core::without_root(core::trim(relay.substr(0, open)));
    if (!name.starts_with('[') && !mail::IpAddress::parse(name).has_value()) {
        outcome.relay = core::to_lower(name);
    }
}

std::optional<mail::SmtpReply> leading_reply(std::string_view text) {
    if (text.size() < 3 || !core::is_ascii_digit(text.front())) {
        return std::nullopt;
    }
    // Only a reply of several lines has a hyphen behind its code.
    if (text.size() > 3 && text[3] == '-') {
        return mail::SmtpReply::parse(reading::join_reply_lines(text));
    }
    return mail::SmtpReply::parse(text);
}

}  // namespace holdback::maillog
