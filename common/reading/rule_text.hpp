// SPDX-License-Identifier: Apache-2.0
#pragma once
// A diagnostic text as the rules see it, and the codes that it quotes.

#include "mail/enhanced_status.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace holdback::reading {

/// Octets of a text that the rules look at; the rest is ignored.
inline constexpr std::size_t kRuleTextOctets = 4096;

/// The text in the form that patterns are written for, in at most `kRuleTextOctets` octets of valid
/// UTF-8. Runs of white space become one space, and typographic apostrophes become "'". The reply
/// codes that begin the further lines of a multi-line reply are left out. Every mail address
/// becomes "@", so that a mailbox named "spam" does not read as spam.
[[nodiscard]] std::string rule_text(std::string_view text);

/// The reply code and the enhanced status that a text quotes.
struct QuotedCodes {
    int reply_code = 0;  ///< 400 to 599; 0 when there is none
    std::optional<mail::EnhancedStatus> status;
};

/// The text from the first reply code on: the server's own words, without what the reporting system
/// says around them. Empty when the text begins with its reply code or has none.
[[nodiscard]] std::string quoted_reply(std::string_view text);

/// The offset of the first reply code in the text as it is, or npos.
[[nodiscard]] std::size_t reply_begin(std::string_view text);

/// Finds "550 5.1.1", "550-5.1.1" or either of the two in a text. A status right behind the reply
/// code wins over one elsewhere.
[[nodiscard]] QuotedCodes quoted_codes(std::string_view text);

}  // namespace holdback::reading
