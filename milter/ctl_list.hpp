// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads lists of addresses: CSV, lines, or records that end with NUL.

#include <cstddef>
#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::milter {

enum class ListForm : std::uint8_t {
    Text,  ///< CSV when the first row names a column of addresses, else lines
    Nul,   ///< each record is one address, octet by octet
};

/// Gives the addresses of a list one after the other, in constant memory.
///
/// Text: a byte order mark and CR are dropped, white space around an address is too, and what is
/// empty is passed over. It is CSV (RFC 4180; separated by comma, semicolon or tab) when a field of
/// the first row is `email`, `e-mail`, `mail`, `address` or `recipient`, alone or as in "email
/// address" or `recipient_email`, in any letter case; that column is read, quoted or not.
class AddressList {
public:
    /// `in` outlives the list.
    AddressList(std::istream& in, ListForm form);
    AddressList(const AddressList&) = delete;
    AddressList& operator=(const AddressList&) = delete;
    AddressList(AddressList&&) = delete;
    AddressList& operator=(AddressList&&) = delete;
    ~AddressList() = default;

    [[nodiscard]] std::optional<std::string> next();
    /// How far the list has been read.
    [[nodiscard]] std::size_t octets_read() const { return octets_; }

private:
    [[nodiscard]] int take();
    [[nodiscard]] std::optional<std::string> next_until(char end);
    [[nodiscard]] std::optional<std::string> next_line();
    [[nodiscard]] std::optional<std::vector<std::string>> next_row();
    [[nodiscard]] std::optional<std::string> next_cell(std::size_t column);
    [[nodiscard]] std::optional<std::string> next_record();
    void look_at_first_line();

    std::istream& in_;
    ListForm form_;
    std::size_t octets_ = 0;
    std::optional<std::string> first_line_;  ///< read, and no head: the first record
    bool looked_ = false;
    char separator_ = ',';
    std::optional<std::size_t> column_;  ///< of the addresses, when it is CSV
};

}  // namespace holdback::milter
