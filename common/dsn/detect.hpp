// SPDX-License-Identifier: Apache-2.0
#pragma once
// What kind of message this is, by its MIME shape and what it says.

#include "dsn/human_text.hpp"
#include "dsn/message_view.hpp"
#include "dsn/report.hpp"

#include <string>
#include <vector>

namespace holdback::dsn {

/// A kind and what spoke for it ("multipart/report", "bounce phrases").
struct Detection {
    MessageKind kind = MessageKind::Ordinary;
    std::vector<std::string> reasons;
};

/// The kind of a message. A sender's name alone never decides: a bounce needs words or a shape that
/// only bounces have, an auto-reply needs fields or words of its own. Reports within an embedded
/// message (a forwarded bounce) do not count. The marks of another Holdback's letter make a message
/// informational, which teaches nothing, whatever it says, but no report for machines. `text` is
/// `human_text(message)`.
[[nodiscard]] Detection detect(const MessageView& message, const HumanText& text);

}  // namespace holdback::dsn
