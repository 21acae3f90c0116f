// SPDX-License-Identifier: Apache-2.0
#pragma once
// What became of a released item, as the MTA's log told it.

#include "core/result.hpp"
#include "milter/ctl/output.hpp"
#include "ports/journal.hpp"
#include "ports/suppression_store.hpp"
#include "terms/held.hpp"

#include <optional>
#include <string>

namespace holdback::milter::ctl {

/// The last outcome of a released item: by the queue id that the MTA named when it took it, or
/// under which the milter saw it, from queue to queue where a content filter gave it back. Nullopt
/// when the item is not released, or nothing is known.
[[nodiscard]] core::Result<std::optional<ports::JournalEntry>, ports::StoreError> end_of(
    const ports::Journal& journal, const terms::HeldRecipient& recipient);

/// "delivered at …: mx.example.net: 250 2.0.0 taken", for people; empty for what is not released.
[[nodiscard]] std::string end_text(const terms::HeldRecipient& recipient,
                                   const std::optional<ports::JournalEntry>& end);

/// The members of `end`; null when nothing is known.
[[nodiscard]] Json end_json(const std::optional<ports::JournalEntry>& end);

}  // namespace holdback::milter::ctl
