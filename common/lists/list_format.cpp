// SPDX-License-Identifier: Apache-2.0
#include "lists/list_format.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <array>
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

/// A column's name as it is compared.
std::string column_name(std::string_view cell) {
    std::string name;
    for (const char c : core::trim(cell)) {
        if (c != '"' && c != ' ' && c != '_' && c != '-' && c != '.') {
            name += core::ascii_lower(c);
        }
    }
    return name;
}

bool has_column(const std::vector<std::string>& columns, std::string_view name) {
    return std::ranges::find(columns, name) != columns.end();
}

bool fits(const Mark& mark, const std::vector<std::string>& columns) {
    return std::ranges::all_of(mark.columns, [&](std::string_view name) {
        return name.empty() || has_column(columns, name);
    });
}

bool has_address_column(const std::vector<std::string>& columns) {
    return std::ranges::any_of(kAddressColumns,
                               [&](std::string_view name) { return has_column(columns, name); });
}

/// What separates the cells of a line that names columns; nullopt when it names no address column.
std::optional<ListShape> header_shape(std::string_view line) {
    for (const char separator : {',', ';', '\t'}) {
        ListShape shape{
            .format = ListFormat::Csv, .separator = separator, .has_header = true, .columns = {}};
        for (const std::string_view cell : core::split(line, separator)) {
            shape.columns.push_back(column_name(cell));
        }
        if (has_address_column(shape.columns)) {
            return shape;
        }
    }
    return std::nullopt;
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
            .columns = {"emailaddress", "reason"}};
}

bool is_headless_ses(std::string_view line) {
    const auto cells = core::split(line, ',');
    return cells.size() == 2 && cells[0].contains('@') &&
           (core::equals_ignoring_case(core::trim(cells[1]), "BOUNCE") ||
            core::equals_ignoring_case(core::trim(cells[1]), "COMPLAINT"));
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
    }
    std::unreachable();
}

bool is_format_name(std::string_view name) {
    return find_format(name).has_value();
}

std::optional<ListShape> recognize(std::string_view first_line,
                                   std::optional<std::string_view> forced) {
    auto shape = header_shape(first_line);
    if (forced == wire_name(ListFormat::Plain) || (!shape.has_value() && !forced.has_value())) {
        return is_headless_ses(first_line) && !forced.has_value() ? headless_ses() : ListShape{};
    }
    if (!shape.has_value()) {
        return forced == "ses" && is_headless_ses(first_line) ? std::optional(headless_ses())
                                                              : std::nullopt;
    }
    const auto* const mark = std::ranges::find_if(kMarks, [&](const Mark& candidate) {
        return fits(candidate, shape->columns) &&
               (!forced.has_value() || is_named(candidate.format, *forced));
    });
    if (mark != kMarks.end()) {
        shape->format = mark->format;
    } else if (forced.has_value()) {
        shape->format = find_format(*forced).value_or(ListFormat::Csv);
    }
    return shape;
}

}  // namespace holdback::lists
