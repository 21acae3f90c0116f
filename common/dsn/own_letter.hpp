// SPDX-License-Identifier: Apache-2.0
#pragma once
// Letters that another Holdback wrote: notices to senders, confirmations, digests.

#include "dsn/message_view.hpp"

#include <string_view>

namespace holdback::dsn {

/// The mark by which a message is known as such a letter; empty: it is none. All are sent
/// automatically (RFC 3834 section 5) and bear the code field with 5999; a notice is known by its
/// Message-ID as well, where the field was taken out on the way. A multipart/report never is one:
/// our DSNs bear the field, too. Anybody can forge the marks; all that comes of it is a message
/// that teaches nothing.
[[nodiscard]] std::string_view own_letter_mark(const MessageView& message);

}  // namespace holdback::dsn
