// SPDX-License-Identifier: Apache-2.0
#pragma once
// Times as people give them on the command line.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "milter/ctl/command.hpp"

#include <string>

namespace holdback::milter::ctl {

/// A time such as "2026-01-01T14:00" (UTC), "@1700000000" (seconds since the epoch), or a duration
/// such as "2h", which is so long before `now`; anything else, a number without a unit above all,
/// is a usage error.
[[nodiscard]] core::Result<core::TimePoint, CommandError> parse_when(const std::string& text,
                                                                     core::TimePoint now);

}  // namespace holdback::milter::ctl
