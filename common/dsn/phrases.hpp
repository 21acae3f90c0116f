// SPDX-License-Identifier: Apache-2.0
#pragma once
// The words that identify bounces, auto-replies and challenges. All lower case, single spaces.

#include <cstddef>
#include <string>
#include <string_view>

namespace holdback::dsn {

/// A text folded for looking up phrases: lower case (ASCII), runs of white space as one space,
/// plain apostrophes, no quoted lines ("> …") and no rulers; at most `most_octets` of it.
[[nodiscard]] std::string phrase_text(std::string_view text, std::size_t most_octets);

/// True for a subject that mail systems give to bounces. `subject` is lower case.
[[nodiscard]] bool is_bounce_subject(std::string_view subject);
/// True for a subject that answering programs use. `subject` is lower case.
[[nodiscard]] bool is_auto_reply_subject(std::string_view subject);

/// The kinds of phrases in a text.
struct PhraseSigns {
    int bounce = 0;                      ///< distinct phrases of bounces
    int opening_bounce = 0;              ///< those that stand in the first 600 octets
    bool asks_for_confirmation = false;  ///< the sender has to confirm the message
    bool says_away = false;              ///< in 1500 octets: the writer is away, or is no person
    bool says_delayed = false;           ///< delivery will be tried again
    bool says_final = false;             ///< delivery will not be tried again
    bool complains = false;              ///< a reader reports a message as spam
};

/// Looks up the phrases of a text from `phrase_text`.
[[nodiscard]] PhraseSigns phrase_signs(std::string_view text);

}  // namespace holdback::dsn
