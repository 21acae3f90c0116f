// SPDX-License-Identifier: Apache-2.0
#pragma once
// The words by which bounces, auto-replies and challenges are known. All lower case, single spaces.

#include <cstddef>
#include <string>
#include <string_view>

namespace holdback::dsn {

/// A text folded for looking up phrases: ASCII lower case, white space runs as one space, quoted
/// lines ("> …") and rulers left out, typographic apostrophes plain; at most `most_octets` of it.
[[nodiscard]] std::string phrase_text(std::string_view text, std::size_t most_octets);

/// A subject that mail systems give to bounces. `subject` is lower case.
[[nodiscard]] bool is_bounce_subject(std::string_view subject);
/// A subject that answering programs give. `subject` is lower case.
[[nodiscard]] bool is_auto_reply_subject(std::string_view subject);

/// How many distinct phrases of bounces a phrase text holds.
[[nodiscard]] int count_bounce_phrases(std::string_view text);
/// True when a phrase text asks the sender to confirm himself.
[[nodiscard]] bool asks_for_confirmation(std::string_view text);
/// True when a phrase text says that delivery goes on being tried.
[[nodiscard]] bool says_delayed(std::string_view text);
/// True when a phrase text says that its writer is away or answers by machine.
[[nodiscard]] bool says_away(std::string_view text);

}  // namespace holdback::dsn
