// SPDX-License-Identifier: Apache-2.0
#pragma once
// What is refused before anything is sent: addresses and arguments that could end a command line.

#include "mail/smtp_reply.hpp"
#include "ports/submitter.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace holdback::io::submit {

/// True when the text can stand between the brackets of a path: no control character anywhere, and
/// neither space nor bracket outside of a quoted string. Not a check of the address grammar.
[[nodiscard]] bool is_safe_path(std::string_view address);

/// True for an ESMTP argument (RFC 5321 section 4.1.2: no space, no control character).
[[nodiscard]] bool is_safe_argument(std::string_view argument);

/// The refusal of a message that may travel by TLS alone (RFC 8689 section 4.2.1).
[[nodiscard]] mail::SmtpReply require_tls_refusal();

/// Why the whole submission is refused (sender, its arguments, the first header field), or nullopt.
[[nodiscard]] std::optional<mail::SmtpReply> refuse_submission(const ports::Submission& submission);

/// Why one recipient is refused, or nullopt.
[[nodiscard]] std::optional<mail::SmtpReply> refuse_recipient(
    const ports::SubmissionRecipient& recipient);

}  // namespace holdback::io::submit
