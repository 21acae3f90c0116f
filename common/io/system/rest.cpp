// SPDX-License-Identifier: Apache-2.0
#include "io/system/rest.hpp"

#include "core/clock.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>

namespace holdback::io::system {

void rest_until(core::SteadyPoint time, const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait_until(lock, stop, time, [] { return false; });
}

void rest(std::chrono::milliseconds length, const std::stop_token& stop) {
    rest_until(std::chrono::steady_clock::now() + length, stop);
}

}  // namespace holdback::io::system
