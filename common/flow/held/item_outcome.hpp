// SPDX-License-Identifier: Apache-2.0
#pragma once
// What became of held items that somebody, or their time, wanted to be released or ended.

#include "ports/held_store.hpp"
#include "ports/log.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace holdback::flow::held {

/// What became of one item that somebody asked about.
struct ItemOutcome {
    enum class What : std::uint8_t {
        Released,
        Returned,
        Discarded,
        Refused,      ///< the MTA said no; the item is held again
        Interrupted,  ///< no answer; the item is held again
        NotHeld,      ///< unknown, or not in `held`
        InDoubt,      ///< the MTA may have a copy, and it was to be left alone then
        Damaged,      ///< the copy in the spool is not what was held: it was not sent
        Untold,       ///< no DSN goes to this sender; the item is held as before
        Failed,       ///< store or spool out of reach; nothing was changed
    };

    std::int64_t id;
    What what;
    std::string answer;  ///< the MTA's words, the trouble, or why it is not held
};

[[nodiscard]] std::string_view wire_name(ItemOutcome::What what);

/// The decision line of an item that was released, tried to be, or ended; none of another.
void log_outcome(ports::Log& log,
                 const ports::HeldItem& item,
                 const ItemOutcome& outcome,
                 std::string_view cause);

}  // namespace holdback::flow::held
