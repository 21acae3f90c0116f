// SPDX-License-Identifier: Apache-2.0
#pragma once
// What senders have used of their limits, in SQLite.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "limits/usage.hpp"
#include "ports/suppression_store.hpp"  // StoreError
#include "ports/usage_store.hpp"

#include <cstddef>
#include <span>

namespace holdback::io::sqlite::senders {

/// `UsageStore` on a database that was opened with `schema_steps()`. The database outlives the
/// store.
class SqliteUsage final : public ports::UsageStore {
public:
    explicit SqliteUsage(Database& database) : database_(database) {}

    [[nodiscard]] core::Result<Stored, ports::StoreError> load(core::TimePoint now,
                                                               std::size_t most_copies) override;
    [[nodiscard]] core::Result<void, ports::StoreError> add(
        std::span<const limits::UsageChange> changes,
        std::span<const ports::CountedCopy> copies) override;
    [[nodiscard]] core::Result<void, ports::StoreError> forget(
        core::TimePoint now, core::TimePoint copies_since) override;

private:
    Database& database_;
};

}  // namespace holdback::io::sqlite::senders
