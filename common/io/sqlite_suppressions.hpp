// SPDX-License-Identifier: Apache-2.0
#pragma once
// The suppression list in SQLite.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/sqlite_db.hpp"
#include "mail/address.hpp"
#include "mail/suppression.hpp"
#include "ports/suppression_store.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace holdback::io {

/// How long evidence is remembered as learned from; what is older or more than that is forgotten,
/// oldest first.
struct EventRetention {
    std::chrono::hours age = std::chrono::days(180);
    std::int64_t events = 1'000'000;
};

/// `SuppressionStore` on a database that was opened with `schema_steps()`. The database outlives
/// the store.
class SqliteSuppressions final : public ports::SuppressionStore {
public:
    explicit SqliteSuppressions(Database& database, EventRetention retention = {})
        : database_(database), retention_(retention) {}

    [[nodiscard]] core::Result<std::vector<ports::SuppressionLookup>, ports::StoreError> look_up(
        std::span<const mail::Address> addresses, core::TimePoint now) override;
    [[nodiscard]] core::Result<std::optional<mail::SuppressionEntry>, ports::StoreError> find(
        mail::SubjectKind kind, std::string_view subject) override;
    [[nodiscard]] core::Result<void, ports::StoreError> put(
        const mail::SuppressionEntry& entry) override;
    [[nodiscard]] core::Result<bool, ports::StoreError> learn(mail::SubjectKind kind,
                                                              std::string_view subject,
                                                              std::string_view event,
                                                              core::TimePoint now,
                                                              const Change& change) override;
    [[nodiscard]] core::Result<bool, ports::StoreError> remove(mail::SubjectKind kind,
                                                               std::string_view subject) override;
    [[nodiscard]] core::Result<void, ports::StoreError> list(
        const ports::SuppressionFilter& filter,
        core::TimePoint now,
        const std::function<bool(const mail::SuppressionEntry&)>& visit) override;
    [[nodiscard]] core::Result<ports::SuppressionCounts, ports::StoreError> counts(
        core::TimePoint now) override;

private:
    [[nodiscard]] bool remember(Connection& connection,
                                std::string_view digest,
                                core::TimePoint now) const;

    Database& database_;
    EventRetention retention_;
};

}  // namespace holdback::io
