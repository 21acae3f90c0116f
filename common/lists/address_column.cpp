// SPDX-License-Identifier: Apache-2.0
#include "lists/address_column.hpp"

#include "core/result.hpp"
#include "core/text.hpp"
#include "lists/row_reader.hpp"
#include "mail/address.hpp"
#include "mail/syntax.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::lists {

namespace {

constexpr std::array kSeparators{',', ';', '\t'};
constexpr std::size_t kLookedAtRows = 100;

/// The usual names of address columns, best first, in the form of `column_name`.
constexpr std::array<std::string_view, 13> kNames{"email",
                                                  "emailaddress",
                                                  "recipient",
                                                  "recipientemail",
                                                  "recipientaddress",
                                                  "emailrecipient",
                                                  "address",
                                                  "mail",
                                                  "mailaddress",
                                                  "subscriberemail",
                                                  "contactemail",
                                                  "subject",
                                                  "domain"};

using Row = std::vector<std::string>;
using Rows = std::vector<Row>;
using Columns = std::vector<std::size_t>;

/// The first rows of a text that may be only a list's beginning.
Rows first_rows(std::string_view text, std::optional<char> separator) {
    RowReader reader([rest = text](std::span<char> room) mutable {
        const std::size_t octets = std::min(room.size(), rest.size());
        std::ranges::copy(rest.substr(0, octets), room.begin());
        rest.remove_prefix(octets);
        return octets;
    });
    reader.separate_by(separator);
    Rows rows;
    while (rows.size() < kLookedAtRows && reader.next()) {
        rows.push_back(reader.fields());
    }
    const bool is_cut = text.size() >= kLookedAtOctets && rows.size() < kLookedAtRows;
    if (is_cut && rows.size() > 1) {
        rows.pop_back();
    }
    return rows;
}

bool is_address(std::string_view text) {
    return mail::Address::parse(address_in(text), mail::Smtputf8::Yes).has_value();
}

/// True for an address, and for a text that was meant to be one.
bool is_meant_as_address(std::string_view text) {
    const std::string_view address = address_in(text);
    const std::size_t at = address.find('@');
    const bool has_blanks = address.find_first_of(" \t") != std::string_view::npos;
    return (at != std::string_view::npos && at > 0 && !has_blanks) || is_address(text);
}

bool is_only_address(std::string_view text) {
    return is_meant_as_address(text) && address_in(text).size() == core::trim(text).size();
}

bool has_at(const std::string& cell) {
    return cell.contains('@');
}

template <typename Fits>
std::size_t count_cells(std::span<const Row> rows, std::size_t column, Fits fits) {
    return static_cast<std::size_t>(std::ranges::count_if(
        rows, [&](const Row& row) { return column < row.size() && fits(row[column]); }));
}

std::size_t addresses_in(std::span<const Row> rows, std::size_t column) {
    return count_cells(rows, column, is_address);
}

std::size_t rank_of(const std::string& name) {
    return static_cast<std::size_t>(std::ranges::find(kNames, name) - kNames.begin());
}

/// The columns with a known name, best first.
Columns known_columns(const Row& names) {
    Columns found;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (rank_of(names[i]) < kNames.size()) {
            found.push_back(i);
        }
    }
    std::ranges::stable_sort(found, {}, [&](std::size_t i) { return rank_of(names[i]); });
    return found;
}

/// The columns whose name only has e-mail in it: "Customer E-Mail", "Email 2". A name with a
/// separator in it is a row that was not split, one with `#` is a comment, one with @ is an
/// address.
Columns speaking_columns(const Row& names) {
    Columns found;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const bool speaks = names[i].contains("email") || names[i].ends_with("mail");
        if (speaks && names[i].find_first_of(",;\t@#") == std::string::npos) {
            found.push_back(i);
        }
    }
    return found;
}

/// The columns that have a cell that fits.
template <typename Fits>
Columns those_with(Columns columns, std::span<const Row> rows, Fits fits) {
    std::erase_if(columns,
                  [&](std::size_t column) { return count_cells(rows, column, fits) == 0; });
    return columns;
}

bool is_in(const Columns& columns, std::size_t column) {
    return std::ranges::find(columns, column) != columns.end();
}

