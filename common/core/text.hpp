// SPDX-License-Identifier: Apache-2.0
#pragma once
// ASCII-only text tools: SMTP is ASCII, and no call here looks at the locale.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::core {

[[nodiscard]] constexpr bool is_ascii_digit(char c) {
    return c >= '0' && c <= '9';
}
[[nodiscard]] constexpr bool is_ascii_alpha(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
/// Space, tab, CR, LF, vertical tab or form feed.
[[nodiscard]] constexpr bool is_ascii_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}
[[nodiscard]] constexpr char ascii_lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// 0-9 and a-f.
[[nodiscard]] constexpr bool is_lower_hex(char c) {
    return is_ascii_digit(c) || (c >= 'a' && c <= 'f');
}
[[nodiscard]] constexpr bool is_non_ascii(char c) {
    return (static_cast<unsigned char>(c) & 0x80U) != 0;
}
/// True for an octet of a UTF-8 character after the first one.
[[nodiscard]] constexpr bool is_continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

/// The text with A-Z folded to a-z; other octets stay.
[[nodiscard]] std::string to_lower(std::string_view text);

[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b);
[[nodiscard]] bool starts_with_ignoring_case(std::string_view text, std::string_view prefix);
[[nodiscard]] bool contains_ignoring_case(std::string_view text, std::string_view part);

/// The view without ASCII white space at both ends.
[[nodiscard]] std::string_view trim(std::string_view text);

/// A host name without the dot of the root at its end.
[[nodiscard]] std::string_view without_root(std::string_view host);

/// The pieces between separators, empty ones included; "" gives one empty piece. The views point
/// into `text`.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);

/// Takes the part before the first separator off a text, and the separator; all of it when there is
/// none.
std::string_view cut_off(std::string_view& text, char separator);

/// A decimal number that fits 64 bits; nullopt with a sign, white space or trailing text.
[[nodiscard]] std::optional<std::uint64_t> parse_decimal(std::string_view text);

/// The longest text that `log_safe` shows whole, in octets before escaping.
inline constexpr std::size_t kLogSafeOctets = 256;

/// A foreign value made safe for a log line: in double quotes, `"` and `\` escaped by `\`, anything
/// but printable ASCII as `\xNN`. Cut at `kLogSafeOctets` octets, with `...` after the quote.
[[nodiscard]] std::string log_safe(std::string_view text);

/// A value in double quotes, unchanged, for a message that is made safe where it is shown.
[[nodiscard]] std::string in_quotes(std::string_view text);

/// A foreign value made safe for a reply text or a terminal: like `log_safe`, but without the
/// quotes, with `"` left alone, and cut at `most_octets`.
[[nodiscard]] std::string printable(std::string_view text, std::size_t most_octets = 512);

/// Appends a character in UTF-8. `value` must be a Unicode character, or the octets are not UTF-8.
void append_utf8(std::string& text, char32_t value);

/// True when the octets are well-formed UTF-8 (RFC 3629).
[[nodiscard]] bool is_utf8(std::string_view text);

/// The text with each octet that is not part of well-formed UTF-8 replaced by U+FFFD.
[[nodiscard]] std::string to_valid_utf8(std::string_view text);

/// The small letter of a capital one of these scripts below U+0800: Latin, Greek, Cyrillic. Other
/// characters stay as they are, and so does ASCII.
[[nodiscard]] char32_t small_letter(char32_t letter);

/// The text with the capital letters of the Latin, Greek and Cyrillic scripts made small, where
/// both forms take at most two octets. For texts that are compared, not shown. `text` is valid
/// UTF-8.
[[nodiscard]] std::string to_lower_utf8(std::string_view text);

/// True when a character is outside ASCII.
[[nodiscard]] bool has_non_ascii(std::string_view text);

}  // namespace holdback::core
