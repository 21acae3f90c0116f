// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whether people get a message as plain text, told by its media types.

#include "mail/header.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace holdback::outbound {

enum class PlainText : std::uint8_t {
    Present,
    Absent,
    Unknown,  ///< the body has parts, and what was read of it does not tell
};

/// More of a body than this need not be read to tell.
inline constexpr std::size_t kPlainTextOctets = std::size_t{64} * 1024;

/// `body` is the beginning of the body, as much as was read; empty when it was not. Of a message of
/// several parts (RFC 2046 section 5.1) each part is looked at, on every level: one that is
/// text/plain and no attachment is enough; that none is, is known when the end of the parts was
/// read.
[[nodiscard]] PlainText plain_text(const mail::HeaderList& headers, std::string_view body);

}  // namespace holdback::outbound
