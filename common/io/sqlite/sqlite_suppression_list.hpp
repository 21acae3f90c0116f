// SPDX-License-Identifier: Apache-2.0
#pragma once
// The suppression list read as a whole: entry by entry, or counted.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "ports/suppression_store.hpp"
#include "terms/suppression.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::io::sqlite {

/// What an entry does now.
enum class Standing : std::uint8_t { InForce, Counting, Expired };

[[nodiscard]] std::string_view wire_name(Standing standing);
[[nodiscard]] Standing standing_of(const terms::SuppressionEntry& entry, core::TimePoint now);

/// The number of entries that have all of this in common.
struct SuppressionGroup {
    terms::SuppressionReason reason;
    int code;
    terms::SuppressionSource source;
    terms::Proof proof;  ///< of learned entries
    Standing standing;
    bool is_hashed;
    std::uint64_t entries;
};

struct DomainCount {
    std::string domain;
    std::uint64_t entries;
};

struct SuppressionStatistics {
    std::vector<SuppressionGroup> groups;
    std::vector<DomainCount> domains;  ///< those with the most entries, in descending order
};

/// `SuppressionStore::list`.
[[nodiscard]] core::Result<void, ports::StoreError> list_entries(
    Database& database,
    const ports::SuppressionFilter& filter,
    core::TimePoint now,
    const std::function<bool(const terms::SuppressionEntry&)>& visit);

/// `SuppressionStore::counts`.
[[nodiscard]] core::Result<ports::SuppressionCounts, ports::StoreError> count_entries(
    Database& database, core::TimePoint now);

/// Counts of the whole list, and the `domains` domains with the most entries.
[[nodiscard]] core::Result<SuppressionStatistics, ports::StoreError> entry_statistics(
    Database& database, core::TimePoint now, std::size_t domains);

}  // namespace holdback::io::sqlite
