// SPDX-License-Identifier: Apache-2.0
#pragma once
// How delivery of a released item ended, by the MTA's log.

#include "core/result.hpp"
#include "milter/ctl/json.hpp"
#include "ports/journal.hpp"
#include "ports/suppression_store.hpp"
#include "terms/held.hpp"

#include <optional>
#include <string>

namespace holdback::milter::ctl {

/// The last outcome of a released item. It is found by the queue id that the MTA gave in its reply
/// or under which the milter saw the message, and then from queue to queue through content filters.
/// nullopt when the item is not released, or nothing is known.
[[nodiscard]] core::Result<std::optional<ports::JournalEntry>, ports::StoreError> end_of(
    const ports::Journal& journal, const terms::HeldRecipient& recipient);

/// "delivered at …: mx.example.net: 250 2.0.0 taken", for people; empty if the item is not
/// released.
[[nodiscard]] std::string end_text(const terms::HeldRecipient& recipient,
                                   const std::optional<ports::JournalEntry>& end);

/// The members of `end`; null when nothing is known.
[[nodiscard]] Json end_json(const std::optional<ports::JournalEntry>& end);

}  // namespace holdback::milter::ctl
