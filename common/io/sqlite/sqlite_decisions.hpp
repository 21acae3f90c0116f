// SPDX-License-Identifier: Apache-2.0
#pragma once
// The facts of decisions, in SQLite.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "ports/decision_log.hpp"
#include "ports/suppression_store.hpp"
#include "replay/recorded.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

namespace holdback::io::sqlite {

/// `DecisionLog` on a database that was opened with `schema_steps()`. The database outlives it.
class SqliteDecisions final : public ports::DecisionLog {
public:
    explicit SqliteDecisions(Database& database) : database_(&database) {}

    [[nodiscard]] core::Result<void, ports::StoreError> append(
        std::span<const replay::RecordedMessage> messages,
        const ports::DecisionLimits& limits,
        core::TimePoint now) override;
    [[nodiscard]] core::Result<std::int64_t, ports::StoreError> count(
        const ports::DecisionFilter& filter) const override;
    [[nodiscard]] core::Result<void, ports::StoreError> visit(
        const ports::DecisionFilter& filter,
        const std::function<bool(const replay::RecordedMessage&)>& visit) const override;
    [[nodiscard]] core::Result<std::vector<replay::RecordedMessage>, ports::StoreError> of_queue_id(
        std::string_view queue_id, std::size_t most) const override;
    [[nodiscard]] core::Result<std::vector<std::string>, ports::StoreError> recipients_of(
        std::string_view sender,
        core::TimePoint from,
        core::TimePoint until,
        std::size_t most) const override;

private:
    Database* database_;
};

}  // namespace holdback::io::sqlite
