// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the daily digest counts and remembers, in SQLite.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "ports/digest_store.hpp"
#include "ports/notice_store.hpp"
#include "ports/suppression_store.hpp"

#include <chrono>
#include <optional>

namespace holdback::io::sqlite {

/// `DigestStore` on a database that was opened with `schema_steps()`. The database outlives the
/// store.
class SqliteDigest final : public ports::DigestStore {
public:
    explicit SqliteDigest(Database& database) : database_(database) {}

    [[nodiscard]] core::Result<std::optional<Last>, ports::StoreError> last_digest() override;
    [[nodiscard]] core::Result<ports::DigestSummary, ports::StoreError> summary(
        core::TimePoint since, core::TimePoint expire_by) override;
    [[nodiscard]] core::Result<bool, ports::StoreError> put_digest(
        std::chrono::days day, const ports::NewHold& own) override;

private:
    Database& database_;
};

}  // namespace holdback::io::sqlite
