// SPDX-License-Identifier: Apache-2.0
#pragma once
// HTML reduced to the text that a reader would see.

#include <string>
#include <string_view>

namespace holdback::dsn {

/// The text of an HTML document: tags and comments dropped, what stands in `script`, `style` and
/// `title` left out, character references resolved, block elements and `<br>` as line ends, white
/// space elsewhere as one space. Something like `<user@example.net>`, which is no tag, stays. Takes
/// any octets, in linear time; UTF-8 in gives UTF-8 out.
[[nodiscard]] std::string html_to_text(std::string_view html);

}  // namespace holdback::dsn
