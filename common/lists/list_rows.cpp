// SPDX-License-Identifier: Apache-2.0
#include "lists/list_rows.hpp"

#include "core/clock.hpp"
#include "core/iso_time.hpp"
#include "core/safe_text.hpp"
#include "core/text.hpp"
#include "lists/address_column.hpp"
#include "lists/list_format.hpp"
#include "lists/list_shape.hpp"
#include "lists/row_meaning.hpp"
#include "lists/time_text.hpp"
#include "mail/syntax.hpp"
#include "terms/failure_code.hpp"
#include "terms/suppression.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

namespace holdback::lists {

namespace {

using terms::FailureCode;
using terms::SuppressionEntry;
using terms::SuppressionReason;

/// More octets of a service's text are not kept.
constexpr std::size_t kMostTextOctets = 500;

constexpr std::array<std::string_view, 15> kOwnColumns{"subject",
                                                       "kind",
                                                       "scope",
                                                       "reason",
                                                       "code",
                                                       "source",
                                                       "strikes",
                                                       "first_seen",
                                                       "last_seen",
                                                       "expires",
                                                       "active",
                                                       "proof",
                                                       "rule",
                                                       "diagnostic",
                                                       "message_id"};

int column_of(const ListShape& shape, std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) {
        const auto found = std::ranges::find(shape.columns, name);
        if (found != shape.columns.end()) {
            return static_cast<int>(found - shape.columns.begin());
        }
    }
    return -1;
}

/// True where one known column tells the reason of each row.
bool has_own_column(Tells tells) {
    return tells == Tells::Column || tells == Tells::Blocklist || tells == Tells::Texts;
}

/// The code for an enhanced status anywhere in the text.
std::optional<FailureCode> code_by_status(std::string_view text) {
    struct Row {
        std::string_view status;
        int code;
    };
    constexpr auto kRows = std::to_array<Row>({{"5.1.10", 2002},
                                               {"5.1.1", 2001},
                                               {"5.1.2", 2002},
                                               {"5.1.3", 2003},
                                               {"5.1.6", 2004},
                                               {"5.2.1", 3002},
                                               {"5.2.2", 3001},
                                               {"5.4.4", 2002},
                                               {"5.7.", 1999}});
    const auto* const row = std::ranges::find_if(
        kRows, [&](const Row& candidate) { return text.contains(candidate.status); });
    return row == kRows.end() ? std::nullopt : FailureCode::from_number(row->code);
}

FailureCode code_for(SuppressionReason reason, terms::SubjectKind kind, std::string_view text) {
    const FailureCode otherwise = terms::default_code(reason, kind);
    const bool is_of_mailbox =
        reason == SuppressionReason::Bounce && kind == terms::SubjectKind::Address;
    return is_of_mailbox ? code_by_status(text).value_or(otherwise) : otherwise;
}

RowOutcome entry_for(terms::SuppressionSubject subject,
                     SuppressionReason reason,
                     std::string_view text,
                     std::string_view time,
                     const RowDefaults& defaults) {
    SuppressionEntry entry;
    entry.last_seen = defaults.now;
    if (!core::trim(time).empty()) {
        const auto seen = parse_time(time);
        if (!seen.has_value()) {
            return BadRow{fmt::format("{} is not a time", core::in_quotes(time))};
        }
        entry.last_seen = std::min(*seen, defaults.now);
    }
    entry.first_seen = entry.last_seen;
    entry.kind = subject.kind;
    entry.subject = std::move(subject.text);
    entry.reason = reason;
    entry.code = code_for(entry.reason, entry.kind, text);
    entry.source = terms::SuppressionSource::Import;
    entry.diagnostic = core::trim(text).substr(0, kMostTextOctets);
    return entry;
}

BadRow no_subject(std::string_view text, mail::SyntaxError error) {
    return {fmt::format("{}: {}", core::in_quotes(text), mail::plain_words(error))};
}

/// True for a text that is a domain by its syntax, but hardly was meant as one.
bool is_bare_word(const terms::SuppressionSubject& subject) {
    return subject.kind == terms::SubjectKind::Domain && !subject.text.contains('.') &&
           !subject.text.starts_with('[');
}

BadRow no_address(std::string_view text) {
    return {fmt::format("{} is not an address", core::in_quotes(text))};
}

/// The values of a row of our own CSV, and its first flaw.
class OwnValues {
public:
    OwnValues(std::span<const std::string> fields, std::span<const int> columns)
        : fields_(fields), columns_(columns) {}

