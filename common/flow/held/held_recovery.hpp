// SPDX-License-Identifier: Apache-2.0
#pragma once
// What an earlier use of the store left in the middle, and good recipients whom nothing brings on
// their way any more.

#include "core/clock.hpp"
#include "flow/held/releases.hpp"
#include "flow/held/returns.hpp"
#include "flow/store_trouble.hpp"
#include "ports/held_store.hpp"
#include "ports/log.hpp"

namespace holdback::flow::held {

/// The use case. Of one thread.
class HeldRecovery {
public:
    /// What it works with; all outlive it.
    struct Parts {
        ports::HeldStore& held;
        ports::Log& log;
        core::Clock& clock;
        const StoreTrouble& trouble;
        Releases& releases;
        Returns& returns;
    };

    explicit HeldRecovery(const Parts& parts) : parts_(parts) {}

    /// Has releases that were cut off begin again, or be in doubt when they may have left. To be
    /// called when the store comes into use, before anything is released. False when the store is
    /// out of reach, and nothing was done.
    bool recover();

    /// Gives back good recipients whom nothing brings on their way any more: the MTA had refused
    /// them when the program ended, or their copy was found damaged before their turn.
    void give_back_stranded();

private:
    void put_in_doubt();

    Parts parts_;
};

}  // namespace holdback::flow::held
