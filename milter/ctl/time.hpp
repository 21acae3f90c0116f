// SPDX-License-Identifier: Apache-2.0
#pragma once
// Parses times of the command line.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "milter/ctl/command.hpp"

#include <string>

namespace holdback::milter::ctl {

/// Takes a time such as "2026-01-01T14:00" (UTC), "@1700000000" (seconds since the epoch), or a
/// duration such as "2h", which means that long before `now`. Anything else is a usage error, above
/// all a number without a unit.
[[nodiscard]] core::Result<core::TimePoint, CommandError> parse_when(const std::string& text,
                                                                     core::TimePoint now);

}  // namespace holdback::milter::ctl
