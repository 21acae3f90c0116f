// SPDX-License-Identifier: Apache-2.0
#pragma once
// Warnings of the sessions that are written now and then, not with each message.

#include "core/clock.hpp"
#include "core/guarded.hpp"
#include "report/rate_limit.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

namespace holdback::milter::session {

/// Lets each kind of warning about the setup of the MTA through once an hour. Safe from several
/// threads.
class MilterWarnings {
public:
    explicit MilterWarnings(const core::Clock& clock) : clock_(clock) {}

    /// See `report::RateLimit::admit`.
    [[nodiscard]] std::optional<std::size_t> admit(std::string_view kind) {
        const core::SteadyPoint now = clock_.steady_now();
        return limit_.with([&](report::RateLimit& limit) { return limit.admit(kind, now); });
    }

private:
    const core::Clock& clock_;
    core::Guarded<report::RateLimit> limit_{report::RateLimit(std::chrono::hours(1))};
};

}  // namespace holdback::milter::session
