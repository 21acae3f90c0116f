// SPDX-License-Identifier: Apache-2.0
#pragma once
// Lists of suppressed addresses as mail services export them: how each is known, and what a row
// of it says.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "mail/suppression.hpp"

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

/// The names by which columns of addresses go, best first, in small letters without anything
/// between them.
inline constexpr std::array<std::string_view, 12> kAddressColumns{"email",
                                                                  "emailaddress",
                                                                  "recipient",
                                                                  "recipientemail",
                                                                  "recipientaddress",
                                                                  "address",
                                                                  "mail",
                                                                  "mailaddress",
                                                                  "subscriberemail",
                                                                  "contactemail",
                                                                  "subject",
                                                                  "domain"};

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
                                            ListFormat::ListmonkBounces};

[[nodiscard]] std::string_view wire_name(ListFormat format);
/// A wire name, or the name of a service ("mailgun", "sendgrid", "listmonk"), whose several exports
/// are then told apart by their header.
[[nodiscard]] bool is_format_name(std::string_view name);

/// How a list is read: its format, what separates fields, and where each value stands.
struct ListShape {
    ListFormat format = ListFormat::Plain;
    std::optional<char> separator;  ///< nullopt: no CSV
    bool has_header = false;
    /// Names of the columns as they are compared: lower case without blanks, `_`, `-` and `.`.
    std::vector<std::string> columns;
};

/// Known by the first line. `forced` is what `is_format_name` takes; nullopt when the line has no
/// column of addresses though the forced format needs one.
[[nodiscard]] std::optional<ListShape> recognize(std::string_view first_line,
                                                 std::optional<std::string_view> forced);

/// A row says nothing about a suppression: a subscriber who is welcome, a soft bounce.
struct PassedOver {};

/// What is wrong with a row, in words.
struct BadRow {
    std::string why;
};

/// What rows have in common, whatever they say.
struct RowDefaults {
    core::TimePoint now;  ///< when a row tells no time
    /// For rows that tell no reason; of the format where it knows.
    mail::SuppressionReason reason = mail::SuppressionReason::Manual;
};

using RowOutcome = std::variant<mail::SuppressionEntry, PassedOver, BadRow>;

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

    ListShape shape_;
    RowDefaults defaults_;
    int address_ = -1;
    int reason_ = -1;
    int code_ = -1;
    int time_ = -1;
    int text_ = -1;
    std::vector<int> own_;  // columns of our own CSV, in the order of `own_columns`
};

/// An entry for an address of a service's list.
[[nodiscard]] RowOutcome service_entry(std::string_view address,
                                       mail::SuppressionReason reason,
                                       std::string_view text,
                                       std::string_view time,
                                       const RowDefaults& defaults);

/// "HardBounce", "BOUNCE", "complaint", "spam_complaint", "unsubscribed", …; nullopt when unknown.
[[nodiscard]] std::optional<mail::SuppressionReason> parse_service_reason(std::string_view text);

/// The columns of our own CSV.
[[nodiscard]] std::span<const std::string_view> own_columns();
/// A row of it, with its line end.
[[nodiscard]] std::string own_row(const mail::SuppressionEntry& entry);

}  // namespace holdback::lists