/// The columns in which at least half of the cells are addresses, or meant to be: people check
/// lists for bad ones. The first row may be names.
Columns full_columns(std::span<const Row> rows) {
    Columns found;
    if (rows.size() > 1 && std::ranges::none_of(rows.front(), has_at)) {
        rows = rows.subspan(1);
    }
    const std::size_t columns =
        rows.empty() ? 0
                     : std::ranges::max(rows, {}, [](const Row& row) { return row.size(); }).size();
    for (std::size_t column = 0; columns > 1 && column < columns; ++column) {
        const std::size_t addresses = count_cells(rows, column, is_meant_as_address);
        if (addresses > 0 && addresses * 2 >= rows.size()) {
            found.push_back(column);
        }
    }
    return found;
}

/// The columns that are meant to hold addresses, by their names and cells. Bad addresses count too:
/// people check lists for them. Beside a known name, a name that only has e-mail in it counts where
/// half of the cells are nothing but an address, unlike the text of a bounce.
Columns columns_meant(const Columns& known, const Columns& speaking, std::span<const Row> cells) {
    Columns found = those_with(known, cells, is_meant_as_address);
    for (const std::size_t column : speaking) {
        const std::size_t addresses = count_cells(cells, column, is_only_address);
        if (addresses > 0 && addresses * 2 >= cells.size() && !is_in(found, column)) {
            found.push_back(column);
        }
    }
    if (found.empty()) {
        found = those_with(speaking, cells, is_meant_as_address);
    }
    if (found.empty()) {
        found = those_with(known, cells, has_at);
    }
    return found.empty() ? those_with(speaking, cells, has_at) : found;
}

Row compared(const Row& cells) {
    Row names;
    names.reserve(cells.size());
    for (const std::string& cell : cells) {
        names.push_back(column_name(cell));
    }
    return names;
}

/// The columns as people name them.
std::vector<std::string> shown(const Row& head, const Columns& columns) {
    std::vector<std::string> names;
    for (const std::size_t column : columns) {
        names.push_back(column < head.size() && !head[column].empty()
                            ? head[column]
                            : fmt::format("{}", column + 1));
    }
    return names;
}

using Found = core::Result<AddressColumn, ColumnError>;

AddressColumn column_at(char separator, const Row& head, std::size_t index) {
    return {.separator = separator, .head = head, .columns = head.size(), .index = index};
}

Found several(const Row& head, const Columns& columns) {
    return std::unexpected(ColumnError{ColumnTrouble::Several, shown(head, columns)});
}

/// Judges by the names in the first row; nullopt when they tell nothing.
std::optional<Found> by_names(const Rows& rows, char separator) {
    const Row& head = rows.front();
    const Row names = compared(head);
    const std::span<const Row> cells = std::span(rows).subspan(1);
    const Columns known = known_columns(names);
    const Columns speaking = speaking_columns(names);
    Columns columns = columns_meant(known, speaking, cells);
    if (!columns.empty()) {
        return columns.size() == 1 ? Found(column_at(separator, head, columns.front()))
                                   : several(head, columns);
    }
    const Columns& named = known.empty() && cells.empty() ? speaking : known;
    if (named.empty()) {
        return std::nullopt;
    }
    // The name may mean a street while another column is full of addresses.
    const Columns full = full_columns(cells);
    if (full.empty()) {
        return column_at(separator, head, named.front());
    }
    columns.push_back(named.front());
    columns.insert(columns.end(), full.begin(), full.end());
    return several(head, columns);
}

/// By the cells alone: the column in which most rows have an address. It must have more than the
/// lines do, and fill half of the rows; else the list is lines.
Found by_cells(std::string_view text) {
    const Rows lines = first_rows(text, std::nullopt);
    std::size_t most = addresses_in(lines, 0);
    Found best = AddressColumn{};
    for (const char separator : kSeparators) {
        const Rows rows = first_rows(text, separator);
        const Columns full = full_columns(rows);
        if (full.empty()) {
            continue;
        }
        const auto count = [&](std::size_t column) { return addresses_in(rows, column); };
        const std::size_t addresses = count(std::ranges::max(full, {}, count));
        if (addresses <= most) {
            continue;
        }
        most = addresses;
        const Row& first = rows.front();
        const bool names = std::ranges::none_of(
            full, [&](std::size_t i) { return i < first.size() && first[i].contains('@'); });
        const Row head = names ? first : Row();
        if (full.size() > 1) {
            best = several(head, full);
        } else {
            best = AddressColumn{.separator = separator,
                                 .head = head,
                                 .columns = first.size(),
                                 .index = full.front()};
        }
    }
    return best;
}

