// SPDX-License-Identifier: Apache-2.0
#pragma once
// The pause of a thread that works again and again.

#include "core/clock.hpp"

#include <chrono>
#include <stop_token>

namespace holdback::io::system {

/// Until the time has come, or a stop is asked for.
void rest_until(core::SteadyPoint time, const std::stop_token& stop);
/// For so long, or until a stop is asked for.
void rest(std::chrono::milliseconds length, const std::stop_token& stop);

}  // namespace holdback::io::system
