// SPDX-License-Identifier: Apache-2.0
#pragma once
// How a use case remembers what senders have used of their limits.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "limits/usage.hpp"
#include "ports/suppression_store.hpp"  // StoreError

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace holdback::ports {

/// A recipient of a message who was counted, as a hash of both: if the message is submitted again,
/// he is not counted again.
struct CountedCopy {
    std::int64_t key = 0;
    core::TimePoint at;
    std::int64_t times = 1;  ///< how often the message came for him; 0 forgets him

    bool operator==(const CountedCopy&) const = default;
};

/// Safe from several threads and processes. Each call that writes is one transaction, which the end
/// of the program does not undo.
class UsageStore {
public:
    UsageStore() = default;
    UsageStore(const UsageStore&) = delete;
    UsageStore& operator=(const UsageStore&) = delete;
    UsageStore(UsageStore&&) = delete;
    UsageStore& operator=(UsageStore&&) = delete;
    virtual ~UsageStore() = default;

    struct Stored {
        std::vector<limits::UsageChange> usage;  ///< what is in each slot
        std::vector<CountedCopy> copies;         ///< oldest first
    };
    /// Everything that may still count at `now`, and at most `most_copies` copies, the latest.
    [[nodiscard]] virtual core::Result<Stored, StoreError> load(core::TimePoint now,
                                                                std::size_t most_copies) = 0;

    /// Adds to what is stored, and replaces copies by their keys.
    [[nodiscard]] virtual core::Result<void, StoreError> add(
        std::span<const limits::UsageChange> changes, std::span<const CountedCopy> copies) = 0;

    /// Forgets slots that have left their windows, and copies of before `copies_since`.
    [[nodiscard]] virtual core::Result<void, StoreError> forget(core::TimePoint now,
                                                                core::TimePoint copies_since) = 0;
};

}  // namespace holdback::ports
