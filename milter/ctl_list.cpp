// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl_list.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <istream>
#include <optional>
#include <streambuf>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::milter {

namespace {

constexpr int kEnd = std::streambuf::traits_type::eof();

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

/// A column's name as it is compared: quotes off, lower case, blanks for underscores.
std::string column_name(std::string_view cell) {
    std::string name = core::to_lower(core::trim(cell));
    if (name.size() >= 2 && name.starts_with('"') && name.ends_with('"')) {
        name = core::trim(std::string_view(name).substr(1, name.size() - 2));
    }
    std::ranges::replace(name, '_', ' ');
    return name;
}

std::optional<std::size_t> find_column(std::string_view head, char separator) {
    const auto cells = core::split(head, separator);
    for (const std::string_view wanted : kColumnNames) {
        const auto found = std::ranges::find(cells, wanted, column_name);
        if (found != cells.end()) {
            return static_cast<std::size_t>(found - cells.begin());
        }
    }
    return std::nullopt;
}

}  // namespace

AddressList::AddressList(std::istream& in, ListForm form) : in_(in), form_(form) {}

std::optional<std::string> AddressList::next() {
    if (form_ == ListForm::Nul) {
        return next_until('\0');
    }
    if (!std::exchange(looked_, true)) {
        look_at_first_line();
    }
    while (auto record = next_record()) {
        if (const std::string_view trimmed = core::trim(*record); !trimmed.empty()) {
            return std::string(trimmed);
        }
    }
    return std::nullopt;
}

/// A line or a cell as it stands there.
std::optional<std::string> AddressList::next_record() {
    if (first_line_.has_value()) {
        return std::exchange(first_line_, std::nullopt);
    }
    return column_.has_value() ? next_cell(*column_) : next_line();
}

int AddressList::take() {
    const int octet = in_.rdbuf()->sbumpc();
    octets_ += octet == kEnd ? 0 : 1;
    return octet;
}

/// The octets before the next `end`; a last record without one counts unless it is empty.
std::optional<std::string> AddressList::next_until(char end) {
    std::string record;
    while (true) {
        const int octet = take();
        if (octet == kEnd) {
            return record.empty() ? std::nullopt : std::optional(std::move(record));
        }
        const char c = std::streambuf::traits_type::to_char_type(octet);
        if (c == end) {
            return record;
        }
        record += c;
    }
}

std::optional<std::string> AddressList::next_line() {
    return next_until('\n');
}

/// One row of CSV; a quoted field may hold separators and line ends.
std::optional<std::vector<std::string>> AddressList::next_row() {
    std::vector<std::string> row(1);
    bool quoted = false;
    bool any = false;
    while (true) {
        const int octet = take();
        if (octet == kEnd) {
            return any ? std::optional(std::move(row)) : std::nullopt;
        }
        any = true;
        const char c = std::streambuf::traits_type::to_char_type(octet);
        if (quoted) {
            if (c != '"') {
                row.back() += c;
            } else if (in_.rdbuf()->sgetc() == '"') {
                row.back() += '"';
                static_cast<void>(take());
            } else {
                quoted = false;
            }
        } else if (c == '"' && core::trim(row.back()).empty()) {
            row.back().clear();
            quoted = true;
        } else if (c == separator_) {
            row.emplace_back();
        } else if (c == '\n') {
            return row;
        } else {
            row.back() += c;
        }
    }
}

std::optional<std::string> AddressList::next_cell(std::size_t column) {
    auto row = next_row();
    if (!row.has_value()) {
        return std::nullopt;
    }
    return column < row->size() ? std::move(row->at(column)) : std::string();
}

void AddressList::look_at_first_line() {
    std::optional<std::string> line = next_line();
    if (!line.has_value()) {
        return;
    }
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (line->starts_with(kByteOrderMark)) {
        line->erase(0, kByteOrderMark.size());
    }
    for (const char separator : {',', ';', '\t'}) {
        if (const auto column = find_column(*line, separator)) {
            separator_ = separator;
            column_ = column;
            return;
        }
    }
    first_line_ = std::move(line);
}

}  // namespace holdback::milter
