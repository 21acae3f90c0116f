// SPDX-License-Identifier: Apache-2.0
#pragma once
// HTML reduced to the text that a reader would see.

#include <cstdint>
#include <string>
#include <string_view>

namespace holdback::reading {

enum class HtmlParts : std::uint8_t {
    All,
    /// Only what the author wrote for readers to see. This leaves out `blockquote`, and elements
    /// with the attribute `hidden` or a style of `display: none`, `visibility: hidden`,
    /// `font-size: 0` or `mso-hide: all`. An element that does not end hides the rest. Colours are
    /// ignored.
    Own,
};

/// The text of an HTML document. It drops tags, comments and the contents of `script`, `style` and
/// `title`, and resolves character references. Block elements and `<br>` become line ends, other
/// white space becomes one space. `<user@example.net>` and the like are no tags and stay. Takes any
/// octets, in linear time; UTF-8 in gives UTF-8 out.
[[nodiscard]] std::string html_to_text(std::string_view html, HtmlParts parts = HtmlParts::All);

}  // namespace holdback::reading
