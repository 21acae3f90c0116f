// SPDX-License-Identifier: Apache-2.0
#pragma once
// How a use case keeps the texts that no rule knew.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "dsn/unknown_text.hpp"
#include "ports/suppression_store.hpp"  // StoreError

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace holdback::ports {

/// A pattern with what was seen of it.
struct UnknownEntry {
    std::int64_t id = 0;
    dsn::UnknownText text;  ///< example and server are the first, code and rule the last ones seen
    std::int64_t messages = 0;
    std::int64_t proven_messages = 0;  ///< of these
    core::TimePoint first_seen;
    core::TimePoint last_seen;

    bool operator==(const UnknownEntry&) const = default;
};

/// Counts patterns, a bounded number of them: beyond it, the rarest goes, of these the one that was
/// seen longest ago; a pattern that ever came with a proof makes way for none without one while
/// those have half of the room. Safe from several threads.
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

    /// All patterns, the most frequent first, of these the one seen last.
    [[nodiscard]] virtual core::Result<std::vector<UnknownEntry>, StoreError> list() = 0;

    [[nodiscard]] virtual core::Result<std::optional<UnknownEntry>, StoreError> find(
        std::int64_t id) = 0;

    /// Forgets patterns, in one transaction, and gives those that were there. One that is seen
    /// again is new.
    [[nodiscard]] virtual core::Result<std::vector<UnknownEntry>, StoreError> drop(
        std::span<const std::int64_t> ids) = 0;
};

}  // namespace holdback::ports
