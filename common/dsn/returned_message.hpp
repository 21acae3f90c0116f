// SPDX-License-Identifier: Apache-2.0
#pragma once
// What came back of the message that a report is about.

#include "dsn/human_text.hpp"
#include "dsn/message_view.hpp"
#include "dsn/report.hpp"

namespace holdback::dsn {

/// The header of the returned message: of an embedded message, else a text/rfc822-headers part,
/// else header fields in the report's own text. Empty when nothing came back.
[[nodiscard]] ReturnedMessage returned_message(const MessageView& message, const HumanText& text);

}  // namespace holdback::dsn
