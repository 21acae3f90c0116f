// SPDX-License-Identifier: Apache-2.0
#pragma once
// Text for HTML and SVG.

#include <cstddef>
#include <string>
#include <string_view>

namespace holdback::report {

/// `core::html_safe` of at most `most_characters` (at least 1). A cut text ends in an ellipsis.
[[nodiscard]] std::string markup_short(std::string_view text, std::size_t most_characters);

/// "1,204"
[[nodiscard]] std::string grouped(std::size_t number);

/// The share of a whole: "3.2%"; "0%" when one of them is 0.
[[nodiscard]] std::string percent_of(std::size_t part, std::size_t whole);

}  // namespace holdback::report
