// SPDX-License-Identifier: Apache-2.0
#pragma once
// The time zone of this host.

#include "core/clock.hpp"

#include <chrono>

namespace holdback::io::system {

/// How far local time is ahead of UTC at this time. Safe from several threads.
[[nodiscard]] std::chrono::seconds local_utc_offset(core::TimePoint at);

}  // namespace holdback::io::system
