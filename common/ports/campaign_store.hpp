// SPDX-License-Identifier: Apache-2.0
#pragma once
// How use cases remember campaigns and who got them.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "outbound/campaign.hpp"
#include "ports/suppression_store.hpp"  // StoreError

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace holdback::ports {

/// One campaign sent to one recipient, as a hash of both.
using SentKey = std::int64_t;

/// A recipient got a campaign.
struct SentCopy {
    SentKey key = 0;
    core::TimePoint at;

    bool operator==(const SentCopy&) const = default;
};

/// Safe from several threads and processes. Each call that writes is one transaction.
class CampaignStore {
public:
    CampaignStore() = default;
    CampaignStore(const CampaignStore&) = delete;
    CampaignStore& operator=(const CampaignStore&) = delete;
    CampaignStore(CampaignStore&&) = delete;
    CampaignStore& operator=(CampaignStore&&) = delete;
    virtual ~CampaignStore() = default;

    /// Those of `keys` that were remembered at or after `since`, with their times, in no order.
    [[nodiscard]] virtual core::Result<std::vector<SentCopy>, StoreError> sent(
        std::span<const SentKey> keys, core::TimePoint since) = 0;

    /// Remembers copies. Where a key comes with two times, the later one stays.
    [[nodiscard]] virtual core::Result<void, StoreError> remember_sent(
        std::span<const SentCopy> copies) = 0;

    /// Forgets copies that did not arrive.
    [[nodiscard]] virtual core::Result<void, StoreError> forget_sent(
        std::span<const SentKey> keys) = 0;

    /// Writes campaigns. Each replaces what is stored under its key.
    [[nodiscard]] virtual core::Result<void, StoreError> save(
        std::span<const outbound::Campaign> campaigns) = 0;

    /// At most `most` campaigns: the stopped ones, then those seen last. Gives them oldest first.
    [[nodiscard]] virtual core::Result<std::vector<outbound::Campaign>, StoreError> load(
        std::size_t most) = 0;

    struct Keep {
        core::TimePoint copies_since;
        std::size_t copies = 0;
        core::TimePoint campaigns_since;
        std::size_t campaigns = 0;
    };
    /// Forgets copies and campaigns that are too old, and the oldest where there are too many, a
    /// bounded number in each call. A stopped campaign goes by its age alone.
    [[nodiscard]] virtual core::Result<void, StoreError> forget(const Keep& keep) = 0;
};

}  // namespace holdback::ports
