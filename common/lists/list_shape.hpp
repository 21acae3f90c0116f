// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which format a list is of, and where its columns stand.

#include "core/result.hpp"
#include "lists/address_column.hpp"
#include "lists/list_format.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::lists {

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

}  // namespace holdback::lists
