// SPDX-License-Identifier: Apache-2.0
#pragma once
// Pauses of a thread that works again and again.

#include "core/clock.hpp"

#include <chrono>
#include <stop_token>

namespace holdback::io::system {

/// Waits until this time, or until a stop is requested.
void rest_until(core::SteadyPoint time, const std::stop_token& stop);
/// Waits this long, or until a stop is requested.
void rest(std::chrono::milliseconds length, const std::stop_token& stop);

}  // namespace holdback::io::system
