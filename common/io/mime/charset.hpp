// SPDX-License-Identifier: Apache-2.0
#pragma once
// Converts text of any charset to UTF-8.

#include <string>
#include <string_view>

namespace holdback::io::mime {

/// The text as UTF-8. Reads a charset as the superset that senders mean (GB2312 as GB18030,
/// ISO-8859-1 as Windows-1252). Octets that the charset does not have become U+FFFD; text of an
/// unknown charset is kept as far as it is UTF-8, and so is UTF-8 under a wrong label. Drops NUL.
/// Safe from several threads.
[[nodiscard]] std::string to_utf8(std::string raw, std::string_view charset);

}  // namespace holdback::io::mime
