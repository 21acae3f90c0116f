// SPDX-License-Identifier: Apache-2.0
#pragma once
// The kind of a message, told by its MIME shape and its words.

#include "dsn/human_text.hpp"
#include "dsn/message_view.hpp"
#include "dsn/report.hpp"

#include <string>
#include <vector>

namespace holdback::dsn {

/// A kind and the reasons for it ("multipart/report", "bounce phrases").
struct Detection {
    MessageKind kind = MessageKind::Ordinary;
    std::vector<std::string> reasons;
};

/// The kind of a message. A sender's name alone never decides: a bounce needs words or a shape that
/// only bounces have, an auto-reply needs fields or words of its own. Reports within an embedded
/// message (a forwarded bounce) do not count. A letter of another Holdback is informational
/// whatever it says, unless it is a multipart/report, and so teaches nothing. `text` is
/// `human_text(message)`.
[[nodiscard]] Detection detect(const MessageView& message, const HumanText& text);

}  // namespace holdback::dsn
