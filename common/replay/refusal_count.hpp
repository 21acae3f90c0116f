// SPDX-License-Identifier: Apache-2.0
#pragma once
// How often the client of a recorded message had been refused before, as far as the record tells.

#include "config/settings.hpp"
#include "replay/recorded.hpp"

#include <cstddef>
#include <limits>
#include <optional>

namespace holdback::replay {

/// Refusals of the client in its session: at least, and at most.
struct RefusalCount {
    std::size_t least = 0;
    std::size_t most = std::numeric_limits<std::size_t>::max();

    /// One more; not certain: perhaps.
    void add(bool is_certain);
};

/// What it was, under these settings, when the message was decided upon. Refusals of earlier
/// messages are taken as they were where the settings of then refused in the same places.
[[nodiscard]] RefusalCount refusals_before(const RecordedMessage& message,
                                           const config::Settings& settings);

/// Whether the client had had enough (see `is_spared`); nullopt where that is not known.
[[nodiscard]] std::optional<bool> had_enough(const RecordedMessage& message,
                                             const RefusalCount& refusals,
                                             const config::Settings& settings);

}  // namespace holdback::replay
