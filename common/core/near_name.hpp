// SPDX-License-Identifier: Apache-2.0
#pragma once
// "Did you mean …?" for names in files that people write.

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace holdback::core {

/// Counts the insertions, deletions, replacements and swaps of neighbours that turn one text into
/// the other (optimal string alignment).
[[nodiscard]] std::size_t typing_distance(std::string_view a, std::string_view b);

/// The name nearest to `text`, the first among equals; nullopt when none is near. Near is at most
/// one slip in three characters, and two slips in all.
[[nodiscard]] std::optional<std::string_view> nearest_name(std::string_view text,
                                                           std::span<const std::string_view> names);

}  // namespace holdback::core
