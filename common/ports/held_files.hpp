// SPDX-License-Identifier: Apache-2.0
#pragma once
// How use cases know which files of the spool belong to held mail, and which can be removed.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "ports/suppression_store.hpp"  // StoreError
#include "terms/held.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::ports {

/// How much of the spool one sender (as `mail::spool_sharer` names them) uses.
struct SpoolShare {
    std::string sender;
    std::uint64_t octets = 0;
};

/// What the store of held mail knows about the files in the spool. Each call that writes is one
/// durable transaction. Safe from several threads and processes.
class HeldFiles {
public:
    HeldFiles() = default;
    HeldFiles(const HeldFiles&) = delete;
    HeldFiles& operator=(const HeldFiles&) = delete;
    HeldFiles(HeldFiles&&) = delete;
    HeldFiles& operator=(HeldFiles&&) = delete;
    virtual ~HeldFiles() = default;

    /// The octets of the messages with a file in the spool, by sender. Reads all of them.
    [[nodiscard]] virtual core::Result<std::vector<SpoolShare>, StoreError> spool_shares() = 0;

    /// Spool ids of the known messages whose file was not removed, in order. A session writes the
    /// file before the row, so look at other files only while no session writes.
    [[nodiscard]] virtual core::Result<std::vector<std::string>, StoreError> listed_spool_ids() = 0;

    /// Messages whose file was not removed, with spool ids above `after`, in order; at most `most`.
    [[nodiscard]] virtual core::Result<std::vector<terms::HeldMessage>, StoreError> kept_messages(
        std::string_view after, std::size_t most) = 0;

    /// Spool ids of messages without an item in `held` or `releasing`. Their files can be removed
    /// at any time. At most `most`; report the removed ones with `spool_removed`.
    [[nodiscard]] virtual core::Result<std::vector<std::string>, StoreError> removable_spool_ids(
        std::size_t most) = 0;

    /// Remembers that the files are gone. `removable_spool_ids` no longer names them.
    [[nodiscard]] virtual core::Result<void, StoreError> spool_removed(
        std::span<const std::string> spool_ids) = 0;

    /// Forgets items that ended before `before`, with their history and tokens. Also forgets
    /// messages that have no item left and whose file is gone. Gives how many items were forgotten.
    [[nodiscard]] virtual core::Result<std::size_t, StoreError> purge_ended(
        core::TimePoint before) = 0;
};

}  // namespace holdback::ports
