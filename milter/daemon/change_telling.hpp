// SPDX-License-Identifier: Apache-2.0
#pragma once
// Log lines about changes that the control tool made in the store.

#include "core/clock.hpp"
#include "flow/store_trouble.hpp"
#include "io/sqlite/sqlite_changes.hpp"
#include "ports/log.hpp"

#include <string>

namespace holdback::milter::daemon {

[[nodiscard]] std::string change_line(const io::sqlite::ListChange& change);

/// Logs each change once. Changes that were made while no daemon ran are logged at the next start.
/// A change is marked as told after its line: a crash in between logs it again.
class ChangeTelling {
public:
    /// All outlive the object.
    ChangeTelling(io::sqlite::SqliteChanges& changes, ports::Log& log, const core::Clock& clock)
        : changes_(changes), log_(log), trouble_(log, clock) {}

    /// For one thread only.
    void work();

private:
    io::sqlite::SqliteChanges& changes_;
    ports::Log& log_;
    flow::StoreTrouble trouble_;
};

}  // namespace holdback::milter::daemon
