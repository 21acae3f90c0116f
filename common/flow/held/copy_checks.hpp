// SPDX-License-Identifier: Apache-2.0
#pragma once
// Checks that the copy in the spool is what was held: before the copy is used, and on a slow walk
// over all copies.

#include "core/clock.hpp"
#include "flow/store_trouble.hpp"
#include "ports/held_store.hpp"
#include "ports/log.hpp"
#include "ports/spool.hpp"
#include "terms/held.hpp"

#include <string>

namespace holdback::flow::held {

/// The use case. `look_at` is safe from several threads; one thread calls `walk`.
class CopyChecks {
public:
    /// All parts outlive the object.
    CopyChecks(ports::HeldStore& held, ports::Spool& spool, ports::Log& log, core::Clock& clock)
        : held_(&held), spool_(&spool), log_(&log), clock_(&clock), trouble_(log, clock) {}

    /// Reads the copy of a message and gives its damage, or "" when there is none or the copy can't
    /// be read now. A new result is stored, and a new damage is logged as an error, once.
    [[nodiscard]] std::string look_at(const terms::HeldMessage& message) const;

    /// Checks some more copies. The walk covers all copies once a day, slowly enough for disk and
    /// processor. Called every second or so. True when it found a damage.
    [[nodiscard]] bool walk();

private:
    ports::HeldStore* held_;
    ports::Spool* spool_;
    ports::Log* log_;
    core::Clock* clock_;
    StoreTrouble trouble_;
    // Used only by the thread that calls `walk`.
    std::string last_;  ///< the spool id up to which copies were checked
    core::SteadyPoint next_round_;
    core::SteadyPoint next_step_;
};

}  // namespace holdback::flow::held
