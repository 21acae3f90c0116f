// SPDX-License-Identifier: Apache-2.0
#pragma once
// A usage store in memory, for tests of use cases. It can be told to fail.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "limits/usage.hpp"
#include "ports/suppression_store.hpp"
#include "ports/usage_store.hpp"
#include "tests/support/memory_stores.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <span>

namespace holdback::support {

/// Safe from several threads.
class MemoryUsageStore final : public ports::UsageStore {
public:
    [[nodiscard]] core::Result<Stored, ports::StoreError> load(core::TimePoint now,
                                                               std::size_t most_copies) override;
    [[nodiscard]] core::Result<void, ports::StoreError> add(
        std::span<const limits::UsageChange> changes,
        std::span<const ports::CountedCopy> copies) override;
    [[nodiscard]] core::Result<void, ports::StoreError> forget(
        core::TimePoint now, core::TimePoint copies_since) override;

    /// Fails every call.
    Trouble& trouble() { return trouble_; }
    /// The sum of all windows of a key of a limit.
    [[nodiscard]] std::int64_t sum(std::string_view limit, std::string_view key) const;
    [[nodiscard]] std::size_t copies() const;
    /// How many changes were written.
    [[nodiscard]] std::size_t changes() const { return changes_; }

private:
    mutable std::mutex mutex_;  ///< guards all that is stored
    Stored stored_;
    std::size_t changes_ = 0;
    std::map<std::int64_t, ports::CountedCopy> copies_;
    Trouble trouble_;
};

}  // namespace holdback::support
