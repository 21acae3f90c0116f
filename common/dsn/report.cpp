// SPDX-License-Identifier: Apache-2.0
#include "dsn/report.hpp"

#include "core/text.hpp"
#include "dsn/address_block.hpp"
#include "dsn/delivery_status.hpp"
#include "dsn/detect.hpp"
#include "dsn/human_text.hpp"
#include "dsn/legacy_report.hpp"
#include "dsn/message_view.hpp"
#include "dsn/returned_message.hpp"
#include "mail/header.hpp"
#include "reading/text_scan.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::dsn {

namespace {

/// The most recipients without a diagnostic for whom the human text is searched.
constexpr std::size_t kMostLookups = 50;
constexpr std::size_t kMostComplainants = 100;

void append_status(DeliveryStatus& all, DeliveryStatus part) {
    const auto keep = [](std::string& target, std::string& value) {
        if (target.empty()) {
            target = std::move(value);
        }
    };
    keep(all.reporting_mta, part.reporting_mta);
    keep(all.envelope_id, part.envelope_id);
    keep(all.queue_id, part.queue_id);
    keep(all.sender, part.sender);
    for (RecipientReport& recipient : part.recipients) {
        if (all.recipients.size() < kMostRecipients) {
            all.recipients.push_back(std::move(recipient));
        }
    }
}

/// The fields of all delivery status parts within `embedded` embedded messages.
DeliveryStatus status_parts(const MessageView& message, int embedded) {
    DeliveryStatus status;
    for (const MessagePart& part : message.parts) {
        const bool is_status = part.media_type == "message/delivery-status" ||
                               part.media_type == "message/global-delivery-status";
        if (part.embedded == embedded && is_status) {
            append_status(status, parse_delivery_status(part.text));
        }
    }
    return status;
}

/// All delivery status fields of the message itself, from its parts or otherwise its text.
DeliveryStatus status_of(const MessageView& message, const HumanText& text) {
    DeliveryStatus status = status_parts(message, 0);
    if (status.recipients.empty() && has_status_fields(text.report)) {
        append_status(status, parse_delivery_status(text.report));
    }
    return status;
}

/// The fields of a report that came back inside another, which says nothing of its own.
DeliveryStatus status_within(const MessageView& message, const HumanText& text) {
    DeliveryStatus status = status_parts(message, 1);
    if (status.recipients.empty() && has_status_fields(text.returned)) {
        status = parse_delivery_status(text.returned);
    }
    return status;
}

bool names_nobody(const RecipientReport& recipient) {
    return recipient.recipient().empty();
}

/// Keeps one entry for each recipient and outcome. Some systems list every attempt.
void drop_repeats(std::vector<RecipientReport>& recipients) {
    std::set<std::string> seen;
    std::erase_if(recipients, [&seen](const RecipientReport& recipient) {
        const std::string status = recipient.status.has_value() ? recipient.status->text() : "";
        std::string key = core::to_lower(recipient.recipient()) + '\n' + status + '\n';
        key += wire_name(recipient.action);
        return !names_nobody(recipient) && !seen.insert(std::move(key)).second;
    });
}

/// Fills what the fields leave open from the text for humans.
void fill_gaps(Report& report, const HumanText& text) {
    const std::string_view prose =
        std::string_view(text.report).substr(0, text.report.find("Reporting-MTA:"));
    std::size_t lookups = 0;
    for (RecipientReport& recipient : report.recipients) {
        // Sendmail writes the exit status of a program, such as "255".
        const bool says_something = recipient.diagnostic.size() > 6;
        if (says_something || ++lookups > kMostLookups) {
            continue;
        }
        std::string near = text_near(prose, recipient.final_recipient);
        if (near.empty()) {
            near = text_near(prose, recipient.original_recipient);
        }
        if (near.empty() && report.recipients.size() == 1) {
            near = prose;
        }
        const RecipientReport told = recipient_of(
            {.address = recipient.final_recipient, .original = {}, .text = near}, recipient.action);
        if (told.reply.has_value() || report.recipients.size() == 1) {
            recipient.diagnostic = told.diagnostic;
            recipient.reply = told.reply;
        }
        if (!recipient.status.has_value()) {
            recipient.status = told.status;
        }
        if (recipient.remote_mta.empty()) {
            recipient.remote_mta = told.remote_mta;
        }
    }
}

/// Gives a group that names no recipient the sole one in the text.
void name_recipients(Report& report, const LegacyReport& legacy) {
    if (legacy.recipients.size() == 1) {
        for (RecipientReport& recipient : report.recipients) {
            if (names_nobody(recipient)) {
                recipient.final_recipient = legacy.recipients.front().recipient();
            }
        }
    }
}

/// The same for a report without fields. Only one that quotes a server's reply counts.
LegacyReport legacy_within(const MessageView& message, const ReturnedMessage& returned) {
    const HumanText inner = embedded_text(message);
    LegacyReport told =
        read_legacy_report({.message = message, .text = inner, .returned = returned});
    const bool quotes_reply =
        !is_guess(told) && std::ranges::all_of(told.recipients, [](const RecipientReport& one) {
            return one.reply.has_value();
        });
    return quotes_reply ? std::move(told) : LegacyReport{};
}

void read_legacy(Report& report, const MessageView& message, const HumanText& text) {
    LegacyReport legacy =
        read_legacy_report({.message = message, .text = text, .returned = report.returned});
    if (is_guess(legacy)) {
        DeliveryStatus within = status_within(message, text);
        if (!within.recipients.empty()) {
            report.reasons.emplace_back("report within the report");
            report.recipients = std::move(within.recipients);
            return;
        }
        LegacyReport told = legacy_within(message, report.returned);
        if (!told.recipients.empty()) {
            legacy = std::move(told);
        }
    }
    if (!legacy.form.empty()) {
        report.reasons.push_back(std::move(legacy.form));
    }
    report.recipients = std::move(legacy.recipients);
    report.inferred = true;
}

void read_status(Report& report, const MessageView& message, const HumanText& text) {
    DeliveryStatus status = status_of(message, text);
    report.reporting_mta = std::move(status.reporting_mta);
    report.envelope_id = std::move(status.envelope_id);
    report.queue_id = std::move(status.queue_id);
    if (!status.sender.empty()) {
        report.returned.sender = std::move(status.sender);
    }
    report.recipients = std::move(status.recipients);
    if (report.recipients.empty()) {
        read_legacy(report, message, text);
        return;
    }
    if (std::ranges::any_of(report.recipients, names_nobody)) {
        name_recipients(
            report,
            read_legacy_report({.message = message, .text = text, .returned = report.returned}));
    }
    drop_repeats(report.recipients);
    fill_gaps(report, text);
}

/// True for a stand-in for an address that a provider hides: "redacted@", a digest without a
/// domain, asterisks. It names no mailbox.
bool is_masked(std::string_view address) {
    const std::size_t at = address.rfind('@');
    const std::string local = core::to_lower(address.substr(0, at));
    const std::string_view domain =
        at == std::string_view::npos ? std::string_view{} : address.substr(at + 1);
    const bool words = local.contains("redacted") || local.contains("anonymi") ||
                       local.contains("hidden-address") || local.contains("masked");
    constexpr std::size_t kLongName = 3;  // people have shorter ones
    const bool crossed = local.contains('*') || (local.size() > kLongName &&
                                                 local.find_first_not_of('x') == std::string::npos);
    return local.empty() || domain.empty() || domain.contains('*') || words || crossed;
}

/// RFC 5965 section 3.2: the recipients of the message, as far as the report names them.
std::vector<std::string> complainants(std::string_view fields) {
    static constexpr auto kNames = std::to_array<std::string_view>(
        {"Original-Rcpt-To:", "Removal-Recipient:", "Redacted-Address:"});
    std::vector<std::string> addresses;
    for (const std::string_view line : reading::lines_of(fields)) {
        const auto* const name = std::ranges::find_if(kNames, [line](std::string_view start) {
            return core::starts_with_ignoring_case(line, start);
        });
        if (name == kNames.end() || addresses.size() >= kMostComplainants) {
            continue;
        }
        std::string address = recipient_address(line.substr(name->size()));
        const bool known = std::ranges::find(addresses, address) != addresses.end();
        if (!known && !is_masked(address)) {
            addresses.push_back(std::move(address));
        }
    }
    return addresses;
}

/// The addressee in the header of the message that is complained of. It is not the author.
std::string addressee(const mail::HeaderList& headers) {
    const std::string author = headers.first("From").value_or(std::string{});
    for (const std::string_view name : {"X-HmXmrOriginalRecipient", "X-Original-To", "To"}) {
        const std::string value = headers.first(name).value_or(std::string{});
        const std::string_view address = reading::first_address(value);
        if (!address.empty() && !is_masked(address) &&
            !core::equals_ignoring_case(address, reading::first_address(author))) {
            return core::to_valid_utf8(address);
        }
    }
    return {};
}

void read_complaint(Report& report, const MessageView& message, const HumanText& text) {
    const MessagePart* const part = message.find("message/feedback-report");
    const std::string_view fields = part == nullptr ? text.report : part->text;
    report.envelope_id = core::to_valid_utf8(
        parse_headers(core::trim(fields)).first("Original-Envelope-Id").value_or(std::string{}));
    std::vector<std::string> addresses = complainants(fields);
    if (addresses.empty()) {
        std::string sole = addressee(report.returned.headers);
        if (!sole.empty()) {
            report.inferred = true;
            addresses.push_back(std::move(sole));
        }
    }
    for (std::string& address : addresses) {
        RecipientReport recipient;
        recipient.original_recipient = std::move(address);
        recipient.action = Action::Delivered;
        report.recipients.push_back(std::move(recipient));
    }
}

/// RFC 8098 section 3: the mailbox, and the message that the notification is about.
void read_notification(Report& report, const MessageView& message) {
    const MessagePart* const part = message.find("message/disposition-notification");
    if (part == nullptr) {
        return;
    }
    const mail::HeaderList fields = parse_headers(core::trim(part->text));
    RecipientReport recipient;
    recipient.final_recipient =
        recipient_address(fields.first("Final-Recipient").value_or(std::string{}));
    recipient.original_recipient =
        recipient_address(fields.first("Original-Recipient").value_or(std::string{}));
    recipient.action = Action::Delivered;
    recipient.diagnostic = core::to_valid_utf8(fields.first("Disposition").value_or(std::string{}));
    if (const auto id = fields.first("Original-Message-ID"); id.has_value()) {
        report.returned.message_id = core::to_valid_utf8(*id);
    }
    if (!names_nobody(recipient)) {
        report.recipients.push_back(std::move(recipient));
    }
}

}  // namespace

