// SPDX-License-Identifier: Apache-2.0
#pragma once
// What happens to held mail when its time has come: it is released, or ends.

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

/// The use case. Of one thread.
class HeldChores {
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

    explicit HeldChores(const Parts& parts) : parts_(parts) {}

    /// Releases what is due by itself, and ends what has expired. Called every second or so. Does a
    /// bounded number of things in one turn, and leaves the MTA alone for a while when it does not
    /// answer.
    void work(const config::HoldSettings& settings);

private:
    void release_due(const config::HoldSettings& settings);
    void release_patiently(const Items& items,
                           const config::HoldSettings& settings,
                           std::string_view cause);
    void expire(const config::HoldSettings& settings);
    /// Those of whom nobody may be told expire later, so that they keep no other from its end; in
    /// the end the postmaster gets them. `items` are what `outcomes` are about.
    void end_untold(const Items& items,
                    std::span<const ItemOutcome> outcomes,
                    const config::HoldSettings& settings);
    void put_off(const Items& items);
    /// Logs the first failure, if there is one, now and then. True when there is one.
    bool say_failure(std::span<const ItemOutcome> outcomes, std::string_view what);

    Parts parts_;
    SeldomLog seldom_{parts_.log, parts_.clock};
    // When to try the MTA and the returns again after trouble.
    core::SteadyPoint mta_pause_until_;
    core::SteadyPoint return_pause_until_;
    int mta_pauses_ = 0;
};

}  // namespace holdback::flow::held
