// SPDX-License-Identifier: Apache-2.0
#include "tests/support/memory_campaigns.hpp"

#include "core/clock.hpp"
#include "core/result.hpp"
#include "outbound/campaign.hpp"
#include "ports/campaign_store.hpp"
#include "ports/suppression_store.hpp"

#include <algorithm>
#include <cstddef>
#include <expected>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace holdback::support {

using ports::StoreError;

namespace {

/// The entries whose time `when` gives, the oldest taken out until they are few and young enough.
template <typename Entries, typename When>
void keep_young(Entries& entries, core::TimePoint since, std::size_t most, const When& when) {
    std::erase_if(entries, [&](const auto& entry) { return when(entry) < since; });
    while (entries.size() > most) {
        entries.erase(std::ranges::min_element(entries, {}, when));
    }
}

}  // namespace

core::Result<std::vector<ports::SentCopy>, StoreError> MemoryCampaignStore::sent(
    std::span<const ports::SentKey> keys, core::TimePoint since) {
    if (auto what = trouble_.met()) {
        return std::unexpected(StoreError{*what});
    }
    std::vector<ports::SentCopy> found;
    for (const ports::SentKey key : keys) {
        if (const auto known = copies_.find(key);
            known != copies_.end() && known->second >= since) {
            found.push_back({.key = key, .at = known->second});
        }
    }
    return found;
}

core::Result<void, StoreError> MemoryCampaignStore::remember_sent(
    std::span<const ports::SentCopy> copies) {
    if (auto what = trouble_.met()) {
        return std::unexpected(StoreError{*what});
    }
    for (const ports::SentCopy& copy : copies) {
        core::TimePoint& at = copies_[copy.key];
        at = std::max(at, copy.at);
    }
    return {};
}

core::Result<void, StoreError> MemoryCampaignStore::forget_sent(
    std::span<const ports::SentKey> keys) {
    if (auto what = trouble_.met()) {
        return std::unexpected(StoreError{*what});
    }
    for (const ports::SentKey key : keys) {
        copies_.erase(key);
    }
    return {};
}

core::Result<void, StoreError> MemoryCampaignStore::save(
    std::span<const outbound::Campaign> campaigns) {
    if (auto what = trouble_.met()) {
        return std::unexpected(StoreError{*what});
    }
    for (const outbound::Campaign& campaign : campaigns) {
        campaigns_.insert_or_assign(campaign.key, campaign);
    }
    return {};
}

core::Result<std::vector<outbound::Campaign>, StoreError> MemoryCampaignStore::load(
    std::size_t most) {
    if (auto what = trouble_.met()) {
        return std::unexpected(StoreError{*what});
    }
    std::vector<outbound::Campaign> all;
    all.reserve(campaigns_.size());
    for (const auto& [key, campaign] : campaigns_) {
        all.push_back(campaign);
    }
    const auto is_stopped = [](const outbound::Campaign& campaign) {
        return campaign.state == outbound::CampaignState::Stopped;
    };
    std::ranges::sort(all, std::ranges::greater{}, &outbound::Campaign::seen_at);
    std::ranges::stable_partition(all, is_stopped);
    all.resize(std::min(all.size(), most));
    std::ranges::sort(all, {}, &outbound::Campaign::seen_at);
    return all;
}

core::Result<void, StoreError> MemoryCampaignStore::forget(const Keep& keep) {
    if (auto what = trouble_.met()) {
        return std::unexpected(StoreError{*what});
    }
    keep_young(
        copies_, keep.copies_since, keep.copies, [](const auto& entry) { return entry.second; });
    std::map<std::string, outbound::Campaign> stopped;
    std::erase_if(campaigns_, [&](const auto& entry) {
        const bool is_stopped = entry.second.state == outbound::CampaignState::Stopped;
        if (is_stopped && entry.second.seen_at >= keep.campaigns_since) {
            stopped.insert(entry);
        }
        return is_stopped;
    });
    keep_young(campaigns_, keep.campaigns_since, keep.campaigns, [](const auto& entry) {
        return entry.second.seen_at;
    });
    campaigns_.merge(stopped);
    return {};
}

}  // namespace holdback::support
