// SPDX-License-Identifier: Apache-2.0
#pragma once
// Lists of suppressed addresses as mail services export them: how each is known, and what a row
// of it says.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "lists/address_column.hpp"
#include "lists/row_meaning.hpp"
#include "terms/suppression.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace holdback::lists {

enum class ListFormat : std::uint8_t {
    Plain,     ///< an address, domain, suffix or pattern a line; what follows `#` is a comment
    Holdback,  ///< our own CSV, with all that an entry holds
    Csv,       ///< any CSV with a column of addresses
    Ses,       ///< Amazon SES: CSV; its JSON is read elsewhere
    MailgunBounces,
    MailgunComplaints,
    MailgunUnsubscribes,
    SendgridBounces,
    SendgridBlocks,
    SendgridSpamReports,
    SendgridUnsubscribes,
    SendgridInvalid,
    Postmark,
    Sparkpost,
    Postal,
    ListmonkSubscribers,
    ListmonkBounces,
    MailchimpSubscribers,
    MailchimpUnsubscribes,
    MailchimpCleaned,
    // The rows of these say what they mean as those of any CSV do: see `row_meaning.hpp`.
    Brevo,
    Hubspot,
    ActiveCampaign,
    Mautic,
    Civicrm,
    Phplist,
    Mailman,
};

inline constexpr std::array kAllListFormats{ListFormat::Plain,
                                            ListFormat::Holdback,
                                            ListFormat::Csv,
                                            ListFormat::Ses,
                                            ListFormat::MailgunBounces,
                                            ListFormat::MailgunComplaints,
                                            ListFormat::MailgunUnsubscribes,
                                            ListFormat::SendgridBounces,
                                            ListFormat::SendgridBlocks,
                                            ListFormat::SendgridSpamReports,
                                            ListFormat::SendgridUnsubscribes,
                                            ListFormat::SendgridInvalid,
                                            ListFormat::Postmark,
                                            ListFormat::Sparkpost,
                                            ListFormat::Postal,
                                            ListFormat::ListmonkSubscribers,
                                            ListFormat::ListmonkBounces,
                                            ListFormat::MailchimpSubscribers,
                                            ListFormat::MailchimpUnsubscribes,
                                            ListFormat::MailchimpCleaned,
                                            ListFormat::Brevo,
                                            ListFormat::Hubspot,
                                            ListFormat::ActiveCampaign,
                                            ListFormat::Mautic,
                                            ListFormat::Civicrm,
                                            ListFormat::Phplist,
                                            ListFormat::Mailman};

[[nodiscard]] std::string_view wire_name(ListFormat format);
/// A wire name, or the name of a service ("mailgun", "sendgrid", "listmonk"), whose several exports
/// are then told apart by their header.
[[nodiscard]] bool is_format_name(std::string_view name);

/// How a list is read: its format, what separates fields, and where each value stands.
struct ListShape {
    ListFormat format = ListFormat::Plain;
    std::optional<char> separator;  ///< nullopt: no CSV
    bool has_header = false;
    /// Names of the columns as they are compared: see `column_name`.
    std::vector<std::string> columns;
    std::size_t address = 0;   ///< the column of the addresses
    std::string address_name;  ///< as people read it; empty for lines
    /// SendGrid exports its blocks with the header of its bounces, and nobody said which these are.
    bool may_be_blocks = false;
};

/// Known by its beginning, `kLookedAtOctets` of it. `forced` is what `is_format_name` takes;
/// `column` is the column of the addresses, else found by itself. The error tells which columns
/// there are, or which may be meant; a list that has none though the forced format needs one is an
/// error, too.
[[nodiscard]] core::Result<ListShape, ColumnError> recognize(
    std::string_view text,
    std::optional<std::string_view> forced,
    const std::optional<std::string>& column = std::nullopt);

/// The same of an object of JSON, whose members are the columns of its one row. The error tells
/// which members there are, or which may be meant.
[[nodiscard]] core::Result<ListShape, ColumnError> recognize_object(
    const std::vector<std::string>& names,
    const std::vector<std::string>& values,
    std::optional<std::string_view> forced,
    const std::optional<std::string>& member = std::nullopt);

/// A row says nothing about a suppression: a subscriber who is welcome, a comment.
struct PassedOver {
    std::string what;  ///< the word for it: "active", "soft bounce", "comment"
};

/// What is wrong with a row, in words.
struct BadRow {
    std::string why;
};

/// The row tells a status in a word that is not known; it is not guessed at.
struct UnknownStatus {
    std::string column;
    std::string word;
};

enum class SoftBounces : std::uint8_t { PassOver, Count };

/// What rows have in common, whatever they say.
struct RowDefaults {
    core::TimePoint now;  ///< when a row tells no time
    /// For rows that tell none, and for those whose word is not known. nullopt: the former are
    /// manual, where the list has no column of status at all, or else passed over; the latter are
    /// not taken.
    std::optional<terms::SuppressionReason> reason = std::nullopt;
    /// Count a soft bounce as a strike, or pass it over.
    SoftBounces soft = SoftBounces::PassOver;
};

using RowOutcome = std::variant<terms::SuppressionEntry, PassedOver, BadRow, UnknownStatus>;

/// Reads the rows of one list.
class RowParser {
public:
    RowParser(ListShape shape, RowDefaults defaults);

    /// The entry of a row; its scope is global, except in our own CSV. Times that do not parse are
    /// trouble, absent ones are `now`.
    [[nodiscard]] RowOutcome parse(std::span<const std::string> fields) const;

private:
    [[nodiscard]] RowOutcome parse_plain(std::string_view line) const;
    [[nodiscard]] RowOutcome parse_own(std::span<const std::string> fields) const;
    [[nodiscard]] RowOutcome parse_service(std::span<const std::string> fields) const;

    [[nodiscard]] RowMeaning meaning_of(std::span<const std::string> fields) const;
    [[nodiscard]] std::optional<RowMeaning> meaning_of_reply(
        std::span<const std::string> fields) const;
    [[nodiscard]] RowOutcome entry_of(std::span<const std::string> fields,
                                      terms::SuppressionReason reason) const;

    ListShape shape_;
    RowDefaults defaults_;
    StatusColumns status_;
    int reason_ = -1;
    int code_ = -1;
    int time_ = -1;
    int text_ = -1;
    std::vector<int> own_;  // columns of our own CSV, in the order of `own_columns`
};

/// The columns of our own CSV.
[[nodiscard]] std::span<const std::string_view> own_columns();
/// A row of it, with its line end.
[[nodiscard]] std::string own_row(const terms::SuppressionEntry& entry);

}  // namespace holdback::lists
