// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the log lines of Postfix and Sendmail have in common. All calls are linear and give views
// into their text.

#include "mail/outcome.hpp"
#include "mail/smtp_reply.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace holdback::maillog {

/// "4XkQ2z: to=<…" with the id taken off.
struct QueueLine {
    std::string_view queue_id;
    std::string_view rest;
};

/// Letters and digits with ": " behind them, 5 to 40; nullopt when the message begins otherwise.
[[nodiscard]] std::optional<QueueLine> split_queue_id(std::string_view message);

/// Where the ">" stands that closes the "<" at the front, quoted strings (RFC 5321 section 4.1.2)
/// read over, so that a ">" in a quoted local part closes nothing; nullopt when it never closes.
[[nodiscard]] std::optional<std::size_t> closing_bracket(std::string_view text);

/// Sets relay, address and port from "mx.example.net[192.0.2.1]:25" (Postfix) or "mx.example.net.
/// [192.0.2.1]" (Sendmail). A name that is an address itself is no name. Without an address, only
/// a word with a dot is a host ("mx.example.net."), others name no host ("none", "local").
void set_relay(mail::MtaOutcome& outcome, std::string_view relay);

/// The reply in a text that begins with it, joined when it has several lines; nullopt when the
/// text begins otherwise.
[[nodiscard]] std::optional<mail::SmtpReply> leading_reply(std::string_view text);

}  // namespace holdback::maillog
