// SPDX-License-Identifier: Apache-2.0
#pragma once
// Enumerators that are stored as their numbers.

#include "io/sqlite/sqlite_db.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <fmt/format.h>

namespace holdback::io::sqlite {

/// The enumerator with this number. Throws DatabaseError when there is none; `where` names the
/// table for people.
template <typename Enum, std::size_t Count>
[[nodiscard]] Enum stored_enumerator(const std::array<Enum, Count>& all,
                                     std::int64_t number,
                                     std::string_view where) {
    for (const Enum each : all) {
        if (static_cast<std::int64_t>(each) == number) {
            return each;
        }
    }
    throw DatabaseError(fmt::format("{}: unknown number {}", where, number));
}

}  // namespace holdback::io::sqlite
