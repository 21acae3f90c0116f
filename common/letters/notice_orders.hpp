// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads the commands in an answer to a notice: "release 3 7", "release 1-5", "release all",
// "discard 2", "release 5 as bo@gmail.com".

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::letters {

enum class OrderAction : std::uint8_t { Release, Discard };

/// The numbers from `first` to `last`, both included.
struct NumberRange {
    std::size_t first;
    std::size_t last;

    bool operator==(const NumberRange&) const = default;
};

struct Order {
    OrderAction action = OrderAction::Release;
    bool all = false;
    std::vector<NumberRange> numbers;  ///< empty with `all`
    std::string as;                    ///< another, valid address for the one number, or empty

    bool operator==(const Order&) const = default;
};

struct Orders {
    std::vector<Order> orders;
    /// Lines that begin like a command but are none; they are not obeyed. At most five are kept.
    std::vector<std::string> not_understood;

    [[nodiscard]] bool empty() const { return orders.empty() && not_understood.empty(); }
    bool operator==(const Orders&) const = default;
};

/// Reads the text of an answer (UTF-8, "\n" line ends; for HTML the text that a reader sees). A
/// command must start a line, among the first lines that the sender wrote. These do not count:
/// quoted text (even if a program broke its lines again), and everything after a signature mark,
/// the head of a quoted message, or the first words of a notice. Those in English are known;
/// `beginnings` has others. Letter case, commas, "and", "please", quotation marks, list marks,
/// emphasis and full stops make no difference. Linear in the length of the text; only the first 64
/// KiB are read.
[[nodiscard]] Orders read_orders(std::string_view text,
                                 std::span<const std::string> beginnings = {});

}  // namespace holdback::letters
