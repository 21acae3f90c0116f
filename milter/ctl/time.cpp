// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl/time.hpp"

#include "config/value_text.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "lists/time_text.hpp"
#include "milter/ctl/command.hpp"

#include <expected>
#include <string>

#include <fmt/format.h>

namespace holdback::milter::ctl {

core::Result<core::TimePoint, CommandError> parse_when(const std::string& text,
                                                       core::TimePoint now) {
    if (const auto ago = config::parse_duration(text)) {
        return now - *ago;
    }
    // A bare number may mean days or seconds since the epoch: do not guess.
    const bool is_epoch = text.starts_with('@');
    const bool is_number = text.find_first_not_of("0123456789.") == std::string::npos;
    if (const auto time = lists::parse_time(is_epoch ? text.substr(1) : text);
        time.has_value() && !is_number) {
        return *time;
    }
    return std::unexpected(CommandError{
        Exit::Usage,
        fmt::format(
            "{} is not a time: write a date such as 2026-01-01 or 2026-01-01T14:00 (UTC), a number "
            "with its unit such as 2h or 30d for that long ago, or @ and the seconds since 1970",
            core::in_quotes(text))});
}

}  // namespace holdback::milter::ctl
