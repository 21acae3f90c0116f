// SPDX-License-Identifier: Apache-2.0
#include "flow/held/seldom_log.hpp"

#include "core/clock.hpp"
#include "ports/log.hpp"
#include "report/rate_limit.hpp"

#include <string_view>

#include <fmt/format.h>

namespace holdback::flow::held {

void SeldomLog::say(ports::Severity severity, std::string_view kind, std::string_view text) {
    const core::SteadyPoint now = clock_->steady_now();
    const auto left_out =
        said_.with([&](report::RateLimit& limit) { return limit.admit(kind, now); });
    if (left_out.has_value()) {
        log_->write(severity,
                    fmt::format("release: {}{}",
                                text,
                                *left_out > 0 ? fmt::format(" left_out={}", *left_out) : ""));
    }
}

}  // namespace holdback::flow::held
