// SPDX-License-Identifier: Apache-2.0
#include "outbound/bulk.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/digest.hpp"
#include "core/text.hpp"
#include "mail/header.hpp"
#include "mail/ip_address.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <deque>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace holdback::outbound {

namespace {

constexpr int kStepsPerWindow = 60;

/// An entry is an address ("news@example.org") or a domain ("example.org").
bool names_sender(std::string_view entry, std::string_view sender) {
    if (entry.find('@') != std::string_view::npos) {
        return core::equals_ignoring_case(entry, sender);
    }
    const std::size_t at = sender.rfind('@');
    return at != std::string_view::npos && core::equals_ignoring_case(entry, sender.substr(at + 1));
}

StreamDecision bulk(std::string signal) {
    return {.stream = Stream::Bulk, .signal = std::move(signal)};
}

/// The sign that is on these lists: "sender", "user", "daemon" or "client"; empty: none.
std::string_view listed_by(const EnvelopeSigns& signs, const config::StreamLists& lists) {
    const auto same_text = [](std::string_view wanted) {
        return
            [wanted](std::string_view entry) { return core::equals_ignoring_case(entry, wanted); };
    };
    if (std::ranges::any_of(lists.senders, [&](std::string_view entry) {
            return names_sender(entry, signs.sender);
        })) {
        return "sender";
    }
    if (!signs.user.empty() && std::ranges::any_of(lists.users, same_text(signs.user))) {
        return "user";
    }
    if (!signs.daemon.empty() && std::ranges::any_of(lists.daemons, same_text(signs.daemon))) {
        return "daemon";
    }
    if (signs.client.has_value() &&
        std::ranges::any_of(lists.clients, [&](const mail::Network& network) {
            return network.contains(*signs.client);
        })) {
        return "client";
    }
    return {};
}

bool has_list_precedence(const mail::HeaderList& headers) {
    const auto precedence = headers.first("Precedence");
    return precedence.has_value() && (core::equals_ignoring_case(*precedence, "bulk") ||
                                      core::equals_ignoring_case(*precedence, "list"));
}

bool has_campaign_header(const mail::HeaderList& headers, const config::BulkSettings& settings) {
    return !settings.campaign_header.empty() && headers.has(settings.campaign_header);
}

}  // namespace

std::size_t SenderWindows::observe(std::string_view sender,
                                   std::size_t recipients,
                                   std::chrono::seconds window,
                                   core::SteadyPoint now) {
    if (const auto known = by_name_.find(sender); known != by_name_.end()) {
        by_age_.splice(by_age_.begin(), by_age_, known->second);
    } else {
        if (by_age_.size() >= most_senders_) {
            by_name_.erase(by_age_.back().name);
            by_age_.pop_back();
        }
        by_age_.push_front({std::string(sender), {}});
        by_name_.emplace(by_age_.front().name, by_age_.begin());
    }
    std::deque<Bucket>& buckets = by_age_.front().buckets;
    while (!buckets.empty() && buckets.front().start + window <= now) {
        buckets.pop_front();
    }
    const auto step =
        std::chrono::duration_cast<core::SteadyPoint::duration>(window) / kStepsPerWindow;
    if (buckets.empty() || buckets.back().start + step <= now) {
        buckets.push_back({now, 0});
    }
    buckets.back().recipients += recipients;
    return std::accumulate(
        buckets.begin(), buckets.end(), std::size_t{0}, [](std::size_t sum, const Bucket& bucket) {
            return sum + bucket.recipients;
        });
}

StreamDecision stream_by_envelope(const EnvelopeSigns& signs, const config::Settings& settings) {
    if (const std::string_view by = listed_by(signs, settings.direct); !by.empty()) {
        return {.stream = Stream::Direct,
                .signal = fmt::format("{}{}", StreamDecision::kAlwaysDirect, by)};
    }
    if (const std::string_view by = listed_by(signs, settings.bulk); !by.empty()) {
        return bulk(std::string(by));
    }
    const config::Rate& rate = settings.bulk.rate;
    if (signs.recipients >= settings.bulk.recipients) {
        return bulk(fmt::format("recipients:{}", signs.recipients));
    }
    if (signs.window_recipients >= rate.count) {
        return bulk(fmt::format("rate:{}/{}s", signs.window_recipients, rate.window.count()));
    }
    return {};
}

StreamDecision stream_by_headers(const mail::HeaderList& headers,
                                 const config::BulkSettings& settings) {
    for (const std::string& name : settings.headers) {
        if (headers.has(name)) {
            return bulk("header:" + name);
        }
    }
    if (has_campaign_header(headers, settings)) {
        return bulk("header:" + settings.campaign_header);
    }
    if (has_list_precedence(headers)) {
        return bulk("header:Precedence");
    }
    return {};
}

SentTo sent_to(const EnvelopeSigns& signs,
               const mail::HeaderList& headers,
               const config::BulkSettings& settings) {
    const bool has_list_field =
        std::ranges::any_of(headers.fields(), [](const mail::HeaderField& field) {
            return core::starts_with_ignoring_case(field.name, "List-");
        });
    if (has_list_field || has_list_precedence(headers) || has_campaign_header(headers, settings) ||
        !listed_by(signs, settings).empty()) {
        return SentTo::List;
    }
    const bool is_to_many =
        signs.recipients >= settings.recipients || stream_by_headers(headers, settings).is_bulk();
    return is_to_many ? SentTo::Many : SentTo::Person;
}

namespace {

/// A name of bounded length. A digest replaces the end of a long name, so that names stay distinct.
std::string bounded_name(std::string name) {
    constexpr std::size_t kLongestName = 200;
    constexpr std::size_t kDigits = 12;
    if (name.size() <= kLongestName) {
        return name;
    }
    const std::array<std::string_view, 1> whole{name};
    const std::string digest = core::digest_hex(whole).substr(0, kDigits);
    name.resize(kLongestName - kDigits - 1);
    return name + "~" + digest;
}

}  // namespace

std::string campaign_name(const mail::HeaderList& headers, const config::BulkSettings& settings) {
    const std::array<std::string_view, 3> names{settings.campaign_header, "Feedback-ID", "List-Id"};
    for (const std::string_view name : names) {
        if (name.empty()) {
            continue;
        }
        if (auto value = headers.first(name); value.has_value() && !value->empty()) {
            return bounded_name(*std::move(value));
        }
    }
    return {};
}

}  // namespace holdback::outbound
