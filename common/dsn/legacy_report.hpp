// SPDX-License-Identifier: Apache-2.0
#pragma once
// Bounces that are written for humans only. Each form is a row in a table. The last row takes any
// text in which an address stands near a reason.

#include "dsn/human_text.hpp"
#include "dsn/message_view.hpp"
#include "dsn/report.hpp"

#include <string>
#include <vector>

namespace holdback::dsn {

/// The input of a form, borrowed for the length of the call.
struct LegacyInput {
    // NOLINTBEGIN(cppcoreguidelines-avoid-const-or-ref-data-members): arguments under one name
    const MessageView& message;
    const HumanText& text;
    const ReturnedMessage& returned;
    // NOLINTEND(cppcoreguidelines-avoid-const-or-ref-data-members)
};

/// What was read, and the form that read it ("qmail", "exim", … "address near a reason").
struct LegacyReport {
    std::string form;
    std::vector<RecipientReport> recipients;
};

/// Reads a non-standard bounce. It has no recipients when no address can be found.
[[nodiscard]] LegacyReport read_legacy_report(const LegacyInput& input);

/// True when no recipient was found, or only an address that the text happens to mention.
[[nodiscard]] bool is_guess(const LegacyReport& report);

}  // namespace holdback::dsn
