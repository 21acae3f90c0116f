// SPDX-License-Identifier: Apache-2.0
#include "letters/return_dsn.hpp"

#include "core/safe_text.hpp"
#include "core/text.hpp"
#include "letters/compose.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace holdback::letters {

namespace {

bool needs_utf8(const ReturnDsnFacts& facts) {
    return core::has_non_ascii(facts.sender) || core::has_non_ascii(facts.in_place_of) ||
           core::has_non_ascii(facts.original_header) ||
           std::ranges::any_of(facts.recipients, [](const ReturnedRecipient& recipient) {
               return core::has_non_ascii(recipient.address);
           });
}

std::string_view about_others(Others others) {
    switch (others) {
        case Others::GetIt:
            return "Your message was not sent to the recipients below. Everybody else of its\r\n"
                   "recipients gets it; there is no need to send it to them again.\r\n\r\n";
        case Others::SomeHeld:
            return "Your message was not sent to the recipients below. Of its other recipients,\r\n"
                   "some get it, and some are held back until somebody decides about them;\r\n"
                   "there is no need to send it to them again.\r\n\r\n";
        case Others::AllHeld:
            return "Your message was not sent to the recipients below. Its other recipients are\r\n"
                   "held back until somebody decides about them; there is no need to send it to\r\n"
                   "them again.\r\n\r\n";
        case Others::None:
            return "Your message was not sent to the recipients below, and so to nobody.\r\n\r\n";
        case Others::NotTold:
            return "Your message was not sent to the recipients below. This report is about "
                   "them\r\n"
                   "alone, and not about its other recipients.\r\n\r\n";
    }
    std::unreachable();
}

std::string explanation_part(const ReturnDsnFacts& facts) {
    std::string text(about_others(facts.others));
    if (!facts.in_place_of.empty()) {
        text = fmt::format(
            "Mail of <{}> was held back from the recipients below, and its time is over.\r\n"
            "Its sender cannot be told: nobody logged in to send it, and the sender's domain is\r\n"
            "none of yours. So it comes to you, the postmaster, with what was kept of it, and "
            "is\r\n"
            "held no longer.\r\n\r\n",
            core::one_line(facts.in_place_of));
    }
    for (const ReturnedRecipient& recipient : facts.recipients) {
        text += fmt::format("<{}>:\r\n    {}\r\n",
                            core::one_line(recipient.address),
                            core::one_line(recipient.explanation));
    }
    return text;
}

std::string status_group(const ReturnedRecipient& recipient, bool utf8) {
    std::string group = "\r\n";
    if (!recipient.original.empty()) {
        group += fmt::format("Original-Recipient: {}\r\n", core::one_line(recipient.original));
    }
    group += fmt::format("Final-Recipient: {};{}\r\n",
                         utf8 && core::has_non_ascii(recipient.address) ? "utf-8" : "rfc822",
                         core::one_line(recipient.address));
    const auto& status = recipient.reply.status();
    group += fmt::format("Action: failed\r\nStatus: {}\r\nDiagnostic-Code: {}; {}\r\n",
                         status.has_value() ? status->text() : "5.0.0",
                         recipient.by_mta ? "smtp" : "X-Holdback",
                         core::one_line(recipient.reply.line()));
    return group;
}

std::string status_part(const ReturnDsnFacts& facts, bool utf8) {
    std::string text =
        fmt::format("Reporting-MTA: dns;{}\r\n", core::one_line(facts.reporting_mta));
    if (!facts.envelope_id.empty()) {
        text += fmt::format("Original-Envelope-Id: {}\r\n", core::one_line(facts.envelope_id));
    }
    if (!facts.queue_id.empty()) {
        text += fmt::format("X-Holdback-Queue-ID: {}\r\n", core::one_line(facts.queue_id));
    }
    for (const ReturnedRecipient& recipient : facts.recipients) {
        text += status_group(recipient, utf8);
    }
    return text;
}

}  // namespace

std::string compose_return_dsn(const ReturnDsnFacts& facts) {
    const bool utf8 = needs_utf8(facts);
    const std::string boundary = fmt::format("holdback-{}", facts.unique);
    const std::string host = core::one_line(facts.reporting_mta);
    std::string message = fmt::format(
        "Date: {}\r\n"
        "From: Mail Delivery System <MAILER-DAEMON@{}>\r\n"
        "To: <{}>\r\n"
        "Subject: {}\r\n"
        "Message-ID: <{}@{}>\r\n"
        "Auto-Submitted: auto-replied\r\n"
        "{}"
        "MIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=delivery-status;\r\n"
        "\tboundary=\"{}\"\r\n"
        "Content-Transfer-Encoding: {}\r\n\r\n",
        rfc5322_date(facts.now),
        host,
        core::one_line(facts.sender),
        facts.in_place_of.empty() ? "Recipients not reached: your message was returned"
                                  : "Held mail has expired, and its sender cannot be told",
        facts.unique,
        host,
        facts.marks,
        boundary,
        utf8 || core::has_non_ascii(facts.original) ? "8bit" : "7bit");
    const std::string_view encoding = utf8 ? "Content-Transfer-Encoding: 8bit\r\n" : "";
    message += fmt::format(
        "--{}\r\nContent-Description: Notification\r\nContent-Type: text/plain; charset={}\r\n{}"
        "\r\n{}\r\n",
        boundary,
        utf8 ? "utf-8" : "us-ascii",
        encoding,
        explanation_part(facts));
    message += fmt::format(
        "--{}\r\nContent-Description: Delivery report\r\nContent-Type: {}\r\n{}\r\n{}\r\n",
        boundary,
        utf8 ? "message/global-delivery-status" : "message/delivery-status",
        encoding,
        status_part(facts, utf8));
    if (facts.original.empty()) {
        message += fmt::format(
            "--{}\r\nContent-Description: Undelivered Message Headers\r\nContent-Type: {}\r\n{}"
            "\r\n{}\r\n--{}--\r\n",
            boundary,
            utf8 ? "message/global-headers" : "text/rfc822-headers",
            encoding,
            facts.original_header,
            boundary);
    } else {
        message += fmt::format(
            "--{}\r\nContent-Description: Undelivered Message\r\nContent-Type: {}\r\n{}"
            "\r\n{}\r\n--{}--\r\n",
            boundary,
            utf8 ? "message/global" : "message/rfc822",
            core::has_non_ascii(facts.original) ? "Content-Transfer-Encoding: 8bit\r\n" : encoding,
            facts.original,
            boundary);
    }
    return message;
}

}  // namespace holdback::letters
