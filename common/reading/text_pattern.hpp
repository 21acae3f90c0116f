// SPDX-License-Identifier: Apache-2.0
#pragma once
// A diagnostic text as its pattern: what differs from one bounce to the next taken out, so that
// the same words of the same software are counted as one.

#include <cstddef>
#include <string>
#include <string_view>

namespace holdback::reading {

/// Octets of a pattern; what is beyond is cut off.
inline constexpr std::size_t kPatternOctets = 300;

/// The text as `rule_text` gives it, in lower case (ASCII), with `{address}`, `{url}`, `{ip}`,
/// `{host}`, `{date}`, `{id}` and `{number}` for what stands there. Reply codes in front of a text
/// or behind a colon and enhanced status codes stay. Empty when no word is left: codes and
/// placeholders alone say nothing that a rule could read. Valid UTF-8.
[[nodiscard]] std::string text_pattern(std::string_view text);

}  // namespace holdback::reading
