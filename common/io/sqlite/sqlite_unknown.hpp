// SPDX-License-Identifier: Apache-2.0
#pragma once
// The texts that no rule knew, in SQLite.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "dsn/unknown_text.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "ports/suppression_store.hpp"
#include "ports/unknown_store.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace holdback::io::sqlite {

/// At most this many patterns are kept.
inline constexpr std::int64_t kMostUnknownPatterns = 1000;

/// `UnknownStore` on a database that was opened with `schema_steps()`. The database outlives the
/// store.
class SqliteUnknown final : public ports::UnknownStore {
public:
    explicit SqliteUnknown(Database& database, std::int64_t most = kMostUnknownPatterns)
        : database_(database), most_(most) {}

    [[nodiscard]] core::Result<void, ports::StoreError> count(
        std::span<const dsn::UnknownText> texts, core::TimePoint now) override;
    [[nodiscard]] core::Result<std::vector<ports::UnknownEntry>, ports::StoreError> list() override;
    [[nodiscard]] core::Result<std::optional<ports::UnknownEntry>, ports::StoreError> find(
        std::int64_t id) override;
    [[nodiscard]] core::Result<std::vector<ports::UnknownEntry>, ports::StoreError> drop(
        std::span<const std::int64_t> ids) override;

private:
    Database& database_;
    std::int64_t most_;
};

}  // namespace holdback::io::sqlite