    [[nodiscard]] std::string_view text(std::size_t own) const {
        const int column = columns_[own];
        return column < 0 || static_cast<std::size_t>(column) >= fields_.size()
                   ? std::string_view()
                   : core::without_formula_guard(fields_[static_cast<std::size_t>(column)]);
    }
    /// The result of `parse`. When it gives none, the row is bad and the result is `otherwise`.
    template <typename T, typename Parse>
    T required(std::size_t own, Parse parse, T otherwise) {
        auto parsed = parse(text(own));
        if (!parsed.has_value()) {
            if (!bad_.has_value()) {
                bad_ = BadRow{fmt::format(
                    "{} is not known as {}", core::in_quotes(text(own)), kOwnColumns.at(own))};
            }
            return otherwise;
        }
        return *std::move(parsed);
    }
    /// The same, but an empty text is not bad.
    template <typename T, typename Parse>
    T optional(std::size_t own, Parse parse, T otherwise) {
        return text(own).empty() ? otherwise : required(own, parse, std::move(otherwise));
    }
    [[nodiscard]] const std::optional<BadRow>& bad() const { return bad_; }

private:
    std::span<const std::string> fields_;
    std::span<const int> columns_;
    std::optional<BadRow> bad_;
};

std::optional<FailureCode> parse_code(std::string_view text) {
    const auto number = core::parse_decimal(text);
    return number.has_value() && *number <= 9999
               ? FailureCode::from_number(static_cast<int>(*number))
               : std::nullopt;
}

std::optional<bool> parse_active(std::string_view text) {
    if (text == "yes" || text == "no") {
        return text == "yes";
    }
    return std::nullopt;
}

std::optional<int> parse_strikes(std::string_view text) {
    const auto number = core::parse_decimal(text);
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<int>::max());
    return number.has_value() && *number <= kMost ? std::optional(static_cast<int>(*number))
                                                  : std::nullopt;
}

/// True for a refusal that is about us or the message: by the status (RFC 3463 section 3.8), or by
/// the words when no status is about the mailbox.
bool is_block(std::string_view status, std::string_view text) {
    const auto has = [&](std::string_view part) {
        return status.contains(part) || core::contains_ignoring_case(text, part);
    };
    if (has("5.7.")) {
        return true;
    }
    constexpr auto kWords = std::to_array<std::string_view>(
        {"spam", "reputation", "blacklist", "blocklist", "blocked using", "dmarc"});
    return !has("5.1.") && !has("5.2.") && std::ranges::any_of(kWords, has);
}

/// A cell; empty when there is no such column or the row is too short.
std::string_view value(std::span<const std::string> fields, int column) {
    return column < 0 || static_cast<std::size_t>(column) >= fields.size()
               ? std::string_view()
               : std::string_view(fields[static_cast<std::size_t>(column)]);
}

}  // namespace

RowParser::RowParser(ListShape shape, RowDefaults defaults)
    : shape_(std::move(shape)), defaults_(defaults), status_(shape_.columns) {
    time_ = column_of(shape_,
                      {"lastupdatetime",
                       "lastseen",
                       "created",
                       "createdat",
                       "timestamp",
                       "updated",
                       "updatedat",
                       "date",
                       "time",
                       "bouncedat",
                       "unsubtime",
                       "cleantime",
                       "dateadded"});
    text_ = column_of(shape_, {"error", "diagnostic", "description", "details", "message"});
    code_ = column_of(shape_, {"status", "code"});
    reason_ = column_of(shape_, {"suppressionreason", "reason", "type", "source"});
    const FormatRow& row = row_of(shape_.format);
    if (!row.column.empty()) {
        reason_ = column_of(shape_, {row.column});
    } else if (row.tells == Tells::List && text_ < 0) {
        text_ = column_of(shape_, {"reason"});
    }
    for (const std::string_view name : kOwnColumns) {
        std::string plain(name);
        std::erase(plain, '_');
        own_.push_back(column_of(shape_, {plain}));
    }
}

RowOutcome RowParser::parse(std::span<const std::string> fields) const {
    if (shape_.format == ListFormat::Plain) {
        return fields.empty() ? RowOutcome(PassedOver{"empty line"}) : parse_plain(fields.front());
    }
    return shape_.format == ListFormat::Holdback ? parse_own(fields) : parse_service(fields);
}

