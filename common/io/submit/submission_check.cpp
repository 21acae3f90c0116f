// SPDX-License-Identifier: Apache-2.0
#include "io/submit/submission_check.hpp"

#include "mail/smtp_reply.hpp"
#include "ports/submitter.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace holdback::io::submit {

namespace {

bool is_control(char c) {
    const auto octet = static_cast<unsigned char>(c);
    return octet < 0x20 || octet == 0x7F;
}

/// True for one header field, folded or not, that ends with CRLF and has nothing inside that could
/// end the header.
bool is_header_field(std::string_view text) {
    if (!text.ends_with("\r\n") || text.find(':') == std::string_view::npos) {
        return false;
    }
    text.remove_suffix(2);
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\0') {
            return false;
        }
        const bool folds = text.substr(i, 2) == "\r\n" && i + 2 < text.size() &&
                           (text[i + 2] == ' ' || text[i + 2] == '\t');
        if (folds) {
            ++i;
        } else if (text[i] == '\r' || text[i] == '\n') {
            return false;
        }
    }
    return true;
}

}  // namespace

bool is_safe_path(std::string_view address) {
    bool quoted = false;
    bool escaped = false;
    for (const char c : address) {
        if (is_control(c)) {
            return false;
        }
        if (escaped) {
            escaped = false;
        } else if (quoted && c == '\\') {
            escaped = true;
        } else if (c == '"') {
            quoted = !quoted;
        } else if (!quoted && (c == ' ' || c == '<' || c == '>')) {
            return false;
        }
    }
    return !quoted;
}

bool is_safe_argument(std::string_view argument) {
    return !argument.empty() &&
           std::ranges::none_of(argument, [](char c) { return is_control(c) || c == ' '; });
}

mail::SmtpReply require_tls_refusal() {
    return mail::SmtpReply::own(
        550, "5.7.30", "The MTA does not offer REQUIRETLS here, which the sender asked for");
}

std::optional<mail::SmtpReply> refuse_submission(const ports::Submission& submission) {
    if (!is_safe_path(submission.sender)) {
        return mail::SmtpReply::own(
            553, "5.1.7", "The envelope sender cannot stand in an SMTP command");
    }
    if (!std::ranges::all_of(submission.sender_arguments, is_safe_argument)) {
        return mail::SmtpReply::own(
            501, "5.5.4", "An argument of MAIL cannot stand in an SMTP command");
    }
    if (!submission.first_header.empty() && !is_header_field(submission.first_header)) {
        return mail::SmtpReply::own(554, "5.6.0", "The first header field is not one header field");
    }
    return std::nullopt;
}

std::optional<mail::SmtpReply> refuse_recipient(const ports::SubmissionRecipient& recipient) {
    if (recipient.address.empty() || !is_safe_path(recipient.address)) {
        return mail::SmtpReply::own(
            553, "5.1.3", "The recipient address cannot stand in an SMTP command");
    }
    if (!std::ranges::all_of(recipient.arguments, is_safe_argument)) {
        return mail::SmtpReply::own(
            501, "5.5.4", "An argument of RCPT cannot stand in an SMTP command");
    }
    return std::nullopt;
}

}  // namespace holdback::io::submit
