// SPDX-License-Identifier: Apache-2.0
#pragma once
// Makes foreign text safe for what people open: a line of text, HTML and SVG, a spreadsheet. For
// logs and terminals see `log_safe` and `printable` in core/text.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::core {

/// Foreign text that cannot end a line, drive a terminal or show its words in another order. The
/// result is valid UTF-8. ASCII controls (CR, LF, NUL, ESC and all others) become spaces. C1
/// controls, the line and paragraph separators U+2028 and U+2029, and the characters that turn the
/// direction of writing (U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069) become U+FFFD.
/// ASCII stays ASCII.
[[nodiscard]] std::string one_line(std::string_view text);

/// `one_line` as content of HTML or SVG, or as the value of an attribute in quotes: `&<>"'` become
/// entities.
[[nodiscard]] std::string html_safe(std::string_view text);

/// The characters of a text, each as its octets. `text` is valid UTF-8; the views point into it.
[[nodiscard]] std::vector<std::string_view> characters(std::string_view text);

/// What a line feed inside a field becomes.
enum class LineFeeds : std::uint8_t {
    Spaces,
    Kept,  ///< in quotes: for files that programs read again
};

/// How a row of CSV is written.
struct CsvForm {
    char separator = ',';
    std::string_view line_end = "\r\n";
    LineFeeds line_feeds = LineFeeds::Spaces;
    /// How many of the first fields are copied from the administrator's own list. Their octets
    /// stay, and numbers such as "-3.5" or "+49 170 1234567" get no guard.
    std::size_t copied = 0;
};

/// One row (RFC 4180) with its line end. Each field goes through `one_line`, as far as `form`
/// allows, and is quoted where a usual separator would cut it. A field that a spreadsheet would
/// take for a formula (it begins with `=`, `+`, `-`, `@`, tab or CR) gets a single quote in front.
/// So does one that begins with single quotes and such a character: `without_formula_guard` gives
/// both back.
[[nodiscard]] std::string csv_row(std::span<const std::string> fields, CsvForm form = {});

/// The field that `csv_row` wrote, without the single quote that it put in front.
[[nodiscard]] std::string_view without_formula_guard(std::string_view field);

}  // namespace holdback::core
