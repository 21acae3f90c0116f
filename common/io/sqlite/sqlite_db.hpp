// SPDX-License-Identifier: Apache-2.0
#pragma once
// A SQLite database file: its connections, transactions, migrations. Errors are exceptions within
// `io`; at the ports, `at_store_boundary` turns them into results.

#include "core/clock.hpp"
#include "core/guarded.hpp"
#include "core/result.hpp"
#include "io/sqlite/sqlite_connection.hpp"  // IWYU pragma: export
#include "ports/suppression_store.hpp"      // StoreError

#include <atomic>
#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace holdback::io::sqlite {

enum class DatabaseMode : std::uint8_t {
    ReadWrite,  ///< created when absent (mode 0640); migrated
    ReadOnly,   ///< must exist and have our schema; also works while no daemon runs
};

/// When a commit is on the disk.
enum class Durability : std::uint8_t {
    Full,      ///< on return
    Deferred,  ///< in order; at the latest with the next full commit or checkpoint
};

/// Who brings the write-ahead log into the database file.
enum class Checkpoints : std::uint8_t {
    Own,       ///< the writer, at the commit that makes the log long
    ByCaller,  ///< whoever calls `checkpoint`, so that no commit waits for it
};

/// What to do about a file that can't be used.
enum class IfUnusable : std::uint8_t {
    Throw,  ///< the constructor throws the reason
    Wait,   ///< each call throws the reason, until `take_up` finds the file in order
};

struct Disorder {
    std::string why;
    bool damaged = false;  ///< the file is no database, or is damaged
};

/// Whether a missing file is created.
enum class MayCreate : std::uint8_t { Yes, No };

struct DatabaseOptions {
    std::string path;
    DatabaseMode mode = DatabaseMode::ReadWrite;
    /// How long a writer waits for another process.
    std::chrono::milliseconds busy_timeout{5000};
    /// SQL that takes the schema from each version to the next: `migrations[0]` makes version 1.
    /// The texts outlive the database.
    std::span<const std::string_view> migrations;
    Durability durability = Durability::Full;
    Checkpoints checkpoints = Checkpoints::Own;
    IfUnusable if_unusable = IfUnusable::Throw;
    MayCreate may_create = MayCreate::Yes;
    /// Why the file must not even be opened, as if it could not be used; empty: it may be.
    std::string keep_off;
};

/// A database file in WAL mode with full sync: a pool of reading connections and one writer. Safe
/// from several threads and processes. A connection that met an error is closed, and the next call
/// opens a new one, so that calls work again as soon as the cause is gone. Damage is different:
/// once it is met, every call fails, and the file and its log stay as they are.
class Database {
public:
    /// Opens and migrates. With `IfUnusable::Throw`, throws DatabaseError when the file can't be
    /// opened, is no database, or was written by a newer version of the program.
    explicit Database(DatabaseOptions options);
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    Database(Database&&) = delete;
    Database& operator=(Database&&) = delete;
    ~Database();

    /// Runs `work(Connection&)` on a reading connection and returns its result. A read may contain
    /// reads and writes; a write may contain neither.
    template <typename Work>
    auto read(Work&& work) {
        Lease lease(*this);
        try {
            return std::forward<Work>(work)(lease.connection());
        } catch (const DatabaseDamaged& damage) {
            lease.connection().leave_log();
            lease.drop();
            take_out(damage.what());
            throw;
        } catch (...) {
            lease.drop();
            throw;
        }
    }

    /// Runs `work(Connection&)` in one durable transaction, which an exception rolls back. When
    /// another process holds the lock for longer than `busy_timeout`, all threads that wait
    /// meanwhile get DatabaseBusy at once, not one after the other.
    template <typename Work>
    auto write(Work&& work) {
        const Turn turn(*this);
        return transact(std::forward<Work>(work));
    }

    /// The same without waiting for the disk: the commit survives the end of the program, but
    /// perhaps not a crash of the machine.
    template <typename Work>
    auto write_soon(Work&& work) {
        const Turn turn(*this);
        const Hurry hurry(*this);
        return transact(std::forward<Work>(work));
    }

    /// Takes effect with the next transaction. Throws DatabaseError.
    void set_durability(Durability durability);
    /// Moves the write-ahead log into the file, as far as readers let it, on a connection of its
    /// own: neither reads nor writes wait for it. Throws DatabaseError.
    void checkpoint();
    /// The destructor will not move the log into the file, since that waits for the disk. Whoever
    /// opens the file next reads both. Any thread may call this.
    void leave_log_at_end() { leaves_log_.store(true); }

    /// Why every call fails; nullopt: the database is in order.
    [[nodiscard]] std::optional<Disorder> disorder() const;
    /// How `take_up` tries a file that was out of order.
    struct Trial {
        /// How thoroughly the content is checked first; nullopt: not at all.
        std::optional<Thoroughness> look;
        /// Asked all the time during the check: false gives up.
        std::function<bool()> go_on;
        /// Why this file must not be used although it is in order; nullopt: it may be. Is called
        /// with a database of its own, since every call to this one still fails. May throw.
        std::function<std::optional<std::string>(Database&)> refusal;
    };
    /// Opens a file that could not be used before: the same one, or another in its place. Does not
    /// create a missing one. On failure throws DatabaseError and stays out of order. Does nothing
    /// when in order.
    void take_up(const Trial& trial);
    /// Takes the database out of order for a reason outside the file.
    void put_aside(std::string why);
    /// Checks the file while other calls go on, and takes the database out of order when it finds
    /// damage. See Connection::problems.
    void look_through(const std::function<bool()>& go_on);

