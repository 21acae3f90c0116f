// SPDX-License-Identifier: Apache-2.0
#pragma once
// Work that is done every second beside the mail.

#include "flow/snapshot.hpp"
#include "io/mta/postfix_tables.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "milter/daemon/change_telling.hpp"
#include "milter/daemon/store_watch.hpp"
#include "milter/daemon/use_cases.hpp"
#include "ports/log.hpp"

#include <atomic>
#include <functional>
#include <stop_token>
#include <string_view>
#include <thread>

namespace holdback::milter::daemon {

/// Runs in a thread of its own. Trouble in one chore does not stop the others.
class Chores {
public:
    /// All outlive the object.
    struct Parts {
        UseCases& use_cases;
        ChangeTelling& changes;
        StoreWatch& store;
        io::sqlite::Database& database;
        io::mta::PostfixTables& mta_tables;
        const flow::SnapshotSource& snapshots;
        ports::Log& log;
    };

    explicit Chores(const Parts& parts) : parts_(parts) {}

    void start();
    /// The last round ends with a checkpoint, so that the store closes faster at the end. Any
    /// thread; does not wait.
    void request_stop() { thread_.request_stop(); }
    /// True when the thread has nothing left to do.
    [[nodiscard]] const std::atomic<bool>& done() const { return done_; }

private:
    void run(const std::stop_token& stop);
    void one_round(const std::stop_token& stop);
    void do_chore(std::string_view name, const std::function<void()>& chore);

    Parts parts_;
    std::atomic<bool> done_{false};
    std::jthread thread_;
};

}  // namespace holdback::milter::daemon
