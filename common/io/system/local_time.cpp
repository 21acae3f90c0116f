// SPDX-License-Identifier: Apache-2.0
#include "io/system/local_time.hpp"

#include "core/clock.hpp"

#include <chrono>
#include <ctime>

namespace holdback::io::system {

std::chrono::seconds local_utc_offset(core::TimePoint at) {
    const std::time_t time =
        std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
    std::tm local{};
    return localtime_r(&time, &local) == nullptr ? std::chrono::seconds(0)
                                                 : std::chrono::seconds(local.tm_gmtoff);
}

}  // namespace holdback::io::system
