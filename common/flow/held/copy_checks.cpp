// SPDX-License-Identifier: Apache-2.0
#include "flow/held/copy_checks.hpp"

#include "core/clock.hpp"
#include "core/text.hpp"
#include "ports/held_acts.hpp"
#include "ports/held_store.hpp"
#include "ports/log.hpp"
#include "ports/spool.hpp"
#include "terms/held.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include <fmt/format.h>

namespace holdback::flow::held {

namespace {

/// The pace of the walk: 300,000 messages of 20 KB take six hours.
constexpr std::uint64_t kOctetsInStep = std::uint64_t{1} << 20U;
constexpr std::size_t kMostInStep = 100;
constexpr std::chrono::seconds kBetweenSteps{4};
constexpr std::chrono::hours kBetweenRounds{24};

}  // namespace

std::string CopyChecks::look_at(const terms::HeldMessage& message) const {
    const auto check = spool_->check(message);
    if (!check.has_value()) {
        return {};
    }
    const bool is_news =
        check->damage != message.damage || (message.digest.empty() && !check->digest.empty());
    if (is_news) {
        const auto noted = ports::note_copy(*held_, message.spool_id, *check, clock_->now());
        if (!noted.has_value()) {
            log_->write(ports::Severity::Error,
                        fmt::format("spool: the check of {} can't be written down: {}",
                                    message.spool_id,
                                    core::log_safe(noted.error().what)));
        }
    }
    if (!check->damage.empty() && check->damage != message.damage) {
        log_->write(ports::Severity::Error,
                    fmt::format("spool: {} is damaged, it stays held and is not sent: {}; put the "
                                "file back from a backup, or end its items by held return or held "
                                "discard",
                                message.spool_id,
                                core::log_safe(check->damage)));
    }
    return check->damage;
}

bool CopyChecks::walk() {
    const core::SteadyPoint now = clock_->steady_now();
    if (now < next_step_ || (last_.empty() && now < next_round_)) {
        return false;
    }
    next_step_ = now + kBetweenSteps;
    if (last_.empty()) {
        next_round_ = now + kBetweenRounds;
    }
    const auto kept = held_->kept_messages(last_, kMostInStep);
    if (!kept.has_value()) {
        trouble_.say(
            ports::Severity::Error, "the copies can't be looked through", kept.error().what);
        return false;
    }
    if (kept->empty()) {
        last_.clear();
        return false;
    }
    std::uint64_t octets = 0;
    bool damaged = false;
    for (const terms::HeldMessage& message : *kept) {
        damaged = !look_at(message).empty() || damaged;
        last_ = message.spool_id;
        octets += message.octets;
        if (octets >= kOctetsInStep) {
            break;
        }
    }
    return damaged;
}

}  // namespace holdback::flow::held
