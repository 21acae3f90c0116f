// SPDX-License-Identifier: Apache-2.0
#include "lists/list_format.hpp"

#include "core/enum_rows.hpp"
#include "terms/failure_code.hpp"
#include "terms/suppression.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace holdback::lists {

namespace {

using terms::SuppressionReason;

constexpr std::array<FormatRow, kAllListFormats.size()> kRows{{
    {.format = ListFormat::Plain, .wire_name = "plain"},
    {.format = ListFormat::Csv, .wire_name = "csv"},
    {.format = ListFormat::Holdback,
     .wire_name = "holdback",
     .heads = {{{"subject", "kind", "scope", "reason"}}},
     .turn = 2},
    {.format = ListFormat::Ses,
     .wire_name = "ses",
     .heads = {{{"emailaddress", "reason", "lastupdatetime"}}},
     .turn = 2,
     .tells = Tells::Column},
    {.format = ListFormat::MailgunBounces,
     .wire_name = "mailgun-bounces",
     .heads = {{{"address", "code", "error", "createdat"}}},
     .turn = 4,
     .tells = Tells::List,
     .quotes_replies = true},
    {.format = ListFormat::MailgunUnsubscribes,
     .wire_name = "mailgun-unsubscribes",
     .heads = {{{"address", "tags", "createdat"}, {"address", "tag", "createdat"}}},
     .turn = 4,
     .tells = Tells::List,
     .reason = SuppressionReason::Unsubscribe},
    {.format = ListFormat::MailgunComplaints,
     .wire_name = "mailgun-complaints",
     .heads = {{{"address", "createdat"}}},
     .turn = 4,
     .tells = Tells::List,
     .reason = SuppressionReason::Complaint},
    {.format = ListFormat::SendgridBounces,
     .wire_name = "sendgrid-bounces",
     .heads = {{{"email", "created", "reason", "status"}}},
     .turn = 4,
     .tells = Tells::List,
     .quotes_replies = true},
    {.format = ListFormat::SendgridSpamReports,
     .wire_name = "sendgrid-spam-reports",
     .heads = {{{"email", "created", "ip"}}},
     .turn = 4,
     .tells = Tells::List,
     .reason = SuppressionReason::Complaint},
    {.format = ListFormat::SendgridInvalid,
     .wire_name = "sendgrid-invalid",
     .heads = {{{"email", "created", "reason"}}},
     .turn = 4,
     .tells = Tells::List},
    {.format = ListFormat::SendgridUnsubscribes,
     .wire_name = "sendgrid-unsubscribes",
     .heads = {{{"email", "created"}}},
     .turn = 4,
     .tells = Tells::List,
     .reason = SuppressionReason::Unsubscribe},
    // Its head is the same as for bounces. A block is about us, not about the mailbox.
    {.format = ListFormat::SendgridBlocks,
     .wire_name = "sendgrid-blocks",
     .tells = Tells::List,
     .quotes_replies = true,
     .code = terms::kRejectedOther},
    {.format = ListFormat::Postmark,
     .wire_name = "postmark",
     .heads = {{{"emailaddress", "suppressionreason"}, {"recipient", "suppressionreason"}}},
     .turn = 2,
     .tells = Tells::Column},
    {.format = ListFormat::Sparkpost,
     .wire_name = "sparkpost",
     .heads = {{{"recipient", "type", "source"},
                {"recipient", "transactional"},
                {"recipient", "nontransactional"}}},
     .turn = 3,
     .tells = Tells::Column,
     .column = "source"},
    // Postal's own list has addresses that failed; its reasons are texts such as "too many soft
    // fails".
    {.format = ListFormat::Postal,
     .wire_name = "postal",
     .heads = {{{"address", "reason", "keepuntil"}, {"type", "address", "reason", "timestamp"}}},
     .turn = 3,
     .tells = Tells::Texts},
    {.format = ListFormat::ListmonkSubscribers,
     .wire_name = "listmonk-subscribers",
     .heads = {{{"uuid", "email", "status"}}},
     .turn = 2,
     .tells = Tells::Blocklist,
     .column = "status"},
    {.format = ListFormat::ListmonkBounces,
     .wire_name = "listmonk-bounces",
     .heads = {{{"email", "type", "source"}}},
     .turn = 2,
     .tells = Tells::Column,
     .column = "type"},
    {.format = ListFormat::MailchimpUnsubscribes,
     .wire_name = "mailchimp-unsubscribes",
     .heads = {{{"emailaddress", "unsubtime"}}},
     .tells = Tells::List,
     .reason = SuppressionReason::Unsubscribe},
    {.format = ListFormat::MailchimpCleaned,
     .wire_name = "mailchimp-cleaned",
     .heads = {{{"emailaddress", "cleantime"}}},
     .tells = Tells::List},
    {.format = ListFormat::MailchimpSubscribers,
     .wire_name = "mailchimp-subscribers",
     .heads = {{{"emailaddress", "memberrating"}}},
     .tells = Tells::Nobody,
     .stands_for_service = true},
    {.format = ListFormat::Brevo,
     .wire_name = "brevo",
     .heads = {{{"sttext", "email"}, {"email", "addedtime", "modifiedtime"}}},
     .tells = Tells::Contacts},
    {.format = ListFormat::Hubspot,
     .wire_name = "hubspot",
     .heads = {{{"recordid", "email"}, {"portalbounce", "portalunsubscribe"}}},
     .tells = Tells::Contacts},
    {.format = ListFormat::ActiveCampaign,
     .wire_name = "activecampaign",
     .heads = {{{"email", "status", "datesubscribed"}, {"email", "status", "ipaddress", "tags"}}},
     .tells = Tells::Contacts},
    // Mautic keeps refusals of text messages beside those of mail.
    {.format = ListFormat::Mautic,
     .wire_name = "mautic",
     .heads = {{{"email", "dncreason"}, {"email", "channel", "reason"}}},
     .channel = "channel"},
    {.format = ListFormat::Civicrm,
     .wire_name = "civicrm",
     .heads = {{{"email", "donotemail"}, {"email", "onhold"}}},
     .tells = Tells::Contacts},
    {.format = ListFormat::Phplist,
     .wire_name = "phplist",
     .heads = {{{"email", "isthissubscriberblacklisted"}, {"email", "blacklisted", "confirmed"}}},
     .tells = Tells::Contacts},
    {.format = ListFormat::Mailman,
     .wire_name = "mailman",
     .heads = {{{"email", "deliverystatus"}, {"address", "deliverystatus"}}}},
}};
static_assert(core::in_order(kRows, &FormatRow::format), "each format has its row, in order");

}  // namespace

const FormatRow& row_of(ListFormat format) {
    return kRows.at(static_cast<std::size_t>(format));
}

std::string_view wire_name(ListFormat format) {
    return row_of(format).wire_name;
}

bool is_named(ListFormat format, std::string_view name) {
    const std::string_view own = wire_name(format);
    return own == name || (own.starts_with(name) && own.substr(name.size()).starts_with('-'));
}

std::optional<ListFormat> find_format(std::string_view name) {
    std::optional<ListFormat> found;
    for (const FormatRow& row : kRows) {
        if (is_named(row.format, name) && (!found.has_value() || row.stands_for_service)) {
            found = row.format;
        }
    }
    return found;
}

bool is_format_name(std::string_view name) {
    return find_format(name).has_value();
}

std::string format_names() {
    std::string names;
    std::string_view last;
    for (const FormatRow& row : kRows) {
        const std::string_view name = row.wire_name.substr(0, row.wire_name.find('-'));
        if (name != last) {
            names += names.empty() ? "" : ", ";
            names += name;
        }
        last = name;
    }
    return names;
}

}  // namespace holdback::lists
