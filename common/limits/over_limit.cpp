// SPDX-License-Identifier: Apache-2.0
#include "limits/over_limit.hpp"

#include "config/value_text.hpp"
#include "core/clock.hpp"
#include "terms/policy_action.hpp"

#include <chrono>
#include <string>

#include <fmt/format.h>

namespace holdback::limits {

namespace {

/// "2026-11-30 14:05 UTC", never too early.
std::string minute_text(core::TimePoint time) {
    const auto minute = std::chrono::ceil<std::chrono::minutes>(time);
    const auto day = std::chrono::floor<std::chrono::days>(minute);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(minute - day);
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02} UTC",
                       static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()),
                       clock.hours().count(),
                       clock.minutes().count());
}

}  // namespace

std::string reason(const OverLimit& over) {
    if (over.used < over.cap.count) {
        return fmt::format("earlier mail waits for the limit {} of {} recipients in {} ({} used)",
                           over.limit,
                           over.cap.count,
                           config::duration_text(over.cap.window),
                           over.used);
    }
    return fmt::format("the limit {} of {} recipients in {} is reached ({} used)",
                       over.limit,
                       over.cap.count,
                       config::duration_text(over.cap.window),
                       over.used);
}

std::string advice(const OverLimit& over) {
    switch (over.action) {
        case terms::PolicyAction::Hold:
            return fmt::format("nothing: it leaves by itself from {} on",
                               minute_text(over.opens_at));
        case terms::PolicyAction::Reject:
            return "ask the mail administrator for a higher limit";
        case terms::PolicyAction::Pass:
        case terms::PolicyAction::Tag:
        case terms::PolicyAction::Defer:
            break;
    }
    return fmt::format("try again from {} on", minute_text(over.opens_at));
}

}  // namespace holdback::limits
