// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads what Postfix logs about deliveries.

#include "maillog/log_line.hpp"

namespace holdback::maillog {

/// Reads a line of a delivery agent, of the queue manager, or of a program that drops or refuses a
/// message. The fields stand in a fixed order in front of the text in parentheses, and recipients
/// are in their quoted form (`info_log_address_format = external`, the default). So neither an
/// address nor the text of another server can pass for a field. `expired` has no recipient, and
/// `deliverable` and `undeliverable` are probes: none of them is an outcome.
[[nodiscard]] LogFacts read_postfix_line(const LogLine& line);

}  // namespace holdback::maillog
