// SPDX-License-Identifier: Apache-2.0
#pragma once
// Refuses, before anything is sent, addresses and arguments that could end a command line.

#include "mail/smtp_reply.hpp"
#include "ports/submitter.hpp"

#include <optional>
#include <string_view>

namespace holdback::io::submit {

/// True when the text can stand between the brackets of a path: it has no control character, and
/// neither space nor bracket outside a quoted string. Does not check the grammar of the address.
[[nodiscard]] bool is_safe_path(std::string_view address);

/// True for an ESMTP argument (RFC 5321 section 4.1.2: no space, no control character).
[[nodiscard]] bool is_safe_argument(std::string_view argument);

/// The refusal of a message that may travel only by TLS (RFC 8689 section 4.2.1).
[[nodiscard]] mail::SmtpReply require_tls_refusal();

/// The refusal of the whole submission (for its sender, the sender's arguments or the first header
/// field), or nullopt.
[[nodiscard]] std::optional<mail::SmtpReply> refuse_submission(const ports::Submission& submission);

/// The refusal of one recipient, or nullopt.
[[nodiscard]] std::optional<mail::SmtpReply> refuse_recipient(
    const ports::SubmissionRecipient& recipient);

}  // namespace holdback::io::submit
