// SPDX-License-Identifier: Apache-2.0
#pragma once
// A SQLite database file: its connections, transactions, migrations. Errors are exceptions among
// the stores of `io`; at the ports they become results, see `at_store_boundary`.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/sqlite_connection.hpp"     // IWYU pragma: export
#include "ports/suppression_store.hpp"  // StoreError

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <expected>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace holdback::io {

enum class DatabaseMode : std::uint8_t {
    ReadWrite,  ///< made when absent (mode 0640); migrated
    ReadOnly,   ///< must exist and have our schema; also works while no daemon runs
};

/// When a commit is on the disk.
enum class Durability : std::uint8_t {
    Full,      ///< on return
    Deferred,  ///< in order, and with the next full one or checkpoint at the latest
};

/// Who brings the write-ahead log into the database file.
enum class Checkpoints : std::uint8_t {
    Own,       ///< the writer, at the commit that makes the log long
    ByCaller,  ///< whoever calls `checkpoint`, so that no commit waits for it
};

/// How a database is opened.
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
};

/// A database file in WAL mode with full sync: a pool of reading connections and one writer. Safe
/// from several threads and processes. A connection that met an error is closed, and the next call
/// opens a new one, so that calls work again as soon as the cause is gone.
class Database {
public:
    /// Opens and migrates. Throws DatabaseError: not to be opened, not a database, or written by a
    /// newer version of the program.
    explicit Database(DatabaseOptions options);
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    Database(Database&&) = delete;
    Database& operator=(Database&&) = delete;
    ~Database();

    /// Runs `work(Connection&)` on a reading connection and gives what it gives. Reads within
    /// reads and writes within reads are fine, reads and writes within writes are not.
    template <typename Work>
    auto read(Work&& work) {
        Lease lease(*this);
        try {
            return std::forward<Work>(work)(lease.connection());
        } catch (...) {
            lease.drop();
            throw;
        }
    }

    /// Runs `work(Connection&)` in one durable transaction; an exception out of it rolls back.
    template <typename Work>
    auto write(Work&& work) {
        const std::scoped_lock lock(writer_mutex_);
        return transact(std::forward<Work>(work));
    }

    /// The same without waiting for the disk: the end of the program does not undo it, a crash of
    /// the machine may.
    template <typename Work>
    auto write_soon(Work&& work) {
        const std::scoped_lock lock(writer_mutex_);
        const Hurry hurry(*this);
        return transact(std::forward<Work>(work));
    }

    /// From the next transaction on. Throws DatabaseError.
    void set_durability(Durability durability);
    /// Brings what is in the write-ahead log into the file, as far as readers let it, on a
    /// connection of its own: neither reads nor writes wait for it. Throws DatabaseError.
    void checkpoint();

    [[nodiscard]] const std::string& path() const { return options_.path; }

private:
    enum class MayCreate : std::uint8_t { Yes, No };

    /// The writer does not wait for the disk while this lives; `writer_mutex_` is held.
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
        } catch (const DatabaseError&) {
            writer_.reset();
            throw;
        }
    }

    /// A reading connection out of the pool and back.
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
        Database* database_;
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
    /// The writer, opened again when needed; `writer_mutex_` is held.
    [[nodiscard]] Connection& writer();

    DatabaseOptions options_;
    std::mutex writer_mutex_;
    std::unique_ptr<Connection> writer_;  // guarded by writer_mutex_
    std::mutex checkpoint_mutex_;
    std::unique_ptr<Connection> checkpointer_;  // guarded by checkpoint_mutex_
    std::mutex idle_mutex_;
    std::vector<std::unique_ptr<Connection>> idle_;  // guarded by idle_mutex_
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

}  // namespace holdback::io
