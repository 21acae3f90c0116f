// SPDX-License-Identifier: Apache-2.0
#pragma once
// Letters that another Holdback wrote: notices to senders, confirmations, digests.

#include "dsn/message_view.hpp"

#include <string_view>

namespace holdback::dsn {

/// The mark by which a message is known as such a letter; empty when it is none. All such letters
/// are sent automatically (RFC 3834 section 5) and have the code field with 5999. A notice is also
/// known by its Message-ID, in case the field was removed on the way. A multipart/report is never
/// such a letter, because our DSNs have the field, too. Anybody can forge the marks; the only
/// effect is a message that teaches nothing.
[[nodiscard]] std::string_view own_letter_mark(const MessageView& message);

}  // namespace holdback::dsn
