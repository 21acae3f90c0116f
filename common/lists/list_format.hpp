// SPDX-License-Identifier: Apache-2.0
#pragma once
// Formats of suppression lists as mail services export them: one row for each format.

#include "core/enum_rows.hpp"
#include "terms/failure_code.hpp"
#include "terms/suppression.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdback::lists {

/// In the order in which formats are named to people.
enum class ListFormat : std::uint8_t {
    Plain,     ///< an address, domain, suffix or pattern in each line; `#` begins a comment
    Csv,       ///< any CSV with a column of addresses
    Holdback,  ///< our own CSV, with all values of an entry
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

/// The part of a list that says whether a row is a suppression.
enum class Tells : std::uint8_t {
    Words,      ///< words of status and columns of yes and no, as in any CSV: see `row_meaning.hpp`
    Contacts,   ///< the same in a mixed list: a row without a word is no suppression
    List,       ///< the list itself: all rows have `reason`
    Column,     ///< one column, whose words are known
    Blocklist,  ///< one column; rows that it does not suppress are welcome
    Texts,      ///< one column of texts: a text without a known word is a bounce
    Nobody,     ///< nothing: all are subscribed
};

/// A header that identifies a format: all of these columns are there; empty ones do not count.
using ListHead = std::array<std::string_view, 4>;

/// One format. A row leaves out the values that most formats have.
struct FormatRow {
    ListFormat format;
    std::string_view wire_name;  ///< "brevo", or the service and its list: "mailgun-bounces"
    /// In the form of `column_name`.
    std::array<ListHead, 3> heads = {};
    /// Heads are tried in four turns, and within a turn in the order of the rows: distinctive heads
    /// before those whose columns others may have as well.
    int turn = 1;
    Tells tells = Tells::Words;
    terms::SuppressionReason reason = terms::SuppressionReason::Bounce;
    /// The column that tells; empty: the first one with a usual name.
    std::string_view column;
    /// The list quotes replies of other servers.
    bool quotes_replies = false;
    /// A column for the channel of the address; only "email" is about mail.
    std::string_view channel;
    /// The code of all entries, whatever their rows say.
    std::optional<terms::FailureCode> code = std::nullopt;
    /// The service's name alone means this list, where no head tells. Without any such, the first
    /// one.
    bool stands_for_service = false;
};

[[nodiscard]] const FormatRow& row_of(ListFormat format);

[[nodiscard]] std::string_view wire_name(ListFormat format);
/// True when `name` is the wire name, or its beginning that names the service.
[[nodiscard]] bool is_named(ListFormat format, std::string_view name);
/// The format of that name; for a service, see `FormatRow::stands_for_service`.
[[nodiscard]] std::optional<ListFormat> find_format(std::string_view name);
/// True for a wire name, and for the name of a service ("mailgun", "sendgrid", "listmonk"). The
/// header then tells the exports of the service apart.
[[nodiscard]] bool is_format_name(std::string_view name);
/// "plain, csv, …": formats and services in the order of the rows.
[[nodiscard]] std::string format_names();

}  // namespace holdback::lists
