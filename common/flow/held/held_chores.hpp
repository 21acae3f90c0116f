// SPDX-License-Identifier: Apache-2.0
#pragma once
// Releases or ends held mail when its time has come.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "flow/held/held_items.hpp"
#include "flow/held/item_outcome.hpp"
#include "flow/held/releases.hpp"
#include "flow/held/returns.hpp"
#include "flow/held/seldom_log.hpp"
#include "flow/store_trouble.hpp"
#include "ports/held_store.hpp"
#include "ports/log.hpp"

#include <span>
#include <string_view>

namespace holdback::flow::held {

/// The use case. Used by one thread.
class HeldChores {
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

    explicit HeldChores(const Parts& parts) : parts_(parts) {}

    /// Releases what is due and ends what has expired. Called every second or so. Does a bounded
    /// amount of work in one turn, and pauses for a while when the MTA does not answer.
    void work(const config::HoldSettings& settings);

private:
    void release_due(const config::HoldSettings& settings);
    void release_patiently(const Items& items,
                           const config::HoldSettings& settings,
                           std::string_view cause);
    void expire(const config::HoldSettings& settings);
    /// Postpones the end of items whose senders may not be told, so that they don't block others.
    /// Those held for too long go to the postmaster. `outcomes` are about `items`.
    void end_untold(const Items& items,
                    std::span<const ItemOutcome> outcomes,
                    const config::HoldSettings& settings);
    void put_off(const Items& items);
    /// Logs the first failure, at a limited rate. True when there is one.
    bool say_failure(std::span<const ItemOutcome> outcomes, std::string_view what);

    Parts parts_;
    SeldomLog seldom_{parts_.log, parts_.clock};
    // When the MTA and the returns are tried again after trouble.
    core::SteadyPoint mta_pause_until_;
    core::SteadyPoint return_pause_until_;
    int mta_pauses_ = 0;
};

}  // namespace holdback::flow::held
