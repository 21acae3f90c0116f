// SPDX-License-Identifier: Apache-2.0
#pragma once
// What is said about a store that fails, without filling the log.

#include "core/clock.hpp"
#include "core/guarded.hpp"
#include "ports/log.hpp"
#include "report/rate_limit.hpp"

#include <string_view>

namespace holdback::flow {

/// Writes lines "store: WHAT: WHY", each WHAT once a minute at most. Safe from several threads.
class StoreTrouble {
public:
    StoreTrouble(ports::Log& log, const core::Clock& clock) : log_(&log), clock_(&clock) {}

    /// `what` is a text of ours, always the same for the same step; `why` is quoted.
    void say(ports::Severity severity, std::string_view what, std::string_view why) const;

private:
    ports::Log* log_;
    const core::Clock* clock_;
    mutable core::Guarded<report::RateLimit> said_;
};

}  // namespace holdback::flow