    [[nodiscard]] const std::string& path() const { return options_.path; }

private:
    /// Holds `writer_mutex_`. Throws DatabaseError when the file is out of order, and DatabaseBusy
    /// when another thread has waited in vain for another process since we came.
    class Turn {
    public:
        explicit Turn(Database& database);

    private:
        std::unique_lock<std::mutex> lock_;
    };

    /// While this lives, the writer does not wait for the disk; `writer_mutex_` is held.
    class Hurry {
    public:
        explicit Hurry(Database& database);
        Hurry(const Hurry&) = delete;
        Hurry& operator=(const Hurry&) = delete;
        Hurry(Hurry&&) = delete;
        Hurry& operator=(Hurry&&) = delete;
        ~Hurry();

    private:
        Database& database_;
    };

    /// One transaction; `writer_mutex_` is held.
    template <typename Work>
    auto transact(Work&& work) {
        try {
            Transaction transaction(writer());
            if constexpr (std::is_void_v<std::invoke_result_t<Work, Connection&>>) {
                std::forward<Work>(work)(*writer_);
                transaction.commit();
            } else {
                auto result = std::forward<Work>(work)(*writer_);
                transaction.commit();
                return result;
            }
        } catch (const DatabaseDamaged& damage) {
            take_out(damage.what());
            drop_writer();
            throw;
        } catch (const DatabaseBusy&) {
            writer_.reset();
            busy_at_ = std::chrono::steady_clock::now();
            throw;
        } catch (const DatabaseError&) {
            writer_.reset();
            throw;
        }
    }

    /// Borrows a reading connection from the pool; it counts as lent.
    class Lease {
    public:
        explicit Lease(Database& database);
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;
        Lease(Lease&&) = delete;
        Lease& operator=(Lease&&) = delete;
        ~Lease();

        [[nodiscard]] Connection& connection() { return *connection_; }
        void drop() { connection_.reset(); }

    private:
        /// Counts while it lives.
        class Counted {
        public:
            explicit Counted(std::atomic<int>& count) : count_(&count) { ++count; }
            Counted(const Counted&) = delete;
            Counted& operator=(const Counted&) = delete;
            Counted(Counted&&) = delete;
            Counted& operator=(Counted&&) = delete;
            ~Counted() { --*count_; }

        private:
            std::atomic<int>* count_;
        };

        Database* database_;
        Counted counted_;
        std::unique_ptr<Connection> connection_;
    };

    class Transaction {
    public:
        explicit Transaction(Connection& connection);
        Transaction(const Transaction&) = delete;
        Transaction& operator=(const Transaction&) = delete;
        Transaction(Transaction&&) = delete;
        Transaction& operator=(Transaction&&) = delete;
        ~Transaction();

        void commit();

    private:
        Connection* connection_;  // null once committed
    };

    [[nodiscard]] std::unique_ptr<Connection> open_reader() const;
    [[nodiscard]] std::unique_ptr<Connection> open_writer(MayCreate may_create) const;
    void migrate(Connection& connection) const;
    void check_version(Connection& connection) const;
    /// From now on, every call fails.
    void put_out(Disorder disorder);
    /// The same for damage that a call has met.
    void take_out(std::string why);
    void drop_idle();
    void refuse_if_out_of_order() const;
    void refuse_damage(Connection& connection,
                       Thoroughness thoroughness,
                       const std::function<bool()>& go_on) const;
    /// Both leave the log as it is; the caller holds the connection's mutex.
    void drop_writer();
    void drop_checkpointer();
    /// Closes the connections that are still open to a file that is out of order; `writer_mutex_`
    /// is held. Throws DatabaseError while somebody still reads it.
    void let_go();
    /// The writer, opened again when needed; `writer_mutex_` is held.
    [[nodiscard]] Connection& writer();

    DatabaseOptions options_;
    std::atomic<bool> out_of_order_ = false;  // true while `disorder_` has a value
    std::atomic<bool> leaves_log_ = false;
    core::Guarded<std::optional<Disorder>> disorder_;
    std::mutex writer_mutex_;
    std::unique_ptr<Connection> writer_;             // guarded by writer_mutex_
    std::chrono::steady_clock::time_point busy_at_;  // the same; another had the lock until then
    std::mutex checkpoint_mutex_;
    std::unique_ptr<Connection> checkpointer_;  // guarded by checkpoint_mutex_
    std::mutex idle_mutex_;
    std::vector<std::unique_ptr<Connection>> idle_;  // guarded by idle_mutex_
    std::atomic<int> lent_ = 0;                      // connections that read now
};

/// Runs `work` and turns a DatabaseError into a StoreError.
template <typename Work>
auto at_store_boundary(Work&& work) -> core::Result<std::invoke_result_t<Work>, ports::StoreError> {
    try {
        if constexpr (std::is_void_v<std::invoke_result_t<Work>>) {
            std::forward<Work>(work)();
            return {};
        } else {
            return std::forward<Work>(work)();
        }
    } catch (const DatabaseError& error) {
        return std::unexpected(ports::StoreError{error.what()});
    }
}

}  // namespace holdback::io::sqlite