/// The column with the name or number that people gave.
Found by_wish(std::string_view text, const std::string& wanted) {
    const std::string name = column_name(wanted);
    Rows widest;
    char separator = kSeparators.front();
    for (const char each : kSeparators) {
        Rows rows = first_rows(text, each);
        if (rows.empty()) {
            continue;
        }
        const Row names = compared(rows.front());
        if (const auto found = std::ranges::find(names, name); found != names.end()) {
            return column_at(each, rows.front(), static_cast<std::size_t>(found - names.begin()));
        }
        if (widest.empty() || rows.front().size() > widest.front().size()) {
            widest = std::move(rows);
            separator = each;
        }
    }
    const Row first = widest.empty() ? Row() : widest.front();
    const auto number = core::parse_decimal(wanted);
    if (!number.has_value() || *number == 0 || *number > first.size()) {
        return std::unexpected(ColumnError{ColumnTrouble::NotThere, first});
    }
    const auto index = static_cast<std::size_t>(*number - 1);
    AddressColumn column = column_at(separator, first, index);
    if (first[index].contains('@')) {
        column.head.clear();
    }
    return column;
}

}  // namespace

std::string AddressColumn::name() const {
    if (index < head.size() && !head[index].empty()) {
        return head[index];
    }
    return separator.has_value() ? fmt::format("{}", index + 1) : std::string();
}

std::string column_name(std::string_view cell) {
    std::string name;
    for (const char c : core::trim(cell)) {
        if (c != '"' && c != ' ' && c != '_' && c != '-' && c != '.') {
            name += core::ascii_lower(c);
        }
    }
    return name;
}

bool is_separator_line(std::string_view line) {
    constexpr std::string_view kBegin = "sep=";
    return core::starts_with_ignoring_case(line, kBegin) && line.size() == kBegin.size() + 1;
}

std::string_view address_in(std::string_view field) {
    constexpr std::string_view kMailto = "mailto:";
    std::string_view text = core::trim(field);
    if (const std::size_t open = text.rfind('<');
        open != std::string_view::npos && text.ends_with('>') && open + 2 < text.size()) {
        text = core::trim(text.substr(open + 1, text.size() - open - 2));
    }
    return core::starts_with_ignoring_case(text, kMailto) ? text.substr(kMailto.size()) : text;
}

Found find_address_column(std::string_view text, const std::optional<std::string>& wanted) {
    const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
    if (is_separator_line(text.substr(0, end))) {
        text.remove_prefix(std::min(text.find_first_not_of("\r\n", end), text.size()));
    }
    if (wanted.has_value()) {
        return by_wish(text, *wanted);
    }
    for (const char separator : kSeparators) {
        const Rows rows = first_rows(text, separator);
        if (rows.empty()) {
            continue;
        }
        if (auto found = by_names(rows, separator)) {
            return *std::move(found);
        }
    }
    return by_cells(text);
}

core::Result<std::size_t, ColumnError> find_address_member(
    const std::vector<std::string>& names,
    const std::vector<std::string>& values,
    const std::optional<std::string>& wanted) {
    const Row known_as = compared(names);
    if (wanted.has_value()) {
        const auto named = std::ranges::find(known_as, column_name(*wanted));
        if (named == known_as.end()) {
            return std::unexpected(ColumnError{ColumnTrouble::NotThere, names});
        }
        return static_cast<std::size_t>(named - known_as.begin());
    }
    const Columns known = known_columns(known_as);
    if (known.empty()) {
        return std::unexpected(ColumnError{ColumnTrouble::NotThere, names});
    }
    const Columns meant = those_with(known, std::span(&values, 1), is_meant_as_address);
    if (meant.size() > 1) {
        return std::unexpected(ColumnError{ColumnTrouble::Several, shown(names, meant)});
    }
    return meant.empty() ? known.front() : meant.front();
}

}  // namespace holdback::lists
