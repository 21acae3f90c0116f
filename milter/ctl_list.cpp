// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl_list.hpp"

#include "core/result.hpp"
#include "core/text.hpp"
#include "lists/row_reader.hpp"
#include "mail/address.hpp"
#include "mail/syntax.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <ios>
#include <istream>
#include <optional>
#include <span>
#include <streambuf>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter {

namespace {

constexpr int kEnd = std::streambuf::traits_type::eof();
constexpr std::array kSeparators{',', ';', '\t'};
/// As much of a list is looked at to tell its columns.
constexpr std::size_t kLookedAtOctets = std::size_t{64} * 1024;
constexpr std::size_t kLookedAtRows = 100;

using Rows = std::vector<std::vector<std::string>>;

/// The names by which columns of addresses go, best first.
constexpr std::array<std::string_view, 12> kColumnNames{
    "email",
    "e-mail",
    "email address",
    "e-mail address",
    "recipient",
    "recipient email",
    "recipient address",
    "mail",
    "mail address",
    "subscriber email",
    "contact email",
    "address",
};

/// A column's name as it is compared: lower case, blanks for underscores.
std::string column_name(std::string_view cell) {
    std::string name = core::to_lower(core::trim(cell));
    std::ranges::replace(name, '_', ' ');
    return name;
}

/// Where in the list its columns stand.
struct Layout {
    std::optional<char> separator;
    bool has_head = false;
    std::size_t column = 0;
};

/// The first rows of a text that may go on behind its end.
Rows first_rows(std::string_view text, std::optional<char> separator) {
    lists::RowReader reader([rest = text](std::span<char> room) mutable {
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

/// The address in a field in which a name or "mailto:" may stand with it.
std::string_view address_in(std::string_view field) {
    constexpr std::string_view kMailto = "mailto:";
    std::string_view text = core::trim(field);
    if (const std::size_t open = text.rfind('<');
        open != std::string_view::npos && text.ends_with('>') && open + 2 < text.size()) {
        text = core::trim(text.substr(open + 1, text.size() - open - 2));
    }
    return core::starts_with_ignoring_case(text, kMailto) ? text.substr(kMailto.size()) : text;
}

bool is_address(std::string_view text) {
    return mail::Address::parse(address_in(text), mail::Smtputf8::Yes).has_value();
}

/// The line `sep=;` with its end, by which a spreadsheet tells the separator; empty when the text
/// does not begin with one.
std::string_view separator_line(std::string_view text) {
    constexpr std::string_view kBegin = "sep=";
    const std::size_t end = text.find_first_of("\r\n");
    const bool is_one = core::starts_with_ignoring_case(text, kBegin) &&
                        (end == kBegin.size() + 1 || text.size() == kBegin.size() + 1);
    if (!is_one) {
        return {};
    }
    return text.substr(0, text.find_first_not_of("\r\n", std::min(end, text.size())));
}

bool is_utf16(std::string_view text) {
    return text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF");
}

std::optional<std::size_t> find_name(const std::vector<std::string>& row, std::string_view name) {
    const auto found = std::ranges::find(row, name, column_name);
    return found == row.end() ? std::nullopt
                              : std::optional(static_cast<std::size_t>(found - row.begin()));
}

std::optional<Layout> layout_by_head(std::string_view text, std::span<const std::string> names) {
    for (const char separator : kSeparators) {
        const Rows rows = first_rows(text, separator);
        for (const std::string& name : names) {
            if (rows.empty()) {
                continue;
            }
            if (const auto column = find_name(rows.front(), name)) {
                return Layout{.separator = separator, .has_head = true, .column = *column};
            }
        }
    }
    return std::nullopt;
}

std::size_t addresses_in(const Rows& rows, std::size_t column) {
    return static_cast<std::size_t>(std::ranges::count_if(
        rows, [&](const auto& row) { return column < row.size() && is_address(row[column]); }));
}

/// The column in which most rows have an address; lines, unless it has more than they do and half
/// of the rows.
Layout layout_by_content(std::string_view text) {
    Layout best;
    const Rows lines = first_rows(text, std::nullopt);
    std::size_t most = addresses_in(lines, 0);
    for (const char separator : kSeparators) {
        const Rows rows = first_rows(text, separator);
        const std::size_t columns =
            rows.empty() ? 0 : std::ranges::max(rows, {}, &Rows::value_type::size).size();
        for (std::size_t column = 0; columns > 1 && column < columns; ++column) {
            const std::size_t addresses = addresses_in(rows, column);
            if (addresses > most && addresses * 2 >= rows.size()) {
                most = addresses;
                best = {.separator = separator,
                        .has_head =
                            column >= rows.front().size() || !rows.front()[column].contains('@'),
                        .column = column};
            }
        }
    }
    return best;
}

/// The column of a number, in what most separates the first row.
std::optional<Layout> layout_by_number(std::string_view text, std::string_view number) {
    const auto wanted = core::parse_decimal(number);
    if (!wanted.has_value() || *wanted == 0) {
        return std::nullopt;
    }
    const auto column = static_cast<std::size_t>(*wanted - 1);
    std::optional<Layout> best;
    std::size_t most = 0;
    for (const char separator : kSeparators) {
        const Rows rows = first_rows(text, separator);
        if (!rows.empty() && rows.front().size() > std::max(most, column)) {
            most = rows.front().size();
            best = {.separator = separator,
                    .has_head = !rows.front()[column].contains('@'),
                    .column = column};
        }
    }
    return best;
}

std::vector<std::string> default_names() {
    return {kColumnNames.begin(), kColumnNames.end()};
}

/// The names of the first row, for people.
std::string names_of(std::string_view text) {
    Rows best;
    for (const char separator : kSeparators) {
        Rows rows = first_rows(text, separator);
        if (best.empty() || (!rows.empty() && rows.front().size() > best.front().size())) {
            best = std::move(rows);
        }
    }
    constexpr std::size_t kMostShown = 200;
    return best.empty()
               ? "nothing"
               : core::printable(fmt::format("{}", fmt::join(best.front(), ", ")), kMostShown);
}

}  // namespace

AddressList::AddressList(std::istream& in, ListForm form)
    : in_(&in), form_(form), rows_([source = &in](std::span<char> room) {
          const auto octets =
              source->rdbuf()->sgetn(room.data(), static_cast<std::streamsize>(room.size()));
          return static_cast<std::size_t>(std::max<std::streamsize>(octets, 0));
      }) {}

core::Result<AddressList, std::string> AddressList::open(std::istream& in,
                                                         ListForm form,
                                                         const std::optional<std::string>& column) {
    AddressList list(in, form);
    if (form == ListForm::Nul) {
        return list;
    }
    if (is_utf16(list.rows_.peek(kLookedAtOctets))) {
        return std::unexpected("the list is UTF-16; save it as UTF-8");
    }
    if (!list.choose(column)) {
        return std::unexpected(fmt::format("there is no column {}; the first row has {}",
                                           core::log_safe(*column),
                                           names_of(list.rows_.peek(kLookedAtOctets))));
    }
    return list;
}

/// Finds the column of the addresses; false when it was named and is not there.
bool AddressList::choose(const std::optional<std::string>& column) {
    std::string_view text = rows_.peek(kLookedAtOctets);
    const std::string_view separator_told = separator_line(text);
    text.remove_prefix(separator_told.size());
    Layout layout;
    if (column.has_value()) {
        auto named = layout_by_head(text, std::array{column_name(*column)});
        if (!named.has_value()) {
            named = layout_by_number(text, *column);
        }
        if (!named.has_value()) {
            return false;
        }
        layout = *named;
    } else if (const auto known = layout_by_head(text, default_names())) {
        layout = *known;
    } else {
        layout = layout_by_content(text);
    }
    separator_ = layout.separator;
    column_ = layout.column;
    if (!separator_told.empty()) {
        static_cast<void>(rows_.next());
    }
    rows_.separate_by(separator_);
    if (layout.has_head && rows_.next()) {
        head_ = rows_.fields();
    }
    return true;
}

std::optional<ListRow> AddressList::next() {
    if (form_ == ListForm::Nul) {
        return next_until_nul();
    }
    if (!rows_.next()) {
        return std::nullopt;
    }
    ListRow row{.address = std::nullopt,
                .fields = rows_.fields(),
                .trouble = rows_.trouble(),
                .line = rows_.line()};
    if (column_ < row.fields.size()) {
        if (const std::string_view text = address_in(row.fields[column_]); !text.empty()) {
            row.address = std::string(text);
        }
    }
    return row;
}

/// The octets before the next NUL; a last record without one counts unless it is empty.
std::optional<ListRow> AddressList::next_until_nul() {
    std::string record;
    while (true) {
        const int octet = in_->rdbuf()->sbumpc();
        octets_ += octet == kEnd ? 0 : 1;
        if (octet == kEnd && record.empty()) {
            return std::nullopt;
        }
        if (octet == kEnd || octet == 0) {
            return ListRow{
                .address = record, .fields = {record}, .trouble = std::nullopt, .line = 0};
        }
        record += std::streambuf::traits_type::to_char_type(octet);
    }
}

std::uintmax_t AddressList::octets_read() const {
    return form_ == ListForm::Nul ? octets_ : rows_.octets_read();
}

}  // namespace holdback::milter
