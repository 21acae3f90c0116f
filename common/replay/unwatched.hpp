// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the record of a decision can't tell, since nobody looked for it at the time.

#include "config/settings.hpp"
#include "outbound/bulk.hpp"
#include "replay/recorded.hpp"
#include "terms/finding.hpp"

#include <span>
#include <vector>

namespace holdback::replay {

/// A finding that may be there or not, for all that the record tells.
struct Unwatched {
    terms::FindingName name;
    const char* missing;  ///< what would tell
    bool may_come = true;
    bool may_go = false;  ///< it was found, and might not be now
};

/// What nobody looked for then, or looked for otherwise, and these settings look for in mail of
/// this stream. `sent_to`: whom it may have been sent to, at least one.
[[nodiscard]] std::vector<Unwatched> unwatched(const RecordedMessage& message,
                                               outbound::Stream stream,
                                               std::span<const outbound::SentTo> sent_to,
                                               const config::Settings& settings);

}  // namespace holdback::replay
