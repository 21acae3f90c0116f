// SPDX-License-Identifier: Apache-2.0
#pragma once
// Finishes what an earlier use of the store left unfinished, and returns good recipients that
// nothing would send any more.

#include "core/clock.hpp"
#include "flow/held/releases.hpp"
#include "flow/held/returns.hpp"
#include "flow/store_trouble.hpp"
#include "ports/held_store.hpp"
#include "ports/log.hpp"

namespace holdback::flow::held {

/// The use case. Used by one thread.
class HeldRecovery {
public:
    /// What it uses; all outlive it.
    struct Parts {
        ports::HeldStore& held;
        ports::Log& log;
        core::Clock& clock;
        const StoreTrouble& trouble;
        Releases& releases;
        Returns& returns;
    };

    explicit HeldRecovery(const Parts& parts) : parts_(parts) {}

    /// Restarts releases that were cut off, or puts them in doubt when they may have left. Call it
    /// when the store comes into use, before anything is released. False when the store is out of
    /// reach; then nothing was done.
    bool recover();

    /// Returns good recipients that nothing would send any more: the MTA had refused them when the
    /// program ended, or their copy was found damaged before their turn.
    void give_back_stranded();

private:
    void put_in_doubt();

    Parts parts_;
};

}  // namespace holdback::flow::held
