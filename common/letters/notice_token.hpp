// SPDX-License-Identifier: Apache-2.0
#pragma once
// The token that links an answer to its notice. It names the notice and is signed for its sender.
// It is in the Message-ID and in the subject of the notice, so that one of them is enough:
//
//     "hbn-" notice id [12] MAC [20]        hexadecimal, for systems that fold letter case

#include "core/digest.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace holdback::letters {

/// The number of hexadecimal digits in a notice's id.
inline constexpr std::size_t kNoticeIdDigits = 12;

/// The token of a notice with this id (12 hexadecimal digits) to this envelope sender.
[[nodiscard]] std::string notice_token(std::string_view notice_id,
                                       std::string_view sender,
                                       const core::SecretKey& key);

/// The first text in the form of a token, in lower case; its signature is not checked.
[[nodiscard]] std::optional<std::string> find_notice_token(std::string_view text);

/// The id of the notice that a token names, even if it is forged. `token` has the form.
[[nodiscard]] std::string named_notice(std::string_view token);

/// True when one of the keys made the token for this sender. `token` has the form.
[[nodiscard]] bool is_token_of(std::string_view token,
                               std::string_view sender,
                               std::span<const core::SecretKey> keys);

}  // namespace holdback::letters
