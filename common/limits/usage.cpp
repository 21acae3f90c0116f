// SPDX-License-Identifier: Apache-2.0
#include "limits/usage.hpp"

#include "config/limit.hpp"
#include "config/rate.hpp"
#include "core/clock.hpp"
#include "limits/limit_set.hpp"
#include "limits/over_limit.hpp"
#include "limits/window.hpp"
#include "terms/policy_action.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace holdback::limits {

namespace {

bool is_graver(const OverLimit& over, const OverLimit& than) {
    return over.in_shadow == than.in_shadow ? over.action > than.action : than.in_shadow;
}

}  // namespace

Window& Counter::window(std::chrono::seconds length) {
    const auto found = std::ranges::find(windows_, length, &Window::length);
    return found != windows_.end() ? *found : windows_.emplace_back(length);
}

Counter& Usage::counter(const CounterName& name) {
    const auto [place, is_new] = counters_.try_emplace(name);
    if (is_new) {
        place->second.name_ = &place->first;
    }
    return place->second;
}

std::vector<Use> Usage::uses_of(std::span<const Applying> applying) {
    std::vector<Use> uses;
    uses.reserve(applying.size());
    for (const Applying& one : applying) {
        uses.push_back({.limit = one.limit, .counter = &counter(one.counter)});
    }
    return uses;
}

std::optional<OverLimit> Usage::without_room(const Use& use,
                                             const config::Rate& cap,
                                             core::TimePoint now,
                                             Turn turn) {
    const auto& [limit, counter] = use;
    const bool waits = turn == Turn::BehindAll ||
                       (turn == Turn::BehindOwn && limit->key != config::LimitKey::Everyone);
    const bool has_line =
        waits && counter->line_until_ > now && limit->action == terms::PolicyAction::Hold;
    Window& window = counter->window(cap.window);
    const std::size_t used = window.sum(now) + counter->reserved_;
    if (used < cap.count && !has_line) {
        return std::nullopt;
    }
    // What is under way will most likely leave.
    const std::size_t most = cap.count - 1;
    return OverLimit{.limit = limit->name,
                     .cap = cap,
                     .used = used,
                     .opens_at = counter->reserved_ > most
                                     ? Window::leaves_at(now, cap.window)
                                     : window.falls_to(most - counter->reserved_, now),
                     .action = limit->action,
                     .in_shadow = limit->shadow};
}

std::optional<OverLimit> Usage::reserve(std::span<const Use> uses, core::TimePoint now, Turn turn) {
    std::optional<OverLimit> gravest;
    for (const Use& use : uses) {
        for (const config::Rate& cap : use.limit->recipients) {
            auto over = without_room(use, cap, now, turn);
            if (over.has_value() && (!gravest.has_value() || is_graver(*over, *gravest))) {
                gravest = std::move(over);
            }
        }
    }
    if (!gravest.has_value() || gravest->in_shadow) {
        reserve_anyway(uses);
    }
    return gravest;
}

void Usage::stand_in_line(std::span<const Use> uses, core::TimePoint now, core::TimePoint until) {
    for (const auto& [limit, counter] : uses) {
        const bool has_room = std::ranges::all_of(limit->recipients, [&](const config::Rate& cap) {
            return counter->window(cap.window).sum(now) + counter->reserved_ < cap.count;
        });
        if (!has_room && !limit->shadow) {
            counter->line_until_ = std::max(counter->line_until_, until);
        }
    }
}

void Usage::reserve_anyway(std::span<const Use> uses) {
    for (const Use& use : uses) {
        ++use.counter->reserved_;
    }
}

void Usage::give_back(std::span<const Use> uses) {
    for (const Use& use : uses) {
        --use.counter->reserved_;
    }
}

void Usage::count(std::span<const Use> uses,
                  std::size_t recipients,
                  core::TimePoint now,
                  std::vector<UsageChange>& changes) {
    for (const auto& [limit, counter] : uses) {
        counter->reserved_ -= recipients;
        for (const config::Rate& cap : limit->recipients) {
            const std::int64_t slot = counter->window(cap.window).add(now, recipients);
            changes.push_back({.counter = counter->name(),
                               .window = cap.window,
                               .slot = slot,
                               .recipients = static_cast<std::int64_t>(recipients)});
        }
    }
}

void Usage::apply(const UsageChange& change) {
    if (change.recipients >= 0) {
        counter(change.counter)
            .window(change.window)
            .restore(
                {.number = change.slot, .recipients = static_cast<std::size_t>(change.recipients)});
        return;
    }
    if (const auto found = counters_.find(change.counter); found != counters_.end()) {
        found->second.window(change.window)
            .take_back(change.slot, static_cast<std::size_t>(-change.recipients));
    }
}

void Usage::forget(core::TimePoint now) {
    for (auto place = counters_.begin(); place != counters_.end();) {
        Counter& counter = place->second;
        const bool is_idle = counter.reserved_ == 0 && counter.line_until_ <= now &&
                             std::ranges::all_of(counter.windows_, [&](Window& window) {
                                 return window.sum(now) == 0;
                             });
        place = is_idle ? counters_.erase(place) : std::next(place);
    }
}

}  // namespace holdback::limits
