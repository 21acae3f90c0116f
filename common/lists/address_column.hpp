// SPDX-License-Identifier: Apache-2.0
#pragma once
// Finds the column of a list in which its addresses stand: one finder for all commands.

#include "core/result.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::lists {

/// As much of a list is looked at to tell its columns.
inline constexpr std::size_t kLookedAtOctets = std::size_t{64} * 1024;

/// Where the addresses of a list stand.
struct AddressColumn {
    std::optional<char> separator;  ///< nullopt: the list is no CSV, each line is one field
    std::vector<std::string> head;  ///< the first row, where it names columns; empty: it does not
    std::size_t columns = 1;        ///< of the first row
    std::size_t index = 0;          ///< of the column, from 0

    /// The name of the column as the list has it; its number from 1 where it has none. Empty for
    /// lines.
    [[nodiscard]] std::string name() const;
};

enum class ColumnTrouble : std::uint8_t {
    NotThere,  ///< the column that was named is not in the list
    Several,   ///< more than one may be meant
};

struct ColumnError {
    ColumnTrouble trouble;
    /// The names of those that may be meant, or of all there are; numbers where they have none.
    std::vector<std::string> columns;
};

/// A column's name as it is compared: lower case without blanks, `_`, `-` and `.`.
[[nodiscard]] std::string column_name(std::string_view cell);

/// True for a line `sep=;`, by which a spreadsheet tells the separator. It is no row.
[[nodiscard]] bool is_separator_line(std::string_view line);

/// By the beginning of a list (`kLookedAtOctets` of it), without a byte order mark. `wanted` is the
/// name of the column, or its number from 1 where no column has that name. Without it the column is
/// found by its name: `email`, `recipient`, `address` and their like in any spelling, then any name
/// with "email" in it, whose cells are addresses or meant to be; or else as the one that is full of
/// addresses. Where names or contents point to more than one column, none is taken. A list without
/// any is lines.
[[nodiscard]] core::Result<AddressColumn, ColumnError> find_address_column(
    std::string_view text, const std::optional<std::string>& wanted);

/// The member of an object that holds its address, by the names of its members and their values;
/// `wanted` is the name of one. A name that only has "email" in it is none. Where several members
/// with such names hold what is meant as an address, none is taken.
[[nodiscard]] core::Result<std::size_t, ColumnError> find_address_member(
    const std::vector<std::string>& names,
    const std::vector<std::string>& values,
    const std::optional<std::string>& wanted);

/// The address in a field in which a name (`Bo <bo@example.net>`) or "mailto:" may stand with it.
[[nodiscard]] std::string_view address_in(std::string_view field);

}  // namespace holdback::lists
