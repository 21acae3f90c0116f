// SPDX-License-Identifier: Apache-2.0
#pragma once
// Times in the exports of mail services.

#include "core/clock.hpp"

#include <optional>
#include <string_view>

namespace holdback::lists {

/// Reads "2024-03-01", "2024-03-01 12:00:05", "2024-03-01T12:00:05.123Z", with an offset such as
/// "+02:00" or without one (UTC), "… UTC"; "Fri, 01 Mar 2024 12:00:05 GMT" (RFC 5322); seconds or
/// milliseconds since the epoch. nullopt for other texts and for days that do not exist.
[[nodiscard]] std::optional<core::TimePoint> parse_time(std::string_view text);

}  // namespace holdback::lists
