// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which strings a text must hold so that a pattern can match it: a pattern is tried, and compiled,
// only for texts that hold one of them.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::reading {

/// Octets of the shortest string that is looked for: shorter ones stand in nearly every text.
inline constexpr std::size_t kShortestPatternWord = 3;

/// Octets of the longest one; what is beyond is not looked at.
inline constexpr std::size_t kLongestPatternWord = 100;

/// Strings in small letters of which at least one stands, whatever the case of its letters, in
/// every text that the RE2 pattern matches. Empty when no such strings show: then any text may
/// match. Letters that RE2 takes for others than their capital (the long s, the Kelvin sign, the
/// final sigma) are not thought of.
[[nodiscard]] std::vector<std::string> words_of_pattern(std::string_view pattern);

}  // namespace holdback::reading
