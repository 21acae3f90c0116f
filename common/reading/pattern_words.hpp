// SPDX-License-Identifier: Apache-2.0
#pragma once
// Strings of which a text must hold one so that a pattern can match it. The pattern is compiled and
// tried only for such texts.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::reading {

/// Octets of the shortest string that is looked for. Shorter ones stand in nearly every text.
inline constexpr std::size_t kShortestPatternWord = 3;

/// Octets of the longest one; the rest of a longer one is ignored.
inline constexpr std::size_t kLongestPatternWord = 100;

/// Returns lower-case strings. Every text that the RE2 pattern matches holds at least one of them,
/// in any letter case. Empty when no such strings are found: then any text may match. Letters that
/// RE2 equates with letters other than their capital (the long s, the Kelvin sign, the final sigma)
/// are not considered.
[[nodiscard]] std::vector<std::string> words_of_pattern(std::string_view pattern);

}  // namespace holdback::reading
