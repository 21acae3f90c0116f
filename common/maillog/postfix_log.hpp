// SPDX-License-Identifier: Apache-2.0
#pragma once
// What Postfix writes to the mail log about deliveries.

#include "maillog/log_line.hpp"

namespace holdback::maillog {

/// Reads what a delivery agent or the queue manager of Postfix says. The fields stand in fixed
/// order and in front of the text in parentheses, recipients in their quoted form
/// (`info_log_address_format = external`, the default): so neither an address nor the text of
/// another server can pretend to be a field. `expired` comes without a recipient, and
/// `deliverable` and `undeliverable` are probes: none of them is an outcome.
[[nodiscard]] LogFacts read_postfix_line(const LogLine& line);

}  // namespace holdback::maillog
