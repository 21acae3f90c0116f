// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whether a message goes the way that its client and sender made believe.

#include "flow/passing_message.hpp"
#include "milter/session/session_parts.hpp"

namespace holdback::milter::session {

/// The headers are known: sets the direction by what they tell (a trace field of ours, a login at a
/// proxy before us, a pass of this host that we know of), and says where that is a surprise. A
/// client that logged in before a proxy or a filter is known by the trace fields alone.
void look_at_the_way(const SessionParts& parts, flow::PassingMessage& message);

}  // namespace holdback::milter::session