std::string_view RecipientReport::behind() const {
    const bool same = core::equals_ignoring_case(final_recipient, recipient());
    return same ? std::string_view{} : std::string_view(final_recipient);
}

Report read_report(const MessageView& message) {
    const HumanText text = human_text(message);
    Detection detection = detect(message, text);
    Report report;
    report.kind = detection.kind;
    report.reasons = std::move(detection.reasons);
    for (const std::string& limit : message.limits_hit) {
        report.reasons.push_back("too big, not read whole: " + limit);
    }
    report.human_text = text.report;
    if (report.kind == MessageKind::Ordinary) {
        return report;
    }
    report.returned = returned_message(message, text);
    switch (report.kind) {
        case MessageKind::Dsn:
        case MessageKind::Bounce:
            read_status(report, message, text);
            break;
        case MessageKind::Complaint:
            read_complaint(report, message, text);
            break;
        case MessageKind::Mdn:
            read_notification(report, message);
            break;
        case MessageKind::Challenge:
            if (!status_parts(message, 0).recipients.empty()) {
                read_status(report, message, text);
            }
            break;
        case MessageKind::AutoReply:
        case MessageKind::Unsubscribe:
        case MessageKind::Report:
        case MessageKind::Informational:
        case MessageKind::Ordinary:
            break;
    }
    return report;
}

