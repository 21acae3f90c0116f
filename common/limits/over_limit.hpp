// SPDX-License-Identifier: Apache-2.0
#pragma once
// A recipient for whom a limit had no room.

#include "config/rate.hpp"
#include "core/clock.hpp"
#include "terms/policy_action.hpp"

#include <cstddef>
#include <string>

namespace holdback::limits {

/// The limit that was in the way, at the time of the decision. Recorded with the other facts.
struct OverLimit {
    std::string limit;  ///< its name
    config::Rate cap{};
    /// Recipients that count, those of messages under way included. Fewer than the cap: held mail
    /// waits for the room.
    std::size_t used = 0;
    /// When there is room for one more, if nobody else takes it.
    core::TimePoint opens_at;
    terms::PolicyAction action = terms::PolicyAction::Defer;
    bool in_shadow = false;  ///< the recipient gets the mail all the same

    bool operator==(const OverLimit&) const = default;
};

/// The reason, one clause: "the limit per-user of 75 recipients in 1h is reached (75 used)".
[[nodiscard]] std::string reason(const OverLimit& over);
/// The advice, one clause, with the time in UTC: "try again at 14:05 UTC".
[[nodiscard]] std::string advice(const OverLimit& over);

}  // namespace holdback::limits
