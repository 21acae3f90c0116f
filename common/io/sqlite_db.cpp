// SPDX-License-Identifier: Apache-2.0
#include "io/sqlite_db.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

namespace holdback::io {

namespace {

/// Reading connections kept open; beyond that, a connection lives for one call.
constexpr std::size_t kIdleReaders = 8;
constexpr mode_t kFileMode = 0640;
/// Pages of the log after which a writer that defers its commits to the disk brings them over.
constexpr int kDeferredPages = 4000;

/// Makes the file, if it is absent, so that it (and what SQLite puts beside it) is not for
/// everyone.
void create_private(const std::string& path) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): open(2) is declared so
    const int file = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kFileMode);
    if (file >= 0) {
        close(file);
    }
}

std::int64_t user_version(Connection& connection) {
    Query query = connection.query("PRAGMA user_version");
    query.step();
    return query.integer(0);
}

/// Two processes that open a new file at once meet here, and SQLite does not wait by itself.
void switch_to_wal(Connection& connection, std::chrono::milliseconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (true) {
        try {
            connection.query("PRAGMA journal_mode = WAL").run();
            return;
        } catch (const DatabaseError&) {
            if (std::chrono::steady_clock::now() >= deadline) {
                throw;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
    }
}

std::string_view durability_sql(Durability durability) {
    switch (durability) {
        case Durability::Full:
            return "PRAGMA synchronous = FULL";
        case Durability::Deferred:
            return "PRAGMA synchronous = NORMAL";
    }
    std::unreachable();
}

}  // namespace

Database::Database(DatabaseOptions options) : options_(std::move(options)) {
    if (options_.mode == DatabaseMode::ReadWrite) {
        writer_ = open_writer(MayCreate::Yes);
    }
    idle_.push_back(open_reader());
}

Database::~Database() = default;

std::unique_ptr<Connection> Database::open_writer(MayCreate may_create) const {
    if (may_create == MayCreate::Yes) {
        create_private(options_.path);
    }
    auto connection =
        std::make_unique<Connection>(options_.path, Access::Write, options_.busy_timeout);
    switch_to_wal(*connection, options_.busy_timeout);
    migrate(*connection);
    connection->execute(durability_sql(options_.durability));
    if (options_.checkpoints == Checkpoints::ByCaller) {
        connection->execute("PRAGMA wal_autocheckpoint = 0");
    } else if (options_.durability == Durability::Deferred) {
        connection->execute(fmt::format("PRAGMA wal_autocheckpoint = {}", kDeferredPages));
    }
    return connection;
}

std::unique_ptr<Connection> Database::open_reader() const {
    std::unique_ptr<Connection> connection;
    try {
        connection =
            std::make_unique<Connection>(options_.path, Access::Read, options_.busy_timeout);
    } catch (const DatabaseError&) {
        // Whoever may not write in the directory cannot make the files that WAL mode needs. While
        // there is no write-ahead log, nobody has the file open and all is in it.
        const bool has_log = access((options_.path + "-wal").c_str(), F_OK) == 0;
        if (options_.mode != DatabaseMode::ReadOnly || has_log) {
            throw;
        }
        connection =
            std::make_unique<Connection>(options_.path, Access::ReadStill, options_.busy_timeout);
    }
    // Enough for most of the inner pages of ten million suppression entries.
    connection->execute("PRAGMA cache_size = -8192");
    check_version(*connection);
    return connection;
}

void Database::migrate(Connection& connection) const {
    const auto wanted = static_cast<std::int64_t>(options_.migrations.size());
    while (user_version(connection) < wanted) {
        Transaction transaction(connection);
        // Read again under the lock: another process may have been faster.
        const std::int64_t version = user_version(connection);
        if (version < wanted) {
            connection.execute(options_.migrations[static_cast<std::size_t>(version)]);
            connection.execute(fmt::format("PRAGMA user_version = {}", version + 1));
        }
        transaction.commit();
    }
    check_version(connection);
}

void Database::check_version(Connection& connection) const {
    const std::int64_t version = user_version(connection);
    const auto wanted = static_cast<std::int64_t>(options_.migrations.size());
    if (version > wanted) {
        throw DatabaseError(
            fmt::format("{}: written by a newer version of the program (schema {}, we know {})",
                        path(),
                        version,
                        wanted));
    }
    if (version < wanted) {
        throw DatabaseError(fmt::format(
            "{}: schema {} is older than {}: start the daemon once to bring it up to date",
            path(),
            version,
            wanted));
    }
}

Connection& Database::writer() {
    if (options_.mode == DatabaseMode::ReadOnly) {
        throw DatabaseError(fmt::format("{}: opened for reading only", path()));
    }
    if (writer_ != nullptr && writer_->is_stale()) {
        writer_.reset();
    }
    if (writer_ == nullptr) {
        // A file that went away while we ran is not silently replaced by an empty one.
        writer_ = open_writer(MayCreate::No);
    }
    return *writer_;
}

void Database::set_durability(Durability durability) {
    const std::scoped_lock lock(writer_mutex_);
    options_.durability = durability;
    writer().execute(durability_sql(durability));
}

void Database::checkpoint() {
    const std::scoped_lock lock(checkpoint_mutex_);
    try {
        if (checkpointer_ != nullptr && checkpointer_->is_stale()) {
            checkpointer_.reset();
        }
        if (checkpointer_ == nullptr) {
            checkpointer_ =
                std::make_unique<Connection>(options_.path, Access::Write, options_.busy_timeout);
            checkpointer_->execute("PRAGMA synchronous = NORMAL");
        }
        checkpointer_->query("PRAGMA wal_checkpoint(PASSIVE)").run();
    } catch (const DatabaseError&) {
        checkpointer_.reset();
        throw;
    }
}

Database::Lease::Lease(Database& database) : database_(&database) {
    {
        const std::scoped_lock lock(database.idle_mutex_);
        if (!database.idle_.empty()) {
            connection_ = std::move(database.idle_.back());
            database.idle_.pop_back();
        }
    }
    if (connection_ != nullptr && connection_->is_stale()) {
        connection_.reset();
        const std::scoped_lock lock(database.idle_mutex_);
        database.idle_.clear();
    }
    if (connection_ == nullptr) {
        connection_ = database.open_reader();
    }
}

Database::Lease::~Lease() {
    if (connection_ == nullptr) {
        return;
    }
    const std::scoped_lock lock(database_->idle_mutex_);
    if (database_->idle_.size() < kIdleReaders) {
        database_->idle_.push_back(std::move(connection_));
    }
}

Database::Hurry::Hurry(Database& database) : database_(database) {
    database_.writer().execute(durability_sql(Durability::Deferred));
}

Database::Hurry::~Hurry() {
    if (database_.writer_ == nullptr) {
        return;
    }
    try {
        database_.writer_->execute(durability_sql(database_.options_.durability));
    } catch (const DatabaseError&) {
        database_.writer_.reset();
    }
}

Database::Transaction::Transaction(Connection& connection) : connection_(&connection) {
    connection.query("BEGIN IMMEDIATE").run();
}

Database::Transaction::~Transaction() {
    if (connection_ == nullptr) {
        return;
    }
    try {
        connection_->query("ROLLBACK").run();
    } catch (const DatabaseError&) {
        // SQLite has rolled back by itself, as it does on a full disk.
        return;
    }
}

void Database::Transaction::commit() {
    connection_->query("COMMIT").run();
    connection_ = nullptr;
}

}  // namespace holdback::io
