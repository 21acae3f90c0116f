// SPDX-License-Identifier: Apache-2.0
#pragma once
// Makes the octets of a message fit for a MIME parser: plain line ends, bounded work.

#include <cstddef>
#include <string>
#include <string_view>

namespace holdback::io::mime {

/// The octets with all line ends (CRLF, CR, CR CR LF, LF) as "\n", without an mbox line or empty
/// lines at the start, and with one line end at the end.
[[nodiscard]] std::string with_plain_line_ends(std::string_view octets);

/// Folds lines that lost their leading white space: a parameter of Content-Type right after a line
/// that ends with a semicolon.
[[nodiscard]] std::string refolded(std::string text);

/// Cuts a header block longer than `most` octets at a line end; true when it did.
[[nodiscard]] bool cut_header(std::string& text, std::size_t most);

/// The number of octets that can be parsed in bounded time: a parser compares each line that begins
/// with "--" with every open boundary.
[[nodiscard]] std::size_t bounded_work(std::string_view text);

/// The number of octets with at most `most` parts: lines that begin with "--" and either repeat a
/// boundary that the text declares or are followed by a MIME header field.
[[nodiscard]] std::size_t bounded_parts(std::string_view text, std::size_t most);

/// The number of octets with at most `most` lines of part headers: lines between one that begins
/// with "--" and the next empty one. A parser makes an object of some hundred octets for each
/// field.
[[nodiscard]] std::size_t bounded_fields(std::string_view text, std::size_t most);

}  // namespace holdback::io::mime
