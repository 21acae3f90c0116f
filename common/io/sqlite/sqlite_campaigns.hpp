// SPDX-License-Identifier: Apache-2.0
#pragma once
// Campaigns and who got them, in SQLite.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "outbound/campaign.hpp"
#include "ports/campaign_store.hpp"
#include "ports/suppression_store.hpp"  // StoreError

#include <cstddef>
#include <span>
#include <vector>

namespace holdback::io::sqlite {

/// `CampaignStore` on a database that was opened with `schema_steps()`. The database outlives the
/// store.
class SqliteCampaigns final : public ports::CampaignStore {
public:
    explicit SqliteCampaigns(Database& database) : database_(database) {}

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

private:
    Database& database_;
};

}  // namespace holdback::io::sqlite
