// SPDX-License-Identifier: Apache-2.0
#pragma once
// Finds the column with the addresses of a list, for all commands alike.

#include "core/result.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::lists {

/// The part of a list that is looked at to tell its columns.
inline constexpr std::size_t kLookedAtOctets = std::size_t{64} * 1024;

/// The place of the addresses in a list.
struct AddressColumn {
    std::optional<char> separator;  ///< nullopt: the list is not CSV, each line is one field
    std::vector<std::string> head;  ///< the first row if it names columns, else empty
    std::size_t columns = 1;        ///< of the first row
    std::size_t index = 0;          ///< of the column, from 0

    /// The name of the column in the list, or its number from 1 where it has none. Empty for lines.
    [[nodiscard]] std::string name() const;
};

enum class ColumnTrouble : std::uint8_t {
    NotThere,  ///< the column that was named is not in the list
    Several,   ///< more than one column may be meant
};

struct ColumnError {
    ColumnTrouble trouble;
    /// The names of the columns that may be meant, or of all columns; numbers where they have no
    /// names.
    std::vector<std::string> columns;
};

/// A column's name for comparison: lower case without blanks, quotes, `_`, `-` and `.`.
[[nodiscard]] std::string column_name(std::string_view cell);

/// True for a line `sep=;`, which names the separator for a spreadsheet. It is not a row.
[[nodiscard]] bool is_separator_line(std::string_view line);

/// Finds the column by the beginning of a list (`kLookedAtOctets` of it), without a byte order
/// mark. `wanted` is the name of the column, or its number from 1 where no column has that name.
/// Without `wanted`, the column is found by its name: `email`, `recipient`, `address` and the like
/// in any spelling, then any name with "email" in it, if its cells are addresses or meant to be.
/// Else it is the column that is full of addresses. Where names or cells point to several columns,
/// none is taken. A list without any such column is lines.
[[nodiscard]] core::Result<AddressColumn, ColumnError> find_address_column(
    std::string_view text, const std::optional<std::string>& wanted);

/// The member of an object that holds its address, by the names and values of its members. `wanted`
/// is the name of one. A name that only has "email" in it does not count. Where several members
/// with known names hold what is meant as an address, none is taken.
[[nodiscard]] core::Result<std::size_t, ColumnError> find_address_member(
    const std::vector<std::string>& names,
    const std::vector<std::string>& values,
    const std::optional<std::string>& wanted);

/// The address in a field that may also have a name (`Bo <bo@example.net>`) or "mailto:".
[[nodiscard]] std::string_view address_in(std::string_view field);

}  // namespace holdback::lists