RowOutcome RowParser::parse_plain(std::string_view line) const {
    // A mailbox may have # in its name: a comment has white space before it.
    if (line.starts_with('#')) {
        return PassedOver{"comment"};
    }
    for (const std::string_view mark : {" #", "\t#"}) {
        line = line.substr(0, line.find(mark));
    }
    line = core::trim(line);
    if (line.empty()) {
        return PassedOver{"comment"};
    }
    auto subject = terms::parse_subject(line, terms::Patterns::Yes);
    if (!subject.has_value()) {
        return no_subject(line, subject.error());
    }
    if (is_bare_word(*subject)) {
        return no_address(line);
    }
    return entry_for(*std::move(subject),
                     defaults_.reason.value_or(SuppressionReason::Manual),
                     {},
                     {},
                     defaults_);
}

/// The meaning of the other server's reply, in lists of bounces and blocks.
std::optional<RowMeaning> RowParser::meaning_of_reply(std::span<const std::string> fields) const {
    if (!row_of(shape_.format).quotes_replies) {
        return std::nullopt;
    }
    for (const int column : {code_, text_}) {
        const auto meaning = meaning_of_code(value(fields, column));
        if (meaning.has_value() && std::holds_alternative<SoftBounced>(*meaning)) {
            return meaning;
        }
        if (meaning.has_value()) {
            break;
        }
    }
    return shape_.may_be_blocks && is_block(value(fields, code_), value(fields, text_))
               ? std::optional<RowMeaning>(Welcome{"block"})
               : std::nullopt;
}

/// The meaning of the row, by the format or by its words.
RowMeaning RowParser::meaning_of(std::span<const std::string> fields) const {
    if (auto meaning = meaning_of_reply(fields)) {
        return *std::move(meaning);
    }
    const FormatRow& row = row_of(shape_.format);
    if (row.tells == Tells::List) {
        return Suppressed{row.reason};
    }
    if (row.tells == Tells::Nobody) {
        return Welcome{"subscribed"};
    }
    if (!row.channel.empty()) {
        const std::string channel = letters_of(value(fields, column_of(shape_, {row.channel})));
        if (!channel.empty() && channel != "email") {
            return Welcome{channel};
        }
    }
    if (!has_own_column(row.tells)) {
        return status_.meaning_of(fields);
    }
    RowMeaning told = meaning_of_word(value(fields, reason_));
    if (std::holds_alternative<Suppressed>(told)) {
        return told;
    }
    if (row.tells == Tells::Blocklist) {
        return Welcome{letters_of(value(fields, reason_))};
    }
    if (row.tells == Tells::Texts) {
        return Suppressed{SuppressionReason::Bounce};
    }
    auto* const unknown = std::get_if<UnknownWord>(&told);
    if (unknown != nullptr) {
        unknown->column = shape_.columns.at(static_cast<std::size_t>(reason_));
    }
    return told;
}

RowOutcome RowParser::parse_service(std::span<const std::string> fields) const {
    const RowMeaning meaning = meaning_of(fields);
    const std::optional<SuppressionReason>& otherwise = defaults_.reason;
    if (const auto* const suppressed = std::get_if<Suppressed>(&meaning)) {
        return entry_of(fields, suppressed->reason);
    }
    if (const auto* const welcome = std::get_if<Welcome>(&meaning)) {
        return PassedOver{welcome->what};
    }
    if (std::holds_alternative<SoftBounced>(meaning)) {
        if (defaults_.soft == SoftBounces::PassOver) {
            return PassedOver{"soft bounce"};
        }
        RowOutcome outcome = entry_of(fields, SuppressionReason::Bounce);
        if (auto* const entry = std::get_if<SuppressionEntry>(&outcome)) {
            entry->code =
                entry->code == terms::kMailboxFull ? terms::kMailboxFull : terms::kTryLater;
            entry->active = false;
            entry->strikes = 1;
        }
        return outcome;
    }
    if (otherwise.has_value()) {
        return entry_of(fields, *otherwise);
    }
    if (const auto* const unknown = std::get_if<UnknownWord>(&meaning)) {
        return UnknownStatus{.column = unknown->column, .word = unknown->word};
    }
    const Tells tells = row_of(shape_.format).tells;
    const bool tells_elsewhere = status_.any() || has_own_column(tells) || tells == Tells::Contacts;
    return tells_elsewhere ? RowOutcome(PassedOver{"no status"})
                           : entry_of(fields, SuppressionReason::Manual);
}

