// SPDX-License-Identifier: Apache-2.0
#pragma once
// Tells by media types whether a message has a plain text.

#include "mail/header.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace holdback::outbound {

enum class PlainText : std::uint8_t {
    Present,
    Absent,
    Unknown,  ///< the part of the body that was read does not tell
};

/// At most this much of a body is looked at.
inline constexpr std::size_t kPlainTextOctets = std::size_t{64} * 1024;

/// `body` is the beginning of the body, as far as it was read, or empty. Of a multipart message
/// (RFC 2046 section 5.1) every part on every level is checked. One text/plain part that is no
/// attachment makes it `Present`; it is `Absent` only if the end of the parts was read.
[[nodiscard]] PlainText plain_text(const mail::HeaderList& headers, std::string_view body);

}  // namespace holdback::outbound
