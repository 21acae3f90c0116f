// SPDX-License-Identifier: Apache-2.0
#pragma once
// Foreign text as people read it on a terminal, and the way back.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdback::core {

/// The letters that a terminal shows.
enum class Letters : std::uint8_t {
    Ascii,  ///< other characters would come out wrong
    Utf8,
};

/// The letters of a locale, from the values of LC_ALL, LC_CTYPE and LANG (POSIX.1-2017 section
/// 8.2). The first value that is not empty counts.
[[nodiscard]] Letters letters_of_locale(std::string_view all,
                                        std::string_view ctype,
                                        std::string_view lang);

/// Foreign text that cannot drive a terminal, end a line, show its words in another order or hide
/// in another text. `\` becomes `\\`. Controls, characters without a shape or that turn the
/// direction of writing, and octets that are not UTF-8 become `\xNN`; with `Ascii`, so does all
/// beyond ASCII. Cut between characters after at most `most_octets`, with "..." then.
[[nodiscard]] std::string shown_text(std::string_view text,
                                     Letters letters,
                                     std::size_t most_octets = 512);

/// How many columns a text of `shown_text` takes on a terminal, if each character takes one.
[[nodiscard]] std::size_t columns_of(std::string_view shown);

/// The text that `shown_text` was given, if uncut; nullopt for a text that it never writes.
[[nodiscard]] std::optional<std::string> from_shown(std::string_view shown);

}  // namespace holdback::core
