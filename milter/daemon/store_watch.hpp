// SPDX-License-Identifier: Apache-2.0
#pragma once
// Checks whether the store can be used, at the start and while the daemon runs. Logs trouble and
// tries again.

#include "core/clock.hpp"
#include "core/guarded.hpp"
#include "flow/snapshot.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "milter/control_protocol.hpp"
#include "milter/spool_guard.hpp"
#include "ports/log.hpp"
#include "report/metrics.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <sys/types.h>
#include <thread>
#include <vector>

namespace holdback::milter::daemon {

/// A file beside the store ("PATH.in-use") that exists while a daemon uses it. If it exists at the
/// start, the last run did not end in good order. Outlives the database.
class InUseMark {
public:
    /// Makes the file if possible.
    explicit InUseMark(const std::string& store_path);
    InUseMark(const InUseMark&) = delete;
    InUseMark& operator=(const InUseMark&) = delete;
    InUseMark(InUseMark&&) = delete;
    InUseMark& operator=(InUseMark&&) = delete;
    /// Removes it, unless the next start is to check the store.
    ~InUseMark();

    [[nodiscard]] bool was_left() const { return was_left_; }
    /// Makes the next start check the store.
    void keep() { is_kept_.store(true); }
    /// The store has been checked.
    void passed() { is_kept_.store(false); }

private:
    std::string path_;
    bool was_left_;
    std::atomic<bool> is_kept_;
};

/// Looks after the store. The daemon runs without a store that can't be used: each call to it
/// fails, and `[on_error] store` decides what happens to mail. The file is then neither changed nor
/// locked, so that it can be mended or replaced meanwhile.
class StoreWatch {
public:
    // NOLINTBEGIN(cppcoreguidelines-avoid-const-or-ref-data-members): made once, in App
    struct Parts {
        io::sqlite::Database& database;
        InUseMark& mark;
        SpoolGuard& guard;
        const flow::SnapshotSource& snapshots;
        ports::Log& log;
        const core::Clock& clock;
        /// Why the store in this database must not be used with the spool; nullopt: it may be.
        std::function<std::optional<std::string>(io::sqlite::Database&)> refusal;
        /// Called whenever the store comes into use.
        std::function<void()> on_ready;
    };
    // NOLINTEND(cppcoreguidelines-avoid-const-or-ref-data-members)

    /// After a run that did not end in good order, the store is checked. If the check takes longer
    /// than some seconds, the store is used meanwhile.
    explicit StoreWatch(Parts parts);

    /// Calls `on_ready` when the store is in order. Throws StartRefusal when it belongs to another
    /// spool.
    void begin();
    /// Call it every second. Writes the store's log (WAL) into its file. Logs that a store is out
    /// of order and tries it again. True when the store can be used.
    bool work(const std::stop_token& stop);
    /// See SpoolGuard::keep.
    void keep_pair() { parts_.guard.keep(parts_.database); }
    /// Makes the next call of `work` try the store again.
    void try_again() { try_again_.store(true); }
    /// False while the store is out of order.
    [[nodiscard]] bool is_ready() const;

    [[nodiscard]] std::vector<ControlLine> status() const;
    [[nodiscard]] report::Metric metric() const;

private:
    /// Facts by which a changed file is recognised.
    struct FileMark {
        ino_t inode = 0;
        off_t octets = 0;
        std::chrono::nanoseconds changed{};

        bool operator==(const FileMark&) const = default;
    };

    [[nodiscard]] FileMark file_mark() const;
    void use();
    void take_up(bool asked, const std::stop_token& stop);
    void checkpoint();
    void say(const io::sqlite::Disorder& disorder);

    Parts parts_;
    std::atomic<bool> ready_ = false;  // `on_ready` was called since the store was out of order
    std::atomic<bool> try_again_ = false;
    std::optional<core::SteadyPoint> said_;
    std::string said_why_;
    std::optional<core::SteadyPoint> next_try_;
    std::optional<core::SteadyPoint> checkpoint_said_;
    std::optional<FileMark> damaged_;  // the file in which damage was found
    core::Guarded<std::string> checkpoint_trouble_;
    std::mutex look_mutex_;
    std::condition_variable look_ended_;
    bool is_looking_ = false;  // guarded by look_mutex_
    std::jthread look_;
};

}  // namespace holdback::milter::daemon
