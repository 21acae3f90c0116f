// SPDX-License-Identifier: Apache-2.0
#pragma once
// The words of which commands in answers to notices are made.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::letters {

/// `Dash` is "-" and "to"; `Polite` are words that may stand anywhere ("please", "and"), `Filler`
/// those that may stand among numbers ("no.", "recipients").
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

/// A line with plain characters in the place of those that mail programs and the keyboards of
/// telephones put there: spaces, dashes and quotation marks of all kinds.
[[nodiscard]] std::string with_plain_characters(std::string_view line);

/// The words of such a line, in any letter case. Characters that only decorate are passed over; a
/// number that is too large is `Other`.
[[nodiscard]] std::vector<OrderWord> order_words(std::string_view line);

}  // namespace holdback::letters
