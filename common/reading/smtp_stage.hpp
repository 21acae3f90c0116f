// SPDX-License-Identifier: Apache-2.0
#pragma once
// The SMTP command to which a server gave the reply that a report quotes.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdback::reading {

enum class SmtpStage : std::uint8_t { Unknown, Connect, Hello, MailFrom, RcptTo, Data };

/// The stage that a text names in the words of Postfix ("in reply to MAIL FROM command", "refused
/// to talk to me"), of Exim ("after RCPT TO:<...>") or of qmail, or by a Sendmail transcript. There
/// it is the ">>>" line in front of the first "<<<" line that refuses. Sendmail does not wait for
/// each answer: behind ">>> DATA" the stage is RCPT when several replies refuse or a recipient is
/// named. Linear in the length of the text.
[[nodiscard]] SmtpStage stage_in(std::string_view text);

/// The words of Postfix for a stage, as rules read them. Empty for RcptTo, where they say no more
/// than "about the recipient", and for Unknown.
[[nodiscard]] std::string_view stage_words(SmtpStage stage);

/// "connect", "helo", "mail", "rcpt", "data"; "unknown".
[[nodiscard]] std::string_view wire_name(SmtpStage stage);
[[nodiscard]] std::optional<SmtpStage> parse_stage(std::string_view name);

/// The text with the words of its stage in brackets behind it, unless they already stand there.
[[nodiscard]] std::string text_with_stage(std::string_view text, SmtpStage stage);

}  // namespace holdback::reading
