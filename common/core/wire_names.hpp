// SPDX-License-Identifier: Apache-2.0
#pragma once
// The way back from a wire name to its enumerator.

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace holdback::core {

/// The enumerator among `all` whose `wire_name` is exactly `name`; nullopt when there is none.
/// `wire_name` is declared beside the enumeration.
template <typename Enum, std::size_t Count>
[[nodiscard]] std::optional<Enum> find_wire_name(const std::array<Enum, Count>& all,
                                                 std::string_view name) {
    for (const Enum value : all) {
        if (wire_name(value) == name) {
            return value;
        }
    }
    return std::nullopt;
}

}  // namespace holdback::core