std::string_view wire_name(MessageKind kind) {
    switch (kind) {
        case MessageKind::Dsn:
            return "dsn";
        case MessageKind::Bounce:
            return "bounce";
        case MessageKind::AutoReply:
            return "auto-reply";
        case MessageKind::Challenge:
            return "challenge";
        case MessageKind::Complaint:
            return "complaint";
        case MessageKind::Mdn:
            return "mdn";
        case MessageKind::Unsubscribe:
            return "unsubscribe";
        case MessageKind::Report:
            return "report";
        case MessageKind::Informational:
            return "informational";
        case MessageKind::Ordinary:
            return "ordinary";
    }
    return "ordinary";
}

std::string_view wire_name(Action action) {
    switch (action) {
        case Action::Failed:
            return "failed";
        case Action::Delayed:
            return "delayed";
        case Action::Delivered:
            return "delivered";
        case Action::Relayed:
            return "relayed";
        case Action::Expanded:
            return "expanded";
    }
    return "failed";
}

std::optional<Action> parse_action(std::string_view text) {
    struct Row {
        std::string_view start;
        Action action;
    };
    static constexpr auto kRows = std::to_array<Row>({{"fail", Action::Failed},
                                                      {"delay", Action::Delayed},
                                                      {"deliver", Action::Delivered},
                                                      {"relay", Action::Relayed},
                                                      {"expand", Action::Expanded}});
    const std::string_view word = core::trim(text);
    for (const Row& row : kRows) {
        if (core::starts_with_ignoring_case(word, row.start)) {
            return row.action;
        }
    }
    return std::nullopt;
}

}  // namespace holdback::dsn
