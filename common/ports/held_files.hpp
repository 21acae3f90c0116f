// SPDX-License-Identifier: Apache-2.0
#pragma once
// How use cases know which files of the spool belong to held mail, and which can go.

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

/// What one sender (as `mail::spool_sharer` names them) has in the spool.
struct SpoolShare {
    std::string sender;
    std::uint64_t octets = 0;
};

/// What the store of held mail knows of the files in the spool. Each call that writes is one
/// durable transaction. Safe from several threads and processes.
class HeldFiles {
public:
    HeldFiles() = default;
    HeldFiles(const HeldFiles&) = delete;
    HeldFiles& operator=(const HeldFiles&) = delete;
    HeldFiles(HeldFiles&&) = delete;
    HeldFiles& operator=(HeldFiles&&) = delete;
    virtual ~HeldFiles() = default;

    /// The messages with a file in the spool, by sender. A look at all of them.
    [[nodiscard]] virtual core::Result<std::vector<SpoolShare>, StoreError> spool_shares() = 0;

    /// Spool ids of the messages that are known and whose file was not removed, in order. A file
    /// that is not among them is only looked at when no session writes: each writes the file first.
    [[nodiscard]] virtual core::Result<std::vector<std::string>, StoreError> listed_spool_ids() = 0;

    /// Messages whose file was not removed, in order of spool ids above `after`; at most `most`.
    [[nodiscard]] virtual core::Result<std::vector<terms::HeldMessage>, StoreError> kept_messages(
        std::string_view after, std::size_t most) = 0;

    /// Spool ids of messages of which nothing is in `held` or `releasing` any more: the files that
    /// can go, at any time. At most `most`; report them with `spool_removed`.
    [[nodiscard]] virtual core::Result<std::vector<std::string>, StoreError> removable_spool_ids(
        std::size_t most) = 0;

    /// Remembers that the files are gone, so that `removable_spool_ids` names them no more.
    [[nodiscard]] virtual core::Result<void, StoreError> spool_removed(
        std::span<const std::string> spool_ids) = 0;

    /// Forgets items that ended before `before`, with their history and tokens, and messages of
    /// which no item is left and whose file is gone. Gives how many items were forgotten.
    [[nodiscard]] virtual core::Result<std::size_t, StoreError> purge_ended(
        core::TimePoint before) = 0;
};

}  // namespace holdback::ports
