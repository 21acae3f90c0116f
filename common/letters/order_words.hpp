// SPDX-License-Identifier: Apache-2.0
#pragma once
// The words of commands in answers to notices.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::letters {

/// `Dash` is "-" or "to". `Polite` words may be anywhere ("please", "and"). `Filler` words may be
/// among numbers ("no.", "recipients").
enum class OrderWordKind : std::uint8_t {
    Release,
    Discard,
    Number,
    All,
    Dash,
    Polite,
    Filler,
    Other,
};

struct OrderWord {
    OrderWordKind kind = OrderWordKind::Other;
    std::size_t number = 0;
};

/// A line with plain characters instead of the spaces, dashes and quotation marks that mail
/// programs and phone keyboards insert.
[[nodiscard]] std::string with_plain_characters(std::string_view line);

/// The words of such a line, in any letter case. Characters that only decorate are skipped. A
/// number that is too large is `Other`.
[[nodiscard]] std::vector<OrderWord> order_words(std::string_view line);

}  // namespace holdback::letters
