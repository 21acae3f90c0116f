// SPDX-License-Identifier: Apache-2.0
#pragma once
// The content of a message, to be compared with others.

#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "outbound/content_fingerprint.hpp"
#include "ports/message_reader.hpp"

#include <cstddef>
#include <string_view>

namespace holdback::flow::outgoing {

/// Octets of a body that are read for comparison.
inline constexpr std::size_t kComparedOctets = std::size_t{64} * 1024;

/// Reads subject and texts of an outgoing message, plain and HTML, without attachments. `body` may
/// be only its beginning.
[[nodiscard]] outbound::Content message_content(const mail::Envelope& envelope,
                                                const mail::HeaderList& headers,
                                                std::string_view body,
                                                const ports::MessageReader& reader);

}  // namespace holdback::flow::outgoing
