// SPDX-License-Identifier: Apache-2.0
#include "lists/list_format.hpp"

#include "core/result.hpp"
#include "core/text.hpp"
#include "lists/address_column.hpp"

#include <algorithm>
#include <array>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::lists {

namespace {

/// A header by which a format is known: all of these columns are there.
struct Mark {
    ListFormat format;
    std::string_view service;
    std::array<std::string_view, 4> columns;  ///< empty ones do not count
};

/// The first that fits is it.
constexpr std::array kMarks{
    Mark{ListFormat::MailchimpUnsubscribes, "mailchimp", {"emailaddress", "unsubtime", "", ""}},
    Mark{ListFormat::MailchimpCleaned, "mailchimp", {"emailaddress", "cleantime", "", ""}},
    Mark{ListFormat::MailchimpSubscribers, "mailchimp", {"emailaddress", "memberrating", "", ""}},
    Mark{ListFormat::Brevo, "brevo", {"sttext", "email", "", ""}},
    Mark{ListFormat::Brevo, "brevo", {"email", "addedtime", "modifiedtime", ""}},
    Mark{ListFormat::Hubspot, "hubspot", {"recordid", "email", "", ""}},
    Mark{ListFormat::Hubspot, "hubspot", {"portalbounce", "portalunsubscribe", "", ""}},
    Mark{ListFormat::ActiveCampaign, "activecampaign", {"email", "status", "datesubscribed", ""}},
    Mark{ListFormat::ActiveCampaign, "activecampaign", {"email", "status", "ipaddress", "tags"}},
    Mark{ListFormat::Mautic, "mautic", {"email", "dncreason", "", ""}},
    Mark{ListFormat::Mautic, "mautic", {"email", "channel", "reason", ""}},
    Mark{ListFormat::Civicrm, "civicrm", {"email", "donotemail", "", ""}},
    Mark{ListFormat::Civicrm, "civicrm", {"email", "onhold", "", ""}},
    Mark{ListFormat::Phplist, "phplist", {"email", "isthissubscriberblacklisted", "", ""}},
    Mark{ListFormat::Phplist, "phplist", {"email", "blacklisted", "confirmed", ""}},
    Mark{ListFormat::Mailman, "mailman", {"email", "deliverystatus", "", ""}},
    Mark{ListFormat::Mailman, "mailman", {"address", "deliverystatus", "", ""}},
    Mark{ListFormat::Holdback, "holdback", {"subject", "kind", "scope", "reason"}},
    Mark{ListFormat::Ses, "ses", {"emailaddress", "reason", "lastupdatetime", ""}},
    Mark{ListFormat::Postmark, "postmark", {"emailaddress", "suppressionreason", "", ""}},
    Mark{ListFormat::Postmark, "postmark", {"recipient", "suppressionreason", "", ""}},
    Mark{ListFormat::ListmonkSubscribers, "listmonk", {"uuid", "email", "status", ""}},
    Mark{ListFormat::ListmonkBounces, "listmonk", {"email", "type", "source", ""}},
    Mark{ListFormat::Sparkpost, "sparkpost", {"recipient", "type", "source", ""}},
    Mark{ListFormat::Sparkpost, "sparkpost", {"recipient", "transactional", "", ""}},
    Mark{ListFormat::Sparkpost, "sparkpost", {"recipient", "nontransactional", "", ""}},
    Mark{ListFormat::Postal, "postal", {"address", "reason", "keepuntil", ""}},
    Mark{ListFormat::Postal, "postal", {"type", "address", "reason", "timestamp"}},
    Mark{ListFormat::MailgunBounces, "mailgun", {"address", "code", "error", "createdat"}},
    Mark{ListFormat::MailgunUnsubscribes, "mailgun", {"address", "tags", "createdat", ""}},
    Mark{ListFormat::MailgunUnsubscribes, "mailgun", {"address", "tag", "createdat", ""}},
    Mark{ListFormat::MailgunComplaints, "mailgun", {"address", "createdat", "", ""}},
    Mark{ListFormat::SendgridBounces, "sendgrid", {"email", "created", "reason", "status"}},
    Mark{ListFormat::SendgridSpamReports, "sendgrid", {"email", "created", "ip", ""}},
    Mark{ListFormat::SendgridInvalid, "sendgrid", {"email", "created", "reason", ""}},
    Mark{ListFormat::SendgridUnsubscribes, "sendgrid", {"email", "created", "", ""}},
};

bool has_column(const std::vector<std::string>& columns, std::string_view name) {
    return std::ranges::find(columns, name) != columns.end();
}

bool fits(const Mark& mark, const std::vector<std::string>& columns) {
    return std::ranges::all_of(mark.columns, [&](std::string_view name) {
        return name.empty() || has_column(columns, name);
    });
}

/// True when the name, "mailgun" or "mailgun-bounces", is that of the format.
bool is_named(ListFormat format, std::string_view name) {
    const std::string_view own = wire_name(format);
    return own == name || (own.starts_with(name) && own.substr(name.size()).starts_with('-'));
}

/// The first format of the name.
std::optional<ListFormat> find_format(std::string_view name) {
    const auto* const found = std::ranges::find_if(
        kAllListFormats, [&](ListFormat format) { return is_named(format, name); });
    return found == kAllListFormats.end() ? std::nullopt : std::optional(*found);
}

/// A row of two values without a header, as Amazon SES takes them: address,REASON
ListShape headless_ses() {
    return {.format = ListFormat::Ses,
            .separator = ',',
            .has_header = false,
            .columns = {"emailaddress", "reason"},
            .address = 0,
            .address_name = "1"};
}

bool is_headless_ses(std::string_view line) {
    const auto cells = core::split(line, ',');
    return cells.size() == 2 && cells[0].contains('@') &&
           (core::equals_ignoring_case(core::trim(cells[1]), "BOUNCE") ||
            core::equals_ignoring_case(core::trim(cells[1]), "COMPLAINT"));
}

/// By the names of the columns, or as it was told.
void choose_format(ListShape& shape, std::optional<std::string_view> forced) {
    const auto* const mark = std::ranges::find_if(kMarks, [&](const Mark& candidate) {
        return fits(candidate, shape.columns) &&
               (!forced.has_value() || is_named(candidate.format, *forced));
    });
    if (mark != kMarks.end()) {
        shape.format = mark->format;
        shape.may_be_blocks = shape.format == ListFormat::SendgridBounces &&
                              forced != wire_name(ListFormat::SendgridBounces);
    } else if (forced.has_value()) {
        shape.format = find_format(*forced).value_or(ListFormat::Csv);
    }
}

}  // namespace

