// SPDX-License-Identifier: Apache-2.0
#pragma once
// The rows of held mail in SQLite.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "ports/held_store.hpp"
#include "ports/spool.hpp"
#include "ports/suppression_store.hpp"  // StoreError
#include "terms/held.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::io::sqlite {

/// `HeldStore` on a database that was opened with `schema_steps()`. The database outlives the
/// store.
class SqliteHeld final : public ports::HeldStore {
public:
    explicit SqliteHeld(Database& database) : database_(database) {}

    [[nodiscard]] core::Result<void, ports::StoreError> usable() const override;
    [[nodiscard]] core::Result<std::vector<std::vector<ports::HoldOutcome>>, ports::StoreError>
    hold_together(std::span<const ports::NewHold> holds) override;
    [[nodiscard]] core::Result<void, ports::StoreError> settle_doubt(
        std::span<const ports::TakenAnswer> answers) override;
    [[nodiscard]] core::Result<void, ports::StoreError> note_doubt(
        std::span<const std::int64_t> ids, std::string_view why, core::TimePoint now) override;
    [[nodiscard]] core::Result<std::vector<std::int64_t>, ports::StoreError> settle_dropped(
        std::string_view queue_id,
        core::TimePoint at,
        std::string_view why,
        core::TimePoint now) override;
    [[nodiscard]] core::Result<std::vector<std::int64_t>, ports::StoreError> settle_found(
        std::span<const ports::FoundCopy> copies, core::TimePoint now) override;
    [[nodiscard]] core::Result<void, ports::StoreError> list(
        const ports::HeldFilter& filter,
        const std::function<bool(const ports::HeldItem&)>& visit) override;
    [[nodiscard]] core::Result<std::vector<std::int64_t>, ports::StoreError> begin_release(
        std::span<const std::int64_t> ids,
        ports::InDoubt in_doubt,
        std::string_view token_hash,
        std::string_view why,
        core::TimePoint now) override;
    [[nodiscard]] core::Result<std::vector<std::int64_t>, ports::StoreError> settle(
        std::span<const ports::ReleaseEnd> ends, core::TimePoint now) override;
    [[nodiscard]] core::Result<std::vector<std::int64_t>, ports::StoreError> end(
        std::span<const std::int64_t> ids,
        ports::InDoubt in_doubt,
        terms::HeldState state,
        std::string_view why,
        core::TimePoint now) override;
    [[nodiscard]] core::Result<ports::GivenBack, ports::StoreError> give_back(
        std::span<const std::int64_t> ids,
        ports::InDoubt in_doubt,
        const ports::NewHold& dsn,
        std::string_view why,
        core::TimePoint now) override;
    [[nodiscard]] core::Result<void, ports::StoreError> recheck_later(
        std::span<const ports::Recheck> rechecks) override;
    [[nodiscard]] core::Result<bool, ports::StoreError> readdress(std::int64_t id,
                                                                  std::string_view address,
                                                                  std::string_view why,
                                                                  core::TimePoint now) override;
    [[nodiscard]] core::Result<void, ports::StoreError> expire_later(
        std::span<const ports::Recheck> expiries) override;
    [[nodiscard]] core::Result<void, ports::StoreError> about_to_leave(
        std::string_view token_hash, core::TimePoint now) override;
    [[nodiscard]] core::Result<std::optional<ports::ReleaseGrant>, ports::StoreError> claim_token(
        std::string_view token_hash, std::string_view queue_id, core::TimePoint now) override;
    [[nodiscard]] core::Result<ports::Recovered, ports::StoreError> recover(
        core::TimePoint now) override;
    [[nodiscard]] core::Result<std::vector<std::string>, ports::StoreError> listed_spool_ids()
        override;
    [[nodiscard]] core::Result<void, ports::StoreError> note_copy(std::string_view spool_id,
                                                                  const ports::CopyCheck& check,
                                                                  core::TimePoint now) override;
    [[nodiscard]] core::Result<std::vector<terms::HeldMessage>, ports::StoreError> kept_messages(
        std::string_view after, std::size_t most) override;
    [[nodiscard]] core::Result<std::vector<std::string>, ports::StoreError> removable_spool_ids(
        std::size_t most) override;
    [[nodiscard]] core::Result<std::vector<ports::SpoolShare>, ports::StoreError> spool_shares()
        override;
    [[nodiscard]] core::Result<void, ports::StoreError> spool_removed(
        std::span<const std::string> spool_ids) override;
    [[nodiscard]] core::Result<std::size_t, ports::StoreError> purge_ended(
        core::TimePoint before) override;
    [[nodiscard]] core::Result<std::vector<ports::HeldEvent>, ports::StoreError> history(
        std::int64_t id) override;
    [[nodiscard]] core::Result<ports::HeldCounts, ports::StoreError> counts() override;

private:
    [[nodiscard]] core::Result<void, ports::StoreError> set_times(
        std::string_view update, std::span<const ports::Recheck> times);

    Database& database_;
};

}  // namespace holdback::io::sqlite
