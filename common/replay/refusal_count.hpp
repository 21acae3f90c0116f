// SPDX-License-Identifier: Apache-2.0
#pragma once
// Counts how often the client of a recorded message had been refused before, as far as recorded.

#include "config/settings.hpp"
#include "replay/recorded.hpp"

#include <cstddef>
#include <limits>
#include <optional>

namespace holdback::replay {

/// Bounds of the number of refusals in the client's session.
struct RefusalCount {
    std::size_t least = 0;
    std::size_t most = std::numeric_limits<std::size_t>::max();

    /// Adds a refusal; unless it is certain, only to `most`.
    void add(bool is_certain);
};

/// The count under these settings when the message was decided. Earlier refusals are taken as
/// recorded if the settings of that time refused at RCPT as these do.
[[nodiscard]] RefusalCount refusals_before(const RecordedMessage& message,
                                           const config::Settings& settings);

/// True when the client had had enough refusals (see `is_spared`); nullopt when unknown.
[[nodiscard]] std::optional<bool> had_enough(const RecordedMessage& message,
                                             const RefusalCount& refusals,
                                             const config::Settings& settings);

}  // namespace holdback::replay
