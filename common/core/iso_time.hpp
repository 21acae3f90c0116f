// SPDX-License-Identifier: Apache-2.0
#pragma once
// Times in UTC, written as in RFC 3339 section 5.6.

#include "core/clock.hpp"

#include <string>

namespace holdback::core {

/// "2026-01-31T09:30:00Z"; a fraction of a second is cut off.
[[nodiscard]] std::string iso_time(TimePoint time);
/// "2026-01-31T09:30:00.250Z"; nothing is lost.
[[nodiscard]] std::string iso_time_ms(TimePoint time);

}  // namespace holdback::core
