// SPDX-License-Identifier: Apache-2.0
#pragma once
// The lines of the log about changes that the control tool made in the store.

#include "core/clock.hpp"
#include "flow/store_trouble.hpp"
#include "io/sqlite/sqlite_changes.hpp"
#include "ports/log.hpp"

#include <string>

namespace holdback::milter::daemon {

/// The line of a change.
[[nodiscard]] std::string change_line(const io::sqlite::ListChange& change);

/// Tells of each change once, also of those that were made while no daemon ran: at the next start.
/// One that was told of is only then remembered as told: a crash in between tells of it again.
class ChangeTelling {
public:
    /// All outlive the object.
    ChangeTelling(io::sqlite::SqliteChanges& changes, ports::Log& log, const core::Clock& clock)
        : changes_(changes), log_(log), trouble_(log, clock) {}

    /// Of one thread.
    void work();

private:
    io::sqlite::SqliteChanges& changes_;
    ports::Log& log_;
    flow::StoreTrouble trouble_;
};

}  // namespace holdback::milter::daemon
