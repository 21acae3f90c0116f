// SPDX-License-Identifier: Apache-2.0
#pragma once
// Releases or ends held mail when its time has come.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "flow/held/held_items.hpp"
#include "flow/held/item_outcome.hpp"
#include "flow/held/releases.hpp"
#include "flow/held/returns.hpp"
#include "flow/held/seldom_log.hpp"
#include "flow/store_trouble.hpp"
#include "ports/held_acts.hpp"
#include "ports/held_store.hpp"
#include "ports/log.hpp"
#include "ports/suppression_store.hpp"  // StoreError

#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

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
        /// Takes room under the limits of the sender for an item that is to leave by itself. When
        /// to ask again if there is none; nullopt: it may leave. Null: there are no limits.
        std::function<std::optional<core::TimePoint>(const ports::HeldItem&)> must_wait;
    };

    explicit HeldChores(Parts parts) : parts_(std::move(parts)) {}

    /// Releases what is due and ends what has expired. Called every second or so. Does a bounded
    /// amount of work in one turn, and pauses for a while when the MTA does not answer.
    void work(const config::HoldSettings& settings);

private:
    void release_due(const config::HoldSettings& settings);
    /// Where the store records that an item has to wait.
    using PutOff = core::Result<void, ports::StoreError> (*)(ports::HeldStore&,
                                                             std::span<const ports::Recheck>);
    void release_patiently(const Items& items,
                           const config::HoldSettings& settings,
                           std::string_view cause,
                           PutOff later);
    /// The items that may leave now. Puts off the others.
    Items with_room(std::span<const ports::HeldItem> items, PutOff later);
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
