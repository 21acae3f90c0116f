// SPDX-License-Identifier: Apache-2.0
#pragma once
// The outcomes of deliveries, in SQLite.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "ports/journal.hpp"
#include "ports/suppression_store.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::io::sqlite {

/// `Journal` on a database that was opened with `schema_steps()`. The database outlives the
/// journal.
class SqliteJournal final : public ports::Journal {
public:
    explicit SqliteJournal(Database& database) : database_(&database) {}

    [[nodiscard]] core::Result<void, ports::StoreError> record(
        std::span<const ports::JournalEntry> entries,
        std::string_view source,
        std::string_view position,
        const ports::JournalLimits& limits,
        core::TimePoint now) override;
    [[nodiscard]] core::Result<std::optional<std::string>, ports::StoreError> position(
        std::string_view source) const override;
    [[nodiscard]] core::Result<std::vector<ports::JournalEntry>, ports::StoreError> untold(
        std::size_t most) const override;
    [[nodiscard]] core::Result<void, ports::StoreError> told(std::int64_t id) override;
    [[nodiscard]] core::Result<std::vector<ports::JournalEntry>, ports::StoreError> outcomes_of(
        std::string_view queue_id) const override;
    [[nodiscard]] core::Result<std::vector<ports::JournalEntry>, ports::StoreError> history_of(
        std::string_view key, std::size_t most) const override;
    [[nodiscard]] core::Result<std::optional<ports::Acceptance>, ports::StoreError> accepted(
        std::string_view key) const override;
    [[nodiscard]] core::Result<void, ports::StoreError> refute(std::string_view key) override;
    [[nodiscard]] core::Result<std::optional<core::TimePoint>, ports::StoreError> accepted_in(
        std::string_view domain) const override;
    [[nodiscard]] core::Result<ports::OutcomeCounts, ports::StoreError> counts(
        core::TimePoint since) const override;
    [[nodiscard]] core::Result<std::vector<ports::OutcomeGroup>, ports::StoreError> groups(
        ports::OutcomeGrouping by, core::TimePoint since, std::size_t most) const override;

private:
    Database* database_;
};

}  // namespace holdback::io::sqlite
