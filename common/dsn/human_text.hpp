// SPDX-License-Identifier: Apache-2.0
#pragma once
// The words of a report for humans, apart from the copy of the message that it is about.

#include "dsn/message_view.hpp"
#include "mail/header.hpp"

#include <string>
#include <string_view>

namespace holdback::dsn {

/// The readable text of a message in two halves. Both are UTF-8 with "\n" line ends.
struct HumanText {
    /// The text parts of the message itself up to the returned message; at most 64 KiB.
    std::string report;
    /// The text of the returned message in the same text parts; at most 64 KiB.
    std::string returned;
};

/// Takes the plain text parts outside embedded messages (HTML only where there is no plain text).
/// It cuts them at the first line such as "Original message follows" or at a block of message
/// header fields.
[[nodiscard]] HumanText human_text(const MessageView& message);

/// The same for the returned message, when it is itself a report.
[[nodiscard]] HumanText embedded_text(const MessageView& message);

/// Splits one text in the same way.
[[nodiscard]] HumanText split_returned(std::string_view text);

/// The header fields at the start of a text. "> " in front of every line is skipped.
[[nodiscard]] mail::HeaderList parse_headers(std::string_view text);

}  // namespace holdback::dsn
