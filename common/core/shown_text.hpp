// SPDX-License-Identifier: Apache-2.0
#pragma once
// Foreign text as people read it on a terminal, and back.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdback::core {

/// What a terminal shows.
enum class Letters : std::uint8_t {
    Ascii,  ///< anything else would come out as other characters
    Utf8,
};

/// The letters of a locale, by the values of LC_ALL, LC_CTYPE and LANG (POSIX.1-2017 section 8.2):
/// the first that is not empty counts.
[[nodiscard]] Letters letters_of_locale(std::string_view all,
                                        std::string_view ctype,
                                        std::string_view lang);

/// A foreign text that cannot drive a terminal, end a line, show its words in another order or hide
/// in another text: `\` becomes `\\`; octets of controls, of characters without a shape or that
/// turn the direction of writing, and those that are no UTF-8 become `\xNN`; with `Ascii`, all
/// beyond ASCII does. Cut between characters behind `most_octets`, with "..." then.
[[nodiscard]] std::string shown_text(std::string_view text,
                                     Letters letters,
                                     std::size_t most_octets = 512);

/// How many columns of a terminal a text of `shown_text` takes, where each character takes one.
[[nodiscard]] std::size_t columns_of(std::string_view shown);

/// The text that `shown_text` was made of, whole; nullopt for what it never writes.
[[nodiscard]] std::optional<std::string> from_shown(std::string_view shown);

}  // namespace holdback::core
