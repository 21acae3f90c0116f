// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads lists of addresses: CSV, lines, or records that end with NUL.

#include "core/result.hpp"
#include "lists/address_column.hpp"
#include "lists/row_reader.hpp"

#include <cstddef>
#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <vector>

namespace holdback::milter::ctl {

enum class ListForm : std::uint8_t {
    Text,  ///< CSV or lines
    Nul,   ///< each record is one address, octet by octet
};

/// One record of a list.
struct ListRow {
    /// nullopt: the row has none, and says nothing about anybody, or it can't be read as it stands.
    std::optional<std::string> address;
    std::vector<std::string> fields;  ///< all that stands in the row; the address is in one of them
    std::optional<lists::RowTrouble> trouble;  ///< the row cannot be read, or not as it stands
    std::string raw;       ///< of a row with trouble: as it stands, without its line end
    std::size_t line = 0;  ///< on which it begins, from 1; 0 where there are none
};

/// What is wrong with the columns of a list, for people.
[[nodiscard]] std::string column_words(const lists::ColumnError& error);

/// Gives the records of a list one after the other, in constant memory.
///
/// Text: a byte order mark and CR are dropped, white space around an address is too, and what is
/// empty is passed over. Which column the addresses stand in, `lists::find_address_column` finds.
/// A first line `sep=;`, as spreadsheets write it, is no row.
class AddressList {
public:
    /// `in` outlives the list. `column` is the name of the column of the addresses, or its number
    /// from 1 where no column has that name; nullopt: found by itself. The error is a text for
    /// people: there is no such column, more than one may be meant, or the text is UTF-16.
    [[nodiscard]] static core::Result<AddressList, std::string> open(
        std::istream& in, ListForm form, const std::optional<std::string>& column);

    [[nodiscard]] std::optional<ListRow> next();
    /// The names of the columns; empty when the list has none.
    [[nodiscard]] const std::vector<std::string>& head() const { return column_.head; }
    /// What stands between fields; nullopt when the list is no CSV.
    [[nodiscard]] std::optional<char> separator() const { return column_.separator; }
    /// The column that is judged, as `lists::AddressColumn::name` has it; empty for lines.
    [[nodiscard]] std::string column_name() const { return column_.name(); }
    /// How far the list has been read.
    [[nodiscard]] std::uintmax_t octets_read() const;

private:
    AddressList(std::istream& in, ListForm form);

    [[nodiscard]] std::optional<ListRow> next_until_nul();
    void take(lists::AddressColumn column);

    std::istream* in_;
    ListForm form_;
    lists::RowReader rows_;
    std::uintmax_t octets_ = 0;  // of the form `Nul`
    lists::AddressColumn column_;
};

}  // namespace holdback::milter::ctl
