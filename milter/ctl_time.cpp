// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl_time.hpp"

#include "config/value_text.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "lists/time_text.hpp"
#include "milter/ctl_command.hpp"

#include <expected>
#include <string>

#include <fmt/format.h>

namespace holdback::milter {

core::Result<core::TimePoint, CommandError> parse_when(const std::string& text,
                                                       core::TimePoint now) {
    if (const auto ago = config::parse_duration(text)) {
        return now - *ago;
    }
    if (const auto time = lists::parse_time(text)) {
        return *time;
    }
    return std::unexpected(CommandError{
        Exit::Usage,
        fmt::format("{} is no time: write one such as 2026-01-01T14:00 (UTC), or a duration such "
                    "as 2h for so long ago",
                    core::log_safe(text))});
}

}  // namespace holdback::milter