std::string_view wire_name(ListFormat format) {
    switch (format) {
        case ListFormat::Plain:
            return "plain";
        case ListFormat::Holdback:
            return "holdback";
        case ListFormat::Csv:
            return "csv";
        case ListFormat::Ses:
            return "ses";
        case ListFormat::MailgunBounces:
            return "mailgun-bounces";
        case ListFormat::MailgunComplaints:
            return "mailgun-complaints";
        case ListFormat::MailgunUnsubscribes:
            return "mailgun-unsubscribes";
        case ListFormat::SendgridBounces:
            return "sendgrid-bounces";
        case ListFormat::SendgridBlocks:
            return "sendgrid-blocks";
        case ListFormat::SendgridSpamReports:
            return "sendgrid-spam-reports";
        case ListFormat::SendgridUnsubscribes:
            return "sendgrid-unsubscribes";
        case ListFormat::SendgridInvalid:
            return "sendgrid-invalid";
        case ListFormat::Postmark:
            return "postmark";
        case ListFormat::Sparkpost:
            return "sparkpost";
        case ListFormat::Postal:
            return "postal";
        case ListFormat::ListmonkSubscribers:
            return "listmonk-subscribers";
        case ListFormat::ListmonkBounces:
            return "listmonk-bounces";
        case ListFormat::MailchimpSubscribers:
            return "mailchimp-subscribers";
        case ListFormat::MailchimpUnsubscribes:
            return "mailchimp-unsubscribes";
        case ListFormat::MailchimpCleaned:
            return "mailchimp-cleaned";
        case ListFormat::Brevo:
            return "brevo";
        case ListFormat::Hubspot:
            return "hubspot";
        case ListFormat::ActiveCampaign:
            return "activecampaign";
        case ListFormat::Mautic:
            return "mautic";
        case ListFormat::Civicrm:
            return "civicrm";
        case ListFormat::Phplist:
            return "phplist";
        case ListFormat::Mailman:
            return "mailman";
    }
    std::unreachable();
}

bool is_format_name(std::string_view name) {
    return find_format(name).has_value();
}

core::Result<ListShape, ColumnError> recognize_object(const std::vector<std::string>& names,
                                                      const std::vector<std::string>& values,
                                                      std::optional<std::string_view> forced,
                                                      const std::optional<std::string>& member) {
    const auto address = find_address_member(names, values, member);
    if (!address.has_value()) {
        return std::unexpected(address.error());
    }
    ListShape shape{.format = ListFormat::Csv,
                    .separator = ',',
                    .has_header = true,
                    .columns = {},
                    .address = *address,
                    .address_name = names[*address]};
    for (const std::string& name : names) {
        shape.columns.push_back(column_name(name));
    }
    choose_format(shape, forced);
    return shape;
}

core::Result<ListShape, ColumnError> recognize(std::string_view text,
                                               std::optional<std::string_view> forced,
                                               const std::optional<std::string>& column) {
    const std::string_view first_line = text.substr(0, text.find_first_of("\r\n"));
    if (forced == wire_name(ListFormat::Plain)) {
        return ListShape{};
    }
    const bool may_be_ses = !forced.has_value() || forced == wire_name(ListFormat::Ses);
    if (may_be_ses && is_headless_ses(first_line)) {
        return headless_ses();
    }
    auto found = find_address_column(text, column);
    if (!found.has_value()) {
        return std::unexpected(found.error());
    }
    if (!found->separator.has_value()) {
        return forced.has_value()
                   ? core::Result<ListShape, ColumnError>(std::unexpected(
                         ColumnError{ColumnTrouble::NotThere, {std::string(first_line)}}))
                   : ListShape{};
    }
    ListShape shape{.format = ListFormat::Csv,
                    .separator = found->separator,
                    .has_header = !found->head.empty(),
                    .columns = {},
                    .address = found->index,
                    .address_name = found->name()};
    for (const std::string& name : found->head) {
        shape.columns.push_back(column_name(name));
    }
    choose_format(shape, forced);
    return shape;
}

}  // namespace holdback::lists
