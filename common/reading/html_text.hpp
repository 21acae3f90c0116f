// SPDX-License-Identifier: Apache-2.0
#pragma once
// HTML reduced to the text that a reader would see.

#include <cstdint>
#include <string>
#include <string_view>

namespace holdback::reading {

/// What of a document is wanted.
enum class HtmlParts : std::uint8_t {
    All,
    /// What its author wrote for his reader to see: nothing in `blockquote`, and nothing in
    /// elements with the attribute `hidden` or a style of `display: none`, `visibility: hidden`,
    /// `font-size: 0` or `mso-hide: all`. An element that does not end hides the rest. Colours are
    /// not looked at.
    Own,
};

/// The text of an HTML document: tags and comments dropped, what stands in `script`, `style` and
/// `title` left out, character references resolved, block elements and `<br>` as line ends, white
/// space elsewhere as one space. Something like `<user@example.net>`, which is no tag, stays. Takes
/// any octets, in linear time; UTF-8 in gives UTF-8 out.
[[nodiscard]] std::string html_to_text(std::string_view html, HtmlParts parts = HtmlParts::All);

}  // namespace holdback::reading
