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
#include <vector>

namespace holdback::limits {

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

std::optional<OverLimit> Usage::reserve(std::span<const Use> uses, core::TimePoint now, Turn turn) {
    std::optional<OverLimit> over;
    for (const auto& [limit, counter] : uses) {
        const bool waits = turn == Turn::BehindAll ||
                           (turn == Turn::BehindOwn && limit->key != config::LimitKey::Everyone);
        const bool has_line =
            waits && counter->line_until_ > now && limit->action == terms::PolicyAction::Hold;
        for (const config::Rate& cap : limit->recipients) {
            Window& window = counter->window(cap.window);
            const std::size_t used = window.sum(now) + counter->reserved_;
            if (used < cap.count && !has_line) {
                continue;
            }
            const bool is_graver =
                !over.has_value() || (over->in_shadow && !limit->shadow) ||
                (over->in_shadow == limit->shadow && limit->action > over->action);
            if (is_graver) {
                // What is under way will most likely leave.
                const std::size_t most = cap.count - 1;
                over = OverLimit{.limit = limit->name,
                                 .cap = cap,
                                 .used = used,
                                 .opens_at = counter->reserved_ > most
                                                 ? Window::leaves_at(now, cap.window)
                                                 : window.falls_to(most - counter->reserved_, now),
                                 .action = limit->action,
                                 .in_shadow = limit->shadow};
            }
        }
    }
    if (!over.has_value() || over->in_shadow) {
        reserve_anyway(uses);
    }
    return over;
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
