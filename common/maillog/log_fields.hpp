// SPDX-License-Identifier: Apache-2.0
#pragma once
// The common parts of the log lines of Postfix and Sendmail. All calls are linear and return views
// into their text.

#include "mail/outcome.hpp"
#include "mail/smtp_reply.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace holdback::maillog {

/// A line such as "4XkQ2z: to=<…", with the id taken off.
struct QueueLine {
    std::string_view queue_id;
    std::string_view rest;
};

/// Splits off 5 to 40 letters and digits with ": " behind them; nullopt when there are none in
/// front.
[[nodiscard]] std::optional<QueueLine> split_queue_id(std::string_view message);

/// The position of the ">" that closes the "<" at the front. Quoted strings (RFC 5321 section
/// 4.1.2) are skipped, so that a ">" in a quoted local part closes nothing. nullopt when it never
/// closes.
[[nodiscard]] std::optional<std::size_t> closing_bracket(std::string_view text);

/// Sets relay, address and port from "mx.example.net[192.0.2.1]:25" (Postfix) or "mx.example.net.
/// [192.0.2.1]" (Sendmail). A name that is an address does not count. Without an address only a
/// word with a dot is a host ("mx.example.net."); other words name none ("none", "local").
void set_relay(mail::MtaOutcome& outcome, std::string_view relay);

/// The reply that begins the text, joined when it has several lines; nullopt when none does.
[[nodiscard]] std::optional<mail::SmtpReply> leading_reply(std::string_view text);

}  // namespace holdback::maillog
