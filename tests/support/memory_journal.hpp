// SPDX-License-Identifier: Apache-2.0
#pragma once
// A journal in memory, for tests of use cases. It can be told to fail.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "dsn/outage.hpp"
#include "ports/journal.hpp"
#include "ports/outage_store.hpp"
#include "ports/suppression_store.hpp"
#include "tests/support/memory_stores.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::support {

/// `Journal` in memory, for one thread. Counts and groups are the real store's business.
class MemoryJournal final : public ports::Journal {
public:
    [[nodiscard]] core::Result<void, ports::StoreError> record(
        std::span<const ports::JournalEntry> fresh_entries,
        std::string_view source,
        std::string_view position,
        const ports::JournalLimits& most,
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

    Trouble trouble;  ///< of `record`
    std::vector<ports::JournalEntry> entries;
    std::map<std::string, std::string, std::less<>> positions;
    std::map<std::string, ports::Acceptance, std::less<>> acceptances;
    std::int64_t told_up_to = 0;
    std::size_t transactions = 0;
    ports::JournalLimits limits;  ///< of the last record
};

/// `OutageStore` in memory, for one thread.
class MemoryOutageStore final : public ports::OutageStore {
public:
    [[nodiscard]] core::Result<void, ports::StoreError> put(const dsn::Outage& outage) override;
    [[nodiscard]] core::Result<std::vector<dsn::Outage>, ports::StoreError> list() const override;

    std::vector<dsn::Outage> outages;  ///< in the order of their first writing
};

}  // namespace holdback::support
