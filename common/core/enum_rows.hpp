// SPDX-License-Identifier: Apache-2.0
#pragma once
// Tables with one row for each enumerator of an enumeration that counts from 0.

#include <array>
#include <cstddef>

namespace holdback::core {

/// All enumerators, in order; `Last` is the last one.
template <auto Last>
[[nodiscard]] consteval auto all_up_to() {
    std::array<decltype(Last), static_cast<std::size_t>(Last) + 1> all{};
    for (std::size_t i = 0; i < all.size(); ++i) {
        all.at(i) = static_cast<decltype(Last)>(i);
    }
    return all;
}

/// True when each row stands at the number of its enumerator. `name` is the member that has the
/// enumerator.
template <typename Row, std::size_t Count, typename Enum>
[[nodiscard]] consteval bool in_order(const std::array<Row, Count>& rows, Enum Row::* name) {
    for (std::size_t i = 0; i < Count; ++i) {
        if (static_cast<std::size_t>(rows.at(i).*name) != i) {
            return false;
        }
    }
    return true;
}

}  // namespace holdback::core
