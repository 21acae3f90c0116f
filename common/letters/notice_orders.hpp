// SPDX-License-Identifier: Apache-2.0
#pragma once
// What an answer to a notice asks for: "release 3 7", "release 1-5", "release all", "discard 2",
// "release 5 as bo@gmail.com".

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::letters {

enum class OrderAction : std::uint8_t { Release, Discard };

/// Numbers from `first` to `last`, both included.
struct NumberRange {
    std::size_t first;
    std::size_t last;

    bool operator==(const NumberRange&) const = default;
};

/// One command, as it was written.
struct Order {
    OrderAction action = OrderAction::Release;
    bool all = false;
    std::vector<NumberRange> numbers;  ///< empty with `all`
    std::string as;  ///< another address for the one number, or empty; an address by its form

    bool operator==(const Order&) const = default;
};

/// What stands in an answer.
struct Orders {
    std::vector<Order> orders;
    /// Lines that begin like a command and go on like none; they are not obeyed.
    std::vector<std::string> not_understood;

    [[nodiscard]] bool empty() const { return orders.empty() && not_understood.empty(); }
    bool operator==(const Orders&) const = default;
};

/// Reads the text of an answer (UTF-8, "\n" line ends; of HTML the text a reader sees). Commands
/// stand at the start of a line of their own, among the first lines that the sender wrote: what is
/// quoted (also by a program that breaks the quoted lines anew), what stands behind a signature
/// mark, behind the head of a quoted message or behind the first words of a notice does not count;
/// those of English are known, those of other languages are `beginnings`. Letter case, commas,
/// "and", "please", quotation marks, list marks, emphasis and full stops make no difference. Linear
/// in the length of the text, of which the first 64 KiB are read.
[[nodiscard]] Orders read_orders(std::string_view text,
                                 std::span<const std::string> beginnings = {});

}  // namespace holdback::letters
