// SPDX-License-Identifier: Apache-2.0
#pragma once
// The rows of held mail in SQLite.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "ports/held_store.hpp"
#include "ports/suppression_store.hpp"  // StoreError
#include "terms/held.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
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
    [[nodiscard]] core::Result<void, ports::StoreError> change(
        const std::function<void(ports::HeldRows&)>& work,
        ports::Durability durability = ports::Durability::Full) override;
    [[nodiscard]] core::Result<void, ports::StoreError> list(
        const ports::HeldFilter& filter,
        const std::function<bool(const ports::HeldItem&)>& visit) override;
    [[nodiscard]] core::Result<std::vector<ports::HeldEvent>, ports::StoreError> history(
        std::int64_t id) override;
    [[nodiscard]] core::Result<ports::HeldCounts, ports::StoreError> counts() override;
    [[nodiscard]] core::Result<std::size_t, ports::StoreError> purge_ended(
        core::TimePoint before) override;
    [[nodiscard]] core::Result<std::vector<ports::SpoolShare>, ports::StoreError> spool_shares()
        override;
    [[nodiscard]] core::Result<std::vector<std::string>, ports::StoreError> listed_spool_ids()
        override;
    [[nodiscard]] core::Result<std::vector<terms::HeldMessage>, ports::StoreError> kept_messages(
        std::string_view after, std::size_t most) override;
    [[nodiscard]] core::Result<std::vector<std::string>, ports::StoreError> removable_spool_ids(
        std::size_t most) override;
    [[nodiscard]] core::Result<void, ports::StoreError> spool_removed(
        std::span<const std::string> spool_ids) override;

private:
    Database& database_;
};

}  // namespace holdback::io::sqlite
