// SPDX-License-Identifier: Apache-2.0
#pragma once
// Every "now" enters the program through a `Clock`.

#include <chrono>

namespace holdback::core {

/// Wall-clock time in UTC, to be stored, shown or compared with other people's dates.
using TimePoint = std::chrono::sys_time<std::chrono::milliseconds>;

/// Time that never jumps, for deadlines and durations within the process.
using SteadyPoint = std::chrono::steady_clock::time_point;

/// The source of "now". Safe to call from several threads.
class Clock {
public:
    Clock() = default;
    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;
    Clock(Clock&&) = delete;
    Clock& operator=(Clock&&) = delete;
    virtual ~Clock() = default;

    [[nodiscard]] virtual TimePoint now() const = 0;
    [[nodiscard]] virtual SteadyPoint steady_now() const = 0;
};

/// The machine's clocks.
class SystemClock final : public Clock {
public:
    [[nodiscard]] TimePoint now() const override {
        return std::chrono::time_point_cast<std::chrono::milliseconds>(
            std::chrono::system_clock::now());
    }
    [[nodiscard]] SteadyPoint steady_now() const override {
        return std::chrono::steady_clock::now();
    }
};

}  // namespace holdback::core
