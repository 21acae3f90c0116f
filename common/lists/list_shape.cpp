// SPDX-License-Identifier: Apache-2.0
#include "lists/list_shape.hpp"

#include "core/result.hpp"
#include "core/text.hpp"
#include "lists/address_column.hpp"
#include "lists/list_format.hpp"

#include <algorithm>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::lists {

namespace {

constexpr int kLastTurn = 4;

bool is_head(const ListHead& head, const std::vector<std::string>& columns) {
    return !head.front().empty() && std::ranges::all_of(head, [&](std::string_view name) {
        return name.empty() || std::ranges::find(columns, name) != columns.end();
    });
}

/// The first format with such a head, among the formats that `forced` names.
std::optional<ListFormat> format_by_head(const std::vector<std::string>& columns,
                                         std::optional<std::string_view> forced) {
    for (int turn = 1; turn <= kLastTurn; ++turn) {
        for (const ListFormat format : kAllListFormats) {
            const FormatRow& row = row_of(format);
            if (row.turn == turn && (!forced.has_value() || is_named(format, *forced)) &&
                std::ranges::any_of(row.heads,
                                    [&](const ListHead& head) { return is_head(head, columns); })) {
                return format;
            }
        }
    }
    return std::nullopt;
}

/// Rows of two values without a header, as Amazon SES takes them: address,REASON
ListShape headless_ses() {
    return {.format = ListFormat::Ses,
            .separator = ',',
            .has_header = false,
            .columns = {"emailaddress", "reason"},
            .address = 0,
            .address_name = "1"};
}

bool is_headless_ses(std::string_view line) {
    const auto cells = core::split(line, ',');
    return cells.size() == 2 && cells[0].contains('@') &&
           (core::equals_ignoring_case(core::trim(cells[1]), "BOUNCE") ||
            core::equals_ignoring_case(core::trim(cells[1]), "COMPLAINT"));
}

/// By the names of the columns, else by `forced`.
void choose_format(ListShape& shape, std::optional<std::string_view> forced) {
    if (const auto format = format_by_head(shape.columns, forced)) {
        shape.format = *format;
        shape.may_be_blocks = shape.format == ListFormat::SendgridBounces &&
                              forced != wire_name(ListFormat::SendgridBounces);
    } else if (forced.has_value()) {
        shape.format = find_format(*forced).value_or(ListFormat::Csv);
    }
}

}  // namespace

core::Result<ListShape, ColumnError> recognize_object(const std::vector<std::string>& names,
                                                      const std::vector<std::string>& values,
                                                      std::optional<std::string_view> forced,
                                                      const std::optional<std::string>& member) {
    const auto address = find_address_member(names, values, member);
    if (!address.has_value()) {
        return std::unexpected(address.error());
    }
    ListShape shape{.format = ListFormat::Csv,
                    .separator = ',',
                    .has_header = true,
                    .columns = {},
                    .address = *address,
                    .address_name = names[*address]};
    for (const std::string& name : names) {
        shape.columns.push_back(column_name(name));
    }
    choose_format(shape, forced);
    return shape;
}

core::Result<ListShape, ColumnError> recognize(std::string_view text,
                                               std::optional<std::string_view> forced,
                                               const std::optional<std::string>& column) {
    const std::string_view first_line = text.substr(0, text.find_first_of("\r\n"));
    if (forced == wire_name(ListFormat::Plain)) {
        return ListShape{};
    }
    const bool may_be_ses = !forced.has_value() || forced == wire_name(ListFormat::Ses);
    if (may_be_ses && is_headless_ses(first_line)) {
        return headless_ses();
    }
    auto found = find_address_column(text, column);
    if (!found.has_value()) {
        return std::unexpected(found.error());
    }
    if (!found->separator.has_value()) {
        return forced.has_value()
                   ? core::Result<ListShape, ColumnError>(std::unexpected(
                         ColumnError{ColumnTrouble::NotThere, {std::string(first_line)}}))
                   : ListShape{};
    }
    ListShape shape{.format = ListFormat::Csv,
                    .separator = found->separator,
                    .has_header = !found->head.empty(),
                    .columns = {},
                    .address = found->index,
                    .address_name = found->name()};
    for (const std::string& name : found->head) {
        shape.columns.push_back(column_name(name));
    }
    choose_format(shape, forced);
    return shape;
}

}  // namespace holdback::lists
