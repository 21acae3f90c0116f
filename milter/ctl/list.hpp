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
    /// nullopt: the row has no address (and is about nobody), or it can't be read as it stands.
    std::optional<std::string> address;
    std::vector<std::string> fields;  ///< all fields of the row; one of them is the address
    std::optional<lists::RowTrouble> trouble;  ///< why the row cannot be read, or not as it stands
    std::string raw;       ///< of a row with trouble: its text without its line end
    std::size_t line = 0;  ///< the line where it begins, from 1; 0 where there are no lines
};

/// Describes, for people, what is wrong with the columns of a list.
[[nodiscard]] std::string column_words(const lists::ColumnError& error);

/// Gives the records of a list one after the other, in constant memory.
///
/// Text: a byte order mark, CR and white space around an address are dropped; empty lines are
/// skipped. `lists::find_address_column` finds the column of the addresses. A first line `sep=;`,
/// as spreadsheets write it, is not a row.
class AddressList {
public:
    /// `in` outlives the list. `column` is the name of the address column, or its number from 1 if
    /// no column has that name; nullopt: found automatically. The error is a text for people: there
    /// is no such column, more than one may be meant, or the text is UTF-16.
    [[nodiscard]] static core::Result<AddressList, std::string> open(
        std::istream& in, ListForm form, const std::optional<std::string>& column);

    [[nodiscard]] std::optional<ListRow> next();
    /// The names of the columns; empty when the list has none.
    [[nodiscard]] const std::vector<std::string>& head() const { return column_.head; }
    /// The separator of the fields; nullopt when the list is not CSV.
    [[nodiscard]] std::optional<char> separator() const { return column_.separator; }
    /// The column that is judged, see `lists::AddressColumn::name`; empty for lines.
    [[nodiscard]] std::string column_name() const { return column_.name(); }
    /// How many octets of the list have been read.
    [[nodiscard]] std::uintmax_t octets_read() const;

private:
    AddressList(std::istream& in, ListForm form);

    [[nodiscard]] std::optional<ListRow> next_until_nul();
    void take(lists::AddressColumn column);

    std::istream* in_;
    ListForm form_;
    lists::RowReader rows_;
    std::uintmax_t octets_ = 0;  // only for the form `Nul`
    lists::AddressColumn column_;
};

}  // namespace holdback::milter::ctl
