// SPDX-License-Identifier: Apache-2.0
#pragma once
// How a use case keeps the texts that no rule matched.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "dsn/unknown_text.hpp"
#include "ports/suppression_store.hpp"  // StoreError

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace holdback::ports {

/// A pattern and how often it was seen.
struct UnknownEntry {
    std::int64_t id = 0;
    dsn::UnknownText text;  ///< example and server as first seen, code and rule as last seen
    std::int64_t messages = 0;
    std::int64_t proven_messages = 0;  ///< of these
    core::TimePoint first_seen;
    core::TimePoint last_seen;

    bool operator==(const UnknownEntry&) const = default;
};

/// Counts a bounded number of patterns. Beyond it, the rarest one goes, and of equally rare ones
/// the one not seen for longest. It is one that never came with a proof when these have more than
/// half of the room, otherwise one with a proof. Safe from several threads.
class UnknownStore {
public:
    UnknownStore() = default;
    UnknownStore(const UnknownStore&) = delete;
    UnknownStore& operator=(const UnknownStore&) = delete;
    UnknownStore(UnknownStore&&) = delete;
    UnknownStore& operator=(UnknownStore&&) = delete;
    virtual ~UnknownStore() = default;

    /// Counts each of one message's texts, in one transaction.
    [[nodiscard]] virtual core::Result<void, StoreError> count(
        std::span<const dsn::UnknownText> texts, core::TimePoint now) = 0;

    /// All patterns, the most frequent first; among equals, the one seen last first.
    [[nodiscard]] virtual core::Result<std::vector<UnknownEntry>, StoreError> list() = 0;

    [[nodiscard]] virtual core::Result<std::optional<UnknownEntry>, StoreError> find(
        std::int64_t id) = 0;

    /// Forgets patterns, in one transaction, and gives those that were there. A pattern that is
    /// seen again starts anew.
    [[nodiscard]] virtual core::Result<std::vector<UnknownEntry>, StoreError> drop(
        std::span<const std::int64_t> ids) = 0;
};

}  // namespace holdback::ports
