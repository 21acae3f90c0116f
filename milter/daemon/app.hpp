// SPDX-License-Identifier: Apache-2.0
#pragma once
// The composition root: everything that sessions share is made here before the milter runs, and
// ends here after it.

#include "core/clock.hpp"
#include "io/mta/postfix_tables.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/state/dir_spool.hpp"
#include "io/system/log_setup.hpp"
#include "milter/daemon/callbacks.hpp"
#include "milter/daemon/change_telling.hpp"
#include "milter/daemon/chores.hpp"
#include "milter/daemon/control_access.hpp"
#include "milter/daemon/control_answers.hpp"
#include "milter/daemon/control_socket.hpp"
#include "milter/daemon/daemon_state.hpp"
#include "milter/daemon/decision_recording.hpp"
#include "milter/daemon/descriptors.hpp"
#include "milter/daemon/dns_watch.hpp"
#include "milter/daemon/listener.hpp"
#include "milter/daemon/log_following.hpp"
#include "milter/daemon/periodic.hpp"
#include "milter/daemon/settings_in_force.hpp"
#include "milter/daemon/stopping.hpp"
#include "milter/daemon/store_watch.hpp"
#include "milter/daemon/stores.hpp"
#include "milter/daemon/swappable_resolver.hpp"
#include "milter/daemon/use_cases.hpp"
#include "milter/session/session_parts.hpp"
#include "milter/spool_guard.hpp"

#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>

namespace holdback::milter::daemon {

/// The sockets that are opened before the program gives up its privileges.
struct AppSockets {
    /// The milter's unix socket; nullopt when the settings name another kind.
    std::optional<Listener> milter;
    std::optional<Listener> control;
    ControlGroups control_groups;
};

/// The running daemon.
class App {
public:
    /// Opens store and spool and puts interrupted releases back. Throws StartRefusal when they do
    /// not belong to this daemon, and std::exception when it can't work, for example without a
    /// spool. It does run without a store, see StoreWatch.
    App(std::string settings_path,
        const std::shared_ptr<const flow::Snapshot>& snapshot,
        AppSockets sockets,
        std::unique_ptr<io::system::ProgramLog> log);
    App(const App&) = delete;
    App& operator=(const App&) = delete;
    App(App&&) = delete;
    App& operator=(App&&) = delete;
    ~App();

    /// Runs the milter in a thread of its own, with the signals that are blocked now blocked. The
    /// future is true when an MTA can connect from then on, false when the milter ended before.
    /// `on_end` is called from that thread when the milter has ended; its argument says whether it
    /// ended well.
    [[nodiscard]] std::future<bool> start(std::function<void(bool)> on_end);

    /// Reads all settings anew. Trouble is logged, and the old settings stay.
    void reload() { static_cast<void>(settings_.reload()); }

    /// Waits until no message is under way and ends the milter. The process then ends soon after,
    /// whatever else still runs: see `Stopping`. Blocks.
    void stop();
    /// Makes `stop` wait no longer. Any thread.
    void hurry();

private:
    /// Why the store in this database, which is not in use yet, does not belong to the spool;
    /// nullopt: it does.
    [[nodiscard]] std::optional<std::string> pair_refusal(io::sqlite::Database& database);
    /// Prepares a store that comes into use: puts interrupted releases back and reads what was
    /// learned.
    void use_store();
    /// Writes down changes of campaigns. Waits only for the store.
    void write_campaigns();
    /// Lets the threads that write beside mail do their last round, all at once.
    void end_writing();
    void open_control(Listener listener);

    // In the order of their dependencies: the first ends last.
    std::string settings_path_;
    std::unique_ptr<io::system::ProgramLog> log_;
    core::SystemClock clock_;
    MilterCounters counters_;
    Stopping stopping_;  // before all members that may hang at the end
    core::SteadyPoint started_;
    flow::SnapshotSource snapshots_;
    flow::OwnName own_name_;
    std::optional<Listener> milter_listener_;
    std::string connection_;
    SwappableResolver resolver_;
    io::mta::PostfixTables mta_tables_;
    SpoolGuard guard_;  // before the store and the spool: no other process may have them
    InUseMark in_use_;
    io::sqlite::Database database_;
    bool has_recovered_ = false;  ///< what the store knew from earlier runs is in memory
    StoreWatch store_;
    Descriptors descriptors_;
    Stores stores_;
    ChangeTelling change_telling_;
    io::state::DirSpool spool_;
    UseCases use_cases_;
    session::MilterWarnings warnings_;
    session::WaitingRoom waiting_;
    session::SessionParts session_parts_;
    SettingsInForce settings_;
    Periodic campaign_writer_;  // before everything that reports campaigns: it ends after them
    Chores chores_;
    std::jthread answers_;
    LogFollowing log_following_;
    DecisionRecording recording_;
    DnsWatch dns_watch_;
    DaemonState state_;
    ControlAnswers control_answers_;
    std::optional<ControlSocket> control_;
    std::jthread milter_;
};

}  // namespace holdback::milter::daemon