/// The entry for the address of a row, with this reason.
RowOutcome RowParser::entry_of(std::span<const std::string> fields,
                               SuppressionReason reason) const {
    const FormatRow& row = row_of(shape_.format);
    std::string text(value(fields, text_));
    const std::string_view status = value(fields, code_);
    const bool is_status = code_ != reason_ && !status.empty() && !text.contains(status) &&
                           core::is_ascii_digit(status.front());
    if (is_status) {
        text = text.empty() ? std::string(status) : fmt::format("{} {}", status, text);
    } else if (text.empty() && reason_ != code_ && row.tells == Tells::Texts) {
        text = value(fields, reason_);
    }
    const std::string_view address = address_in(value(fields, static_cast<int>(shape_.address)));
    auto subject = terms::parse_subject(address, terms::Patterns::No);
    if (!subject.has_value()) {
        return no_subject(address, subject.error());
    }
    const bool may_be_domain =
        shape_.format == ListFormat::Csv && subject->kind == terms::SubjectKind::Domain;
    if ((subject->kind != terms::SubjectKind::Address && !may_be_domain) ||
        is_bare_word(*subject)) {
        return no_address(address);
    }
    RowOutcome outcome =
        entry_for(*std::move(subject), reason, text, value(fields, time_), defaults_);
    if (auto* const entry = std::get_if<SuppressionEntry>(&outcome);
        entry != nullptr && row.code.has_value()) {
        entry->code = *row.code;
    }
    return outcome;
}

RowOutcome RowParser::parse_own(std::span<const std::string> fields) const {
    OwnValues values(fields, own_);
    SuppressionEntry entry;
    entry.kind = values.required(1, terms::parse_subject_kind, terms::SubjectKind::Address);
    const terms::Patterns patterns =
        entry.kind == terms::SubjectKind::Pattern ? terms::Patterns::Yes : terms::Patterns::No;
    auto subject = terms::parse_subject(values.text(0), patterns);
    if (!subject.has_value()) {
        return no_subject(values.text(0), subject.error());
    }
    if (!values.bad().has_value() && subject->kind != entry.kind) {
        return BadRow{fmt::format(
            "{} is not of the kind {}", core::in_quotes(values.text(0)), wire_name(entry.kind))};
    }
    entry.subject = std::move(subject->text);
    entry.scope = values.optional(2, terms::SuppressionScope::parse, terms::SuppressionScope());
    entry.reason = values.required(3, terms::parse_suppression_reason, SuppressionReason::Manual);
    entry.code =
        values.optional(4, parse_code, code_for(entry.reason, entry.kind, values.text(13)));
    entry.source =
        values.optional(5, terms::parse_suppression_source, terms::SuppressionSource::Import);
    entry.strikes = values.optional(6, parse_strikes, 0);
    entry.last_seen = values.optional(8, parse_time, defaults_.now);
    entry.first_seen = values.optional(7, parse_time, entry.last_seen);
    if (!values.text(9).empty()) {
        entry.expires = values.required(9, parse_time, defaults_.now);
    }
    entry.active = values.optional(10, parse_active, true);
    entry.proof = values.optional(11, terms::parse_proof, terms::Proof::Unproven);
    entry.rule = values.text(12);
    entry.diagnostic = values.text(13);
    entry.message_id = values.text(14);
    const std::optional<BadRow>& bad = values.bad();
    return bad.has_value() ? RowOutcome(*bad) : RowOutcome(entry);
}

std::span<const std::string_view> own_columns() {
    return kOwnColumns;
}

std::string own_row(const SuppressionEntry& entry) {
    const std::array<std::string, kOwnColumns.size()> fields{
        entry.subject,
        std::string(wire_name(entry.kind)),
        entry.scope.text(),
        std::string(wire_name(entry.reason)),
        fmt::format("{}", entry.code.number()),
        std::string(wire_name(entry.source)),
        fmt::format("{}", entry.strikes),
        core::iso_time_ms(entry.first_seen),
        core::iso_time_ms(entry.last_seen),
        entry.expires.has_value() ? core::iso_time_ms(*entry.expires) : "",
        entry.active ? "yes" : "no",
        std::string(wire_name(entry.proof)),
        entry.rule,
        entry.diagnostic,
        entry.message_id};
    return core::csv_row(fields, {.line_end = "\n", .line_feeds = core::LineFeeds::Kept});
}

}  // namespace holdback::lists
