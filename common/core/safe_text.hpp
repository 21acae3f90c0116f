// SPDX-License-Identifier: Apache-2.0
#pragma once
// Foreign text made safe for what people open: a line of text, HTML and SVG, a spreadsheet. For
// logs and terminals see `log_safe` and `printable` in core/text.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::core {

/// Foreign text that cannot end a line, drive a terminal or show its words in another order: valid
/// UTF-8; ASCII controls (CR, LF, NUL, ESC and all others) become spaces; C1 controls, the line and
/// paragraph separators U+2028 and U+2029, and the characters that turn the direction of writing
/// (U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069) become U+FFFD. ASCII stays ASCII.
[[nodiscard]] std::string one_line(std::string_view text);

/// `one_line` as content of HTML or SVG, or as the value of an attribute in quotes: `&<>"'` become
/// entities.
[[nodiscard]] std::string html_safe(std::string_view text);

/// The characters of a text, each as its octets. `text` is valid UTF-8; the views point into it.
[[nodiscard]] std::vector<std::string_view> characters(std::string_view text);

/// What becomes of a line feed inside a field.
enum class LineFeeds : std::uint8_t {
    Spaces,
    Kept,  ///< in quotes: for files that programs read again
};

/// How a row of CSV is written.
struct CsvForm {
    char separator = ',';
    std::string_view line_end = "\r\n";
    LineFeeds line_feeds = LineFeeds::Spaces;
    /// The first so many fields are copied from the administrator's own list: their octets stay,
    /// and numbers such as "-3.5" or "+49 170 1234567" are not guarded.
    std::size_t copied = 0;
};

/// One row (RFC 4180) with its line end; each field is `one_line` of what is given, in quotes where
/// any of the usual separators would cut it. A field that a spreadsheet would take for a formula
/// (it begins with `=`, `+`, `-`, `@`, tab or CR) gets a single quote in front, and so does one
/// that begins with single quotes and such a character: `without_formula_guard` gives both back.
[[nodiscard]] std::string csv_row(std::span<const std::string> fields, CsvForm form = {});

/// The field that `csv_row` wrote, without the single quote that it put in front.
[[nodiscard]] std::string_view without_formula_guard(std::string_view field);

}  // namespace holdback::core
