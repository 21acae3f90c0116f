// SPDX-License-Identifier: Apache-2.0
#pragma once
// Turns a diagnostic text into its pattern, without what differs from one bounce to the next. So
// the same words of the same software are counted as one.

#include <cstddef>
#include <string>
#include <string_view>

namespace holdback::reading {

/// Octets of a pattern; a longer one is cut.
inline constexpr std::size_t kPatternOctets = 300;

/// The text as `rule_text` gives it, in lower case (ASCII), with the placeholders `{address}`,
/// `{url}`, `{ip}`, `{host}`, `{date}`, `{id}` and `{number}`. Enhanced status codes stay, and so
/// do reply codes in front of a text, behind a colon or before a status. Empty when no word is
/// left, because codes and placeholders alone give a rule nothing to read. Valid UTF-8.
[[nodiscard]] std::string text_pattern(std::string_view text);

}  // namespace holdback::reading
