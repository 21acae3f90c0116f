// SPDX-License-Identifier: Apache-2.0
#pragma once
// Text in HTML and SVG.

#include <cstddef>
#include <string>
#include <string_view>

namespace holdback::report {

/// A foreign text as content or as the value of an attribute in double quotes: `&<>"'` become
/// entities; what is not UTF-8, control characters, and characters that turn the direction of
/// writing become U+FFFD.
[[nodiscard]] std::string markup_safe(std::string_view text);

/// The same, cut to so many characters, the last of which is an ellipsis where it was longer.
[[nodiscard]] std::string markup_short(std::string_view text, std::size_t most_characters);

/// "1,204"
[[nodiscard]] std::string grouped(std::size_t number);

/// The share of a whole: "3.2%"; "0%" of nothing.
[[nodiscard]] std::string percent_of(std::size_t part, std::size_t whole);

}  // namespace holdback::report
