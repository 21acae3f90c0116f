// SPDX-License-Identifier: Apache-2.0
#pragma once
// A campaign store in memory, for tests of use cases. It can be told to fail.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "outbound/campaign.hpp"
#include "ports/campaign_store.hpp"
#include "ports/suppression_store.hpp"
#include "tests/support/memory_stores.hpp"

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace holdback::support {

/// For one thread.
class MemoryCampaignStore final : public ports::CampaignStore {
public:
    [[nodiscard]] core::Result<std::vector<ports::SentCopy>, ports::StoreError> sent(
        std::span<const ports::SentKey> keys, core::TimePoint since) override;
    [[nodiscard]] core::Result<void, ports::StoreError> remember_sent(
        std::span<const ports::SentCopy> copies) override;
    [[nodiscard]] core::Result<void, ports::StoreError> forget_sent(
        std::span<const ports::SentKey> keys) override;
    [[nodiscard]] core::Result<void, ports::StoreError> save(
        std::span<const outbound::Campaign> campaigns) override;
    [[nodiscard]] core::Result<std::vector<outbound::Campaign>, ports::StoreError> load(
        std::size_t most) override;
    [[nodiscard]] core::Result<void, ports::StoreError> forget(const Keep& keep) override;

    /// Fails every call.
    Trouble& trouble() { return trouble_; }

    /// How many copies it remembers.
    [[nodiscard]] std::size_t copies() const { return copies_.size(); }

private:
    Trouble trouble_;
    std::map<ports::SentKey, core::TimePoint> copies_;
    std::map<std::string, outbound::Campaign> campaigns_;
};

}  // namespace holdback::support
