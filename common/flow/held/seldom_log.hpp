// SPDX-License-Identifier: Apache-2.0
#pragma once
// Writes recurring lines about held mail without filling the log.

#include "core/clock.hpp"
#include "core/guarded.hpp"
#include "ports/log.hpp"
#include "report/rate_limit.hpp"

#include <string_view>

namespace holdback::flow::held {

/// Writes lines "release: TEXT", at most one a minute for each kind. Safe from several threads.
class SeldomLog {
public:
    SeldomLog(ports::Log& log, const core::Clock& clock) : log_(&log), clock_(&clock) {}

    /// `kind` is our own text.
    void say(ports::Severity severity, std::string_view kind, std::string_view text);

private:
    ports::Log* log_;
    const core::Clock* clock_;
    core::Guarded<report::RateLimit> said_;
};

}  // namespace holdback::flow::held
