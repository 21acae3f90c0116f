// SPDX-License-Identifier: Apache-2.0
#pragma once
// Finds out whether a message goes the way that its client and sender suggest.

#include "flow/passing_message.hpp"
#include "milter/session/session_parts.hpp"

namespace holdback::milter::session {

/// To be called when the headers are known. Sets the direction by a trace field of ours, a login at
/// a proxy before us, or an earlier pass through this host, and warns where that is a surprise.
/// Only the trace fields can show that a client logged in before a proxy or a filter.
void look_at_the_way(const SessionParts& parts, flow::PassingMessage& message);

}  // namespace holdback::milter::session
