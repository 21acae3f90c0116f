// SPDX-License-Identifier: Apache-2.0
#include "dsn/outage.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::dsn {

namespace {

constexpr std::size_t kMostSightings = 20'000;
constexpr std::size_t kMostProviders = 2'000;

}  // namespace

void OutageWatch::Sightings::add(std::string_view recipient, core::TimePoint now) {
    const std::uint64_t who = std::hash<std::string_view>{}(recipient);
    order.emplace_back(now, who);
    ++times[who];
    if (order.size() > kMostSightings) {
        forget_before(order.at(order.size() - kMostSightings).first);
    }
}

void OutageWatch::Sightings::forget_before(core::TimePoint time) {
    while (!order.empty() && (order.front().first < time || order.size() > kMostSightings)) {
        const auto who = times.find(order.front().second);
        if (who != times.end() && --who->second == 0) {
            times.erase(who);
        }
        order.pop_front();
    }
}

bool OutageWatch::is_outage(const Provider& provider, const config::OutageSettings& settings) {
    constexpr std::size_t kWhole = 100;
    const std::size_t bounced = provider.bounced.distinct();
    const std::size_t all = bounced + provider.accepted.distinct();
    return bounced >= settings.minimum && bounced * kWhole >= all * settings.rate.percent;
}

OutageWatch::Provider& OutageWatch::provider_of(std::string_view name,
                                                core::TimePoint now,
                                                const config::OutageSettings& settings) {
    auto found = providers_.find(name);
    if (found == providers_.end()) {
        if (providers_.size() >= kMostProviders) {
            const auto oldest = std::ranges::min_element(providers_, {}, [](const auto& each) {
                // An open outage is forgotten last.
                return std::pair(each.second.outage.has_value(), each.second.last);
            });
            providers_.erase(oldest);
        }
        found = providers_.try_emplace(std::string(name)).first;
    }
    Provider& provider = found->second;
    provider.last = now;
    provider.bounced.forget_before(now - settings.window);
    provider.accepted.forget_before(now - settings.window);
    return provider;
}

std::optional<Outage> OutageWatch::bounced(std::string_view provider,
                                           std::string_view recipient,
                                           core::TimePoint now,
                                           const config::OutageSettings& settings) {
    Provider& seen = provider_of(provider, now, settings);
    seen.bounced.add(recipient, now);
    if (seen.outage.has_value()) {
        seen.outage->bounced = std::max(seen.outage->bounced, seen.bounced.distinct());
        seen.outage->accepted = seen.accepted.distinct();
        return std::nullopt;
    }
    if (!is_outage(seen, settings)) {
        return std::nullopt;
    }
    seen.outage = Outage{.provider = std::string(provider),
                         .began = seen.bounced.order.front().first,
                         .opened = now,
                         .closed = std::nullopt,
                         .bounced = seen.bounced.distinct(),
                         .accepted = seen.accepted.distinct()};
    return seen.outage;
}

void OutageWatch::accepted(std::string_view provider,
                           std::string_view recipient,
                           core::TimePoint now,
                           const config::OutageSettings& settings) {
    provider_of(provider, now, settings).accepted.add(recipient, now);
}

bool OutageWatch::is_open(std::string_view provider) const {
    const auto found = providers_.find(provider);
    return found != providers_.end() && found->second.outage.has_value();
}

std::vector<Outage> OutageWatch::close_ended(core::TimePoint now,
                                             const config::OutageSettings& settings) {
    std::vector<Outage> ended;
    for (auto& [name, provider] : providers_) {
        if (!provider.outage.has_value() || now - provider.outage->opened < settings.window) {
            continue;
        }
        provider.bounced.forget_before(now - settings.window);
        provider.accepted.forget_before(now - settings.window);
        if (is_outage(provider, settings)) {
            continue;
        }
        provider.outage->closed = now;
        ended.push_back(*provider.outage);
        provider.outage.reset();
    }
    return ended;
}

void OutageWatch::restore(const Outage& outage) {
    Provider& provider = providers_[outage.provider];
    provider.last = outage.opened;
    provider.outage = outage;
}

std::vector<Outage> OutageWatch::open() const {
    std::vector<Outage> outages;
    for (const auto& [name, provider] : providers_) {
        if (provider.outage.has_value()) {
            outages.push_back(*provider.outage);
        }
    }
    return outages;
}

}  // namespace holdback::dsn
