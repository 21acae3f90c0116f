// SPDX-License-Identifier: Apache-2.0
#pragma once
// Lists of suppressed addresses as mail services export them: one row for each format.

#include "core/enum_rows.hpp"
#include "terms/failure_code.hpp"
#include "terms/suppression.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdback::lists {

/// In the order in which people are told of them.
enum class ListFormat : std::uint8_t {
    Plain,     ///< an address, domain, suffix or pattern a line; what follows `#` is a comment
    Csv,       ///< any CSV with a column of addresses
    Holdback,  ///< our own CSV, with all that an entry holds
    Ses,       ///< Amazon SES: CSV; its JSON is read elsewhere
    MailgunBounces,
    MailgunUnsubscribes,
    MailgunComplaints,
    SendgridBounces,
    SendgridSpamReports,
    SendgridInvalid,
    SendgridUnsubscribes,
    SendgridBlocks,
    Postmark,
    Sparkpost,
    Postal,
    ListmonkSubscribers,
    ListmonkBounces,
    MailchimpUnsubscribes,
    MailchimpCleaned,
    MailchimpSubscribers,
    Brevo,
    Hubspot,
    ActiveCampaign,
    Mautic,
    Civicrm,
    Phplist,
    Mailman,
};

inline constexpr auto kAllListFormats = core::all_up_to<ListFormat::Mailman>();

/// What tells whether a row of a list is a suppression.
enum class Tells : std::uint8_t {
    Words,      ///< words of status and columns of yes and no, as in any CSV: see `row_meaning.hpp`
    Contacts,   ///< the same, but good and bad stand together: a row without any is no suppression
    List,       ///< the list: all rows are of `reason`
    Column,     ///< one column, whose words are known
    Blocklist,  ///< one column; who is not suppressed by it is welcome
    Texts,      ///< one column of texts: without a known word it bounced
    Nobody,     ///< all are subscribed
};

/// A header by which a format is known: all of these columns are there; empty ones do not count.
using ListHead = std::array<std::string_view, 4>;

/// One format. What a row does not say is what most formats have.
struct FormatRow {
    ListFormat format;
    std::string_view wire_name;  ///< "brevo", or the service and its list: "mailgun-bounces"
    /// As `column_name` gives them.
    std::array<ListHead, 3> heads = {};
    /// Heads are tried in four turns, and within a turn in the order of the rows: telling ones
    /// before those whose columns others may have as well.
    int turn = 1;
    Tells tells = Tells::Words;
    terms::SuppressionReason reason = terms::SuppressionReason::Bounce;
    /// The column that tells; empty: the first of those with the usual names.
    std::string_view column;
    /// The list quotes replies of other servers.
    bool quotes_replies = false;
    /// A column that says by what means the address is reached; only "email" is about mail.
    std::string_view channel;
    /// The code of its entries, whatever a row says.
    std::optional<terms::FailureCode> code = std::nullopt;
    /// The one of the service's lists that is meant by its name, where no head tells; without any,
    /// the first.
    bool stands_for_service = false;
};

[[nodiscard]] const FormatRow& row_of(ListFormat format);

[[nodiscard]] std::string_view wire_name(ListFormat format);
/// True when `name` is the wire name, or begins it: that of the service.
[[nodiscard]] bool is_named(ListFormat format, std::string_view name);
/// The format of that name; of a service, see `FormatRow::stands_for_service`.
[[nodiscard]] std::optional<ListFormat> find_format(std::string_view name);
/// A wire name, or the name of a service ("mailgun", "sendgrid", "listmonk"), whose several exports
/// are then told apart by their header.
[[nodiscard]] bool is_format_name(std::string_view name);
/// "plain, csv, …": formats and services, in the order of the rows.
[[nodiscard]] std::string format_names();

}  // namespace holdback::lists
