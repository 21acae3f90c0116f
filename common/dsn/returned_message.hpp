// SPDX-License-Identifier: Apache-2.0
#pragma once
// The part of the message that came back with a report about it.

#include "dsn/human_text.hpp"
#include "dsn/message_view.hpp"
#include "dsn/report.hpp"

namespace holdback::dsn {

/// The header of the returned message, taken from an embedded message, otherwise from a
/// text/rfc822-headers part, otherwise from header fields in the report's text. Empty when nothing
/// came back.
[[nodiscard]] ReturnedMessage returned_message(const MessageView& message, const HumanText& text);

}  // namespace holdback::dsn
