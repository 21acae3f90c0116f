// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whether the store can be used: found out at start and while the daemon runs, said, and tried
// again.

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

/// A file beside the store ("PATH.in-use") that is there while a daemon uses it. One that is found
/// at start says that the last end was none in good order. Outlives the database.
class InUseMark {
public:
    /// Makes the file, if it can be made.
    explicit InUseMark(const std::string& store_path);
    InUseMark(const InUseMark&) = delete;
    InUseMark& operator=(const InUseMark&) = delete;
    InUseMark(InUseMark&&) = delete;
    InUseMark& operator=(InUseMark&&) = delete;
    /// Removes it, unless the store is to be looked through at the next start.
    ~InUseMark();

    [[nodiscard]] bool was_left() const { return was_left_; }
    /// The next start looks the store through.
    void keep() { is_kept_.store(true); }
    /// The store has been looked through.
    void passed() { is_kept_.store(false); }

private:
    std::string path_;
    bool was_left_;
    std::atomic<bool> is_kept_;
};

/// Looks after the store. The daemon runs without one that can't be used: each call to it fails,
/// and `[on_error] store` says what becomes of mail. Nothing of the file is changed then, and it is
/// locked by nobody, so that it can be mended or replaced meanwhile.
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

    /// After an end that was none in good order, the file is looked through, beside the use of it
    /// when that takes longer than some seconds.
    explicit StoreWatch(Parts parts);

    /// Calls `on_ready` when the store is in order. Throws StartRefusal when it is another spool's.
    void begin();
    /// To be called every second: writes the log of the store into its file; tells of a store out
    /// of order and tries it again. True when it can be used.
    bool work(const std::stop_token& stop);
    /// See SpoolGuard::keep.
    void keep_pair() { parts_.guard.keep(parts_.database); }
    /// The store is tried again at the next call of `work`.
    void try_again() { try_again_.store(true); }
    /// False while the store is out of order.
    [[nodiscard]] bool is_ready() const;

    [[nodiscard]] std::vector<ControlLine> status() const;
    [[nodiscard]] report::Metric metric() const;

private:
    /// What tells a file from what it was.
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
    std::atomic<bool> ready_ = false;  // `on_ready` was called since it was out of order
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
