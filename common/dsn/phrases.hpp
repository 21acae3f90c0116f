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

/// Which kinds of phrases a text holds.
struct PhraseSigns {
    int bounce = 0;                      ///< distinct phrases of bounces
    int opening_bounce = 0;              ///< those among them that stand in the first 600 octets
    bool asks_for_confirmation = false;  ///< the sender has to confirm himself
    bool says_away = false;              ///< in 1500 octets: the writer is away, or no person
    bool says_delayed = false;           ///< delivery goes on being tried
    bool says_final = false;             ///< it does not
    bool complains = false;              ///< a reader reports a message as spam
};

/// Looks a phrase text up, see `phrase_text`.
[[nodiscard]] PhraseSigns phrase_signs(std::string_view text);

}  // namespace holdback::dsn
