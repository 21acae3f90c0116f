// SPDX-License-Identifier: Apache-2.0
#pragma once
// The format of a list, and the places of its columns.

#include "core/result.hpp"
#include "lists/address_column.hpp"
#include "lists/list_format.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::lists {

/// How a list is read: its format, its separator, and the place of each value.
struct ListShape {
    ListFormat format = ListFormat::Plain;
    std::optional<char> separator;  ///< nullopt: not CSV
    bool has_header = false;
    /// Names of the columns in the form of `column_name`.
    std::vector<std::string> columns;
    std::size_t address = 0;   ///< the column of the addresses
    std::string address_name;  ///< as people read it; empty for lines
    /// It may be SendGrid's blocks: they have the header of its bounces, and nobody said which
    /// these are.
    bool may_be_blocks = false;
};

/// Recognizes a list by its beginning, `kLookedAtOctets` of it. `forced` is a name for
/// `is_format_name`; `column` is the column of the addresses, else it is found. The error names the
/// columns that there are, or may be meant. A list without any is an error, too, when the forced
/// format needs one.
[[nodiscard]] core::Result<ListShape, ColumnError> recognize(
    std::string_view text,
    std::optional<std::string_view> forced,
    const std::optional<std::string>& column = std::nullopt);

/// The same for an object of JSON, whose members are the columns of its only row. The error names
/// the members that it has, or those that may be meant.
[[nodiscard]] core::Result<ListShape, ColumnError> recognize_object(
    const std::vector<std::string>& names,
    const std::vector<std::string>& values,
    std::optional<std::string_view> forced,
    const std::optional<std::string>& member = std::nullopt);

}  // namespace holdback::lists
