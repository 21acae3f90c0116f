// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reports a store that fails, without filling the log.

#include "core/clock.hpp"
#include "core/guarded.hpp"
#include "ports/log.hpp"
#include "report/rate_limit.hpp"

#include <string_view>

namespace holdback::flow {

/// Writes lines "store: WHAT: WHY", at most one a minute for each WHAT. Safe from several threads.
class StoreTrouble {
public:
    StoreTrouble(ports::Log& log, const core::Clock& clock) : log_(&log), clock_(&clock) {}

    /// `what` is our own text, always the same for the same step; `why` is made safe for the log.
    void say(ports::Severity severity, std::string_view what, std::string_view why) const;

private:
    ports::Log* log_;
    const core::Clock* clock_;
    mutable core::Guarded<report::RateLimit> said_;
};

}  // namespace holdback::flow
