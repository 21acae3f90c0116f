// SPDX-License-Identifier: Apache-2.0
#include "limits/limit_set.hpp"

#include "config/limit.hpp"
#include "config/rate.hpp"
#include "core/text.hpp"
#include "mail/ip_address.hpp"
#include "terms/stream.hpp"
#include "terms/suppression_subject.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace holdback::limits {

namespace {

using config::LimitKey;

constexpr std::string_view kFile = "file:";
constexpr std::string_view kEach = "*";

/// The text by which a limit knows the sender; nullopt: it does not apply.
std::optional<std::string> key_of(LimitKey key, const Subject& subject) {
    const auto unless_empty = [](const std::string& text) {
        return text.empty() ? std::nullopt : std::optional(core::to_lower(text));
    };
    switch (key) {
        case LimitKey::SaslUser:
            return unless_empty(subject.user);
        case LimitKey::Sender:
            return unless_empty(subject.sender);
        case LimitKey::SenderDomain: {
            const std::size_t at = subject.sender.rfind('@');
            return at == std::string::npos ? std::nullopt
                                           : unless_empty(subject.sender.substr(at + 1));
        }
        case LimitKey::Client:
            return subject.client.has_value() ? std::optional(subject.client->text())
                                              : std::nullopt;
        case LimitKey::Daemon:
            return unless_empty(subject.daemon);
        case LimitKey::Everyone:
            return "";
    }
    std::unreachable();
}

/// True when each provider counts for itself.
bool is_each(const config::Limit& limit) {
    return limit.provider.size() == 1 && limit.provider.front() == kEach;
}

std::string names_of(const config::Limit& limit) {
    return fmt::format("{}", fmt::join(limit.provider, " "));
}

/// The provider's part of the counter's name; nullopt: the limit is for other destinations.
std::optional<std::string> destination_of(const config::Limit& limit,
                                          std::string_view provider,
                                          std::string_view domain) {
    if (limit.provider.empty()) {
        return "";
    }
    if (is_each(limit)) {
        return std::string(provider);
    }
    const bool is_named = std::ranges::any_of(limit.provider, [&](const std::string& name) {
        return name == provider || name == domain;
    });
    return is_named ? std::optional(names_of(limit)) : std::nullopt;
}

}  // namespace

LimitSet::LimitSet(std::vector<config::Limit> limits,
                   const std::map<std::string, std::vector<std::string>, std::less<>>& lists)
    : limits_(std::move(limits)) {
    for (const config::Limit& limit : limits_) {
        std::vector<std::string> lines{limit.match};
        if (limit.match.starts_with(kFile)) {
            const auto list = lists.find(std::string_view(limit.match).substr(kFile.size()));
            lines = list == lists.end() ? std::vector<std::string>() : list->second;
        }
        Patterns& patterns = patterns_.emplace_back();
        for (const std::string& line : lines) {
            const auto network =
                limit.key == LimitKey::Client ? mail::Network::parse(line) : std::nullopt;
            if (network.has_value()) {
                patterns.networks.push_back(*network);
            } else if (line.find_first_of("*?") == std::string::npos) {
                patterns.whole.insert(core::to_lower(line));
            } else {
                patterns.globs.push_back(core::to_lower(line));
            }
        }
    }
}

bool LimitSet::covers(const Patterns& patterns,
                      std::string_view key,
                      const std::optional<mail::IpAddress>& client) {
    return patterns.whole.contains(key) ||
           std::ranges::any_of(
               patterns.globs,
               [&](const std::string& glob) { return terms::pattern_fits(glob, key); }) ||
           std::ranges::any_of(patterns.networks, [&](const mail::Network& network) {
               return client.has_value() && network.contains(*client);
           });
}

std::vector<LimitSet::Matching> LimitSet::matching(const Subject& subject) const {
    std::vector<Matching> found;
    for (std::size_t i = 0; i < limits_.size(); ++i) {
        auto key = key_of(limits_[i].key, subject);
        if (!key.has_value()) {
            continue;
        }
        if (covers(patterns_[i], *key, subject.client)) {
            found.push_back({.limit = &limits_[i], .key = *std::move(key)});
        }
    }
    return found;
}

std::vector<Applying> LimitSet::applying(std::span<const Matching> matching,
                                         terms::Stream stream,
                                         std::string_view provider,
                                         std::string_view domain) {
    std::vector<Applying> found;
    for (const auto& [limit, key] : matching) {
        const auto destination = destination_of(*limit, provider, domain);
        const bool is_second = std::ranges::any_of(
            found, [&](const Applying& before) { return before.limit->name == limit->name; });
        if (!destination.has_value() || is_second || !config::covers(limit->stream, stream)) {
            continue;
        }
        found.push_back({.limit = limit,
                         .counter = {.limit = limit->name,
                                     .key = key,
                                     .stream = std::string(wire_name(limit->stream)),
                                     .provider = *destination}});
    }
    return found;
}

std::optional<std::size_t> LimitSet::cap_of(const CounterName& counter,
                                            std::chrono::seconds window) const {
    const auto client = mail::IpAddress::parse(counter.key);
    for (std::size_t i = 0; i < limits_.size(); ++i) {
        const config::Limit& limit = limits_[i];
        const bool is_its =
            limit.name == counter.limit && wire_name(limit.stream) == counter.stream &&
            (is_each(limit) ? !counter.provider.empty() : names_of(limit) == counter.provider);
        if (!is_its || !covers(patterns_[i], counter.key, client)) {
            continue;
        }
        const auto cap = std::ranges::find(limit.recipients, window, &config::Rate::window);
        return cap == limit.recipients.end() ? std::nullopt : std::optional(cap->count);
    }
    return std::nullopt;
}

}  // namespace holdback::limits
