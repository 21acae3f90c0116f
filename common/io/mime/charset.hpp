// SPDX-License-Identifier: Apache-2.0
#pragma once
// Text of any charset as UTF-8.

#include <string>
#include <string_view>

namespace holdback::io::mime {

/// The text as UTF-8. Charsets are read as the superset that senders mean (GB2312 as GB18030,
/// ISO-8859-1 as Windows-1252). Octets that are none of the charset become U+FFFD; a text whose
/// charset is unknown is kept as far as it is UTF-8. NUL is dropped. Safe from several threads.
[[nodiscard]] std::string to_utf8(std::string raw, std::string_view charset);

}  // namespace holdback::io::mime
