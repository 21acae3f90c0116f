// SPDX-License-Identifier: Apache-2.0
#pragma once
// Text in HTML and SVG.

#include <cstddef>
#include <string>
#include <string_view>

namespace holdback::report {

/// `core::html_safe`, cut to so many characters, the last of which is an ellipsis where the text
/// was longer.
[[nodiscard]] std::string markup_short(std::string_view text, std::size_t most_characters);

/// "1,204"
[[nodiscard]] std::string grouped(std::size_t number);

/// The share of a whole: "3.2%"; "0%" of nothing.
[[nodiscard]] std::string percent_of(std::size_t part, std::size_t whole);

}  // namespace holdback::report
