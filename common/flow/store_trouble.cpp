// SPDX-License-Identifier: Apache-2.0
#include "flow/store_trouble.hpp"

#include "core/text.hpp"
#include "ports/log.hpp"
#include "report/rate_limit.hpp"

#include <string_view>

#include <fmt/format.h>

namespace holdback::flow {

void StoreTrouble::say(ports::Severity severity,
                       std::string_view what,
                       std::string_view why) const {
    const auto left_out = said_.with(
        [&](report::RateLimit& limit) { return limit.admit(what, clock_->steady_now()); });
    if (!left_out.has_value()) {
        return;
    }
    log_->write(severity,
                fmt::format("store: {}: {}{}",
                            what,
                            core::log_safe(why),
                            *left_out > 0 ? fmt::format(" left_out={}", *left_out) : ""));
}

}  // namespace holdback::flow
