// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl/list.hpp"

#include "core/result.hpp"
#include "core/text.hpp"
#include "letters/compose.hpp"
#include "lists/address_column.hpp"
#include "lists/row_reader.hpp"

#include <algorithm>
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

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace holdback::milter::ctl {

namespace {

constexpr int kEnd = std::streambuf::traits_type::eof();
bool is_utf16(std::string_view text) {
    return text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF");
}

}  // namespace

std::string column_words(const lists::ColumnError& error) {
    constexpr std::size_t kMostShown = 200;
    std::string columns =
        letters::shortened(fmt::format("{}", fmt::join(error.columns, ", ")), kMostShown);
    switch (error.trouble) {
        case lists::ColumnTrouble::NotThere:
            return fmt::format("the first row has {}", columns.empty() ? "nothing" : columns);
        case lists::ColumnTrouble::Several:
            return fmt::format(
                "more than one column may hold the addresses: {}; --column says which", columns);
    }
    return columns;
}

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
    if (is_utf16(list.rows_.peek(lists::kLookedAtOctets))) {
        return std::unexpected("the list is UTF-16; save it as UTF-8");
    }
    auto found = lists::find_address_column(list.rows_.peek(lists::kLookedAtOctets), column);
    if (!found.has_value()) {
        const std::string words = column_words(found.error());
        return std::unexpected(found.error().trouble == lists::ColumnTrouble::NotThere
                                   ? fmt::format("there is no column {}; {}",
                                                 core::in_quotes(column.value_or("")),
                                                 words)
                                   : words);
    }
    list.take(*std::move(found));
    return list;
}

/// Goes to the first row of addresses.
void AddressList::take(lists::AddressColumn column) {
    const std::string_view text = rows_.peek(lists::kLookedAtOctets);
    if (lists::is_separator_line(text.substr(0, text.find_first_of("\r\n")))) {
        static_cast<void>(rows_.next());
    }
    column_ = std::move(column);
    rows_.separate_by(column_.separator);
    if (!column_.head.empty()) {
        static_cast<void>(rows_.next());
    }
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
                .raw = {},
                .line = rows_.line()};
    if (row.trouble.has_value()) {
        row.raw = rows_.raw();
        return row;
    }
    if (column_.index < row.fields.size()) {
        const std::string_view text = lists::address_in(row.fields[column_.index]);
        if (!text.empty()) {
            row.address = std::string(text);
        }
    }
    return row;
}

/// The octets before the next NUL. A last record without one counts unless it is empty.
std::optional<ListRow> AddressList::next_until_nul() {
    std::string record;
    while (true) {
        const int octet = in_->rdbuf()->sbumpc();
        octets_ += octet == kEnd ? 0 : 1;
        if (octet == kEnd && record.empty()) {
            return std::nullopt;
        }
        if (octet == kEnd || octet == 0) {
            return ListRow{.address = record,
                           .fields = {record},
                           .trouble = std::nullopt,
                           .raw = {},
                           .line = 0};
        }
        record += std::streambuf::traits_type::to_char_type(octet);
    }
}

std::uintmax_t AddressList::octets_read() const {
    return form_ == ListForm::Nul ? octets_ : rows_.octets_read();
}

}  // namespace holdback::milter::ctl
