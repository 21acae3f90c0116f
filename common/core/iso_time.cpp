// SPDX-License-Identifier: Apache-2.0
#include "core/iso_time.hpp"

#include "core/clock.hpp"

#include <chrono>
#include <string>

#include <fmt/format.h>

namespace holdback::core {

namespace {

/// To the second, without a zone.
std::string to_the_second(TimePoint time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
                       static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()),
                       clock.hours().count(),
                       clock.minutes().count(),
                       clock.seconds().count());
}

}  // namespace

std::string iso_time(TimePoint time) {
    return to_the_second(time) + "Z";
}

std::string iso_time_ms(TimePoint time) {
    const auto part = time - std::chrono::floor<std::chrono::seconds>(time);
    return fmt::format("{}.{:03}Z", to_the_second(time), part.count());
}

}  // namespace holdback::core
