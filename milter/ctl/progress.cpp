// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl/progress.hpp"

#include "core/clock.hpp"
#include "milter/ctl/command.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace holdback::milter::ctl {

Progress::Progress(const CommandContext& context,
                   std::string what,
                   std::optional<std::uintmax_t> octets)
    : context_(context), what_(std::move(what)), octets_(octets.value_or(0)) {}

void Progress::hide() {
    if (std::exchange(visible_, false)) {
        context_.err << "\r\x1b[K" << std::flush;
    }
}

void Progress::show(std::size_t done, std::uintmax_t octets_read) {
    constexpr std::chrono::milliseconds kPause{100};
    if (!context_.err_is_terminal) {
        return;
    }
    const core::SteadyPoint now = context_.clock.steady_now();
    if (shown_.has_value() && now - *shown_ < kPause) {
        return;
    }
    shown_ = now;
    visible_ = true;
    context_.err << '\r';
    if (octets_ > 0) {
        constexpr std::uintmax_t kWidth = 30;
        const std::uintmax_t filled = std::min(kWidth, octets_read * kWidth / octets_);
        context_.err << fmt::format("[{:=<{}}{: <{}}] {:>3}% ",
                                    "",
                                    filled,
                                    "",
                                    kWidth - filled,
                                    std::min<std::uintmax_t>(100, octets_read * 100 / octets_));
    }
    context_.err << fmt::format("{} {}", done, what_) << std::flush;
}

}  // namespace holdback::milter::ctl
