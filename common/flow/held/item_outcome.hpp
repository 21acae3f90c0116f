// SPDX-License-Identifier: Apache-2.0
#pragma once
// The outcome of held items that were to be released or ended.

#include "ports/held_store.hpp"
#include "ports/log.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace holdback::flow::held {

/// The outcome of acting on one item.
struct ItemOutcome {
    enum class What : std::uint8_t {
        Released,
        Returned,
        Discarded,
        Refused,      ///< the MTA refused it; the item is held again
        Interrupted,  ///< the MTA did not answer; the item is held again
        NotHeld,      ///< unknown, or not in `held`
        InDoubt,      ///< the MTA may have a copy, and such items were to be left alone
        Damaged,      ///< the copy in the spool is not what was held, and was not sent
        Untold,       ///< the sender may get no DSN; the item is still held
        Failed,  ///< store or spool out of reach, or another act came first; nothing was changed
    };

    std::int64_t id;
    What what;
    std::string answer;  ///< the MTA's reply, the trouble, or why it is not held
};

[[nodiscard]] std::string_view wire_name(ItemOutcome::What what);

/// Writes the decision line of an item that was released or ended, or whose release failed; none
/// for others.
void log_outcome(ports::Log& log,
                 const ports::HeldItem& item,
                 const ItemOutcome& outcome,
                 std::string_view cause);

}  // namespace holdback::flow::held
