// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a message says, for comparing it with others.

#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "outbound/content_fingerprint.hpp"
#include "ports/message_reader.hpp"

#include <cstddef>
#include <string_view>

namespace holdback::flow::outgoing {

/// Octets of a body that are read to compare it.
inline constexpr std::size_t kComparedOctets = std::size_t{64} * 1024;

/// Reads subject and texts of an outgoing message, plain and HTML, no attachments. `body` may be
/// the beginning of it alone.
[[nodiscard]] outbound::Content message_content(const mail::Envelope& envelope,
                                                const mail::HeaderList& headers,
                                                std::string_view body,
                                                const ports::MessageReader& reader);

}  // namespace holdback::flow::outgoing
