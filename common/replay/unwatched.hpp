// SPDX-License-Identifier: Apache-2.0
#pragma once
// Findings that the record cannot tell, because nobody looked for them at that time.

#include "config/settings.hpp"
#include "outbound/bulk.hpp"
#include "replay/recorded.hpp"
#include "terms/finding.hpp"

#include <span>
#include <vector>

namespace holdback::replay {

/// A finding whose presence the record leaves open.
struct Unwatched {
    terms::FindingName name;
    const char* missing;  ///< the fact that would decide
    bool may_come = true;
    bool may_go = false;  ///< it was found, but may be absent now
};

/// The findings that these settings look for in mail of this stream, and that nobody looked for
/// then, or only with other settings. `sent_to` has the possible audiences, at least one.
[[nodiscard]] std::vector<Unwatched> unwatched(const RecordedMessage& message,
                                               outbound::Stream stream,
                                               std::span<const outbound::SentTo> sent_to,
                                               const config::Settings& settings);

}  // namespace holdback::replay
