// SPDX-License-Identifier: Apache-2.0
#include "io/sqlite/sqlite_db.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <fcntl.h>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::io::sqlite {

namespace {

/// Reading connections kept open; any beyond these live for one call.
constexpr std::size_t kIdleReaders = 8;
constexpr mode_t kFileMode = 0640;
constexpr std::chrono::milliseconds kLetGoStep{5};
/// With deferred commits, the writer checkpoints a log that has more pages than this.
constexpr int kDeferredPages = 4000;

/// Creates an absent file with a mode that shuts others out, also of SQLite's files beside it.
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

/// Two processes may open a new file at once, and SQLite does not wait here by itself.
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
    try {
        if (!options_.keep_off.empty()) {
            throw DatabaseError(options_.keep_off);
        }
        if (options_.mode == DatabaseMode::ReadWrite) {
            writer_ = open_writer(options_.may_create);
        }
        idle_.push_back(open_reader());
    } catch (const DatabaseDamaged& damage) {
        if (options_.if_unusable == IfUnusable::Throw) {
            throw;
        }
        put_out({.why = damage.what(), .damaged = true});
    } catch (const DatabaseError& error) {
        if (options_.if_unusable == IfUnusable::Throw) {
            throw;
        }
        put_out({.why = error.what(), .damaged = false});
    }
}

Database::~Database() {
    // The last connection to be closed would bring the log into the file, even into a damaged one.
    if (out_of_order_.load() || leaves_log_.load()) {
        drop_writer();
        drop_checkpointer();
        drop_idle();
    }
}

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
        // Without write access to the directory, the files that WAL mode needs cannot be made.
        // While there is no write-ahead log, nobody has the file open and it holds everything.
        const bool has_log = access((options_.path + "-wal").c_str(), F_OK) == 0;
        if (options_.mode != DatabaseMode::ReadOnly || has_log) {
            throw;
        }
        connection =
            std::make_unique<Connection>(options_.path, Access::ReadStill, options_.busy_timeout);
    }
    // Holds most of the inner pages of ten million suppression entries.
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

std::optional<Disorder> Database::disorder() const {
    return disorder_.with([](const auto& disorder) { return disorder; });
}

void Database::refuse_if_out_of_order() const {
    if (!out_of_order_.load()) {
        return;
    }
    if (const auto found = disorder()) {
        throw DatabaseError(found->why);
    }
}

void Database::put_out(Disorder disorder) {
    disorder_.with([&](std::optional<Disorder>& known) {
        if (!known.has_value()) {
            known = std::move(disorder);
        }
    });
    out_of_order_.store(true);
    drop_idle();
}

void Database::drop_idle() {
    const std::scoped_lock lock(idle_mutex_);
    for (const auto& connection : idle_) {
        connection->leave_log();
    }
    idle_.clear();
}

void Database::take_out(std::string why) {
    put_out({.why = std::move(why), .damaged = true});
}

void Database::put_aside(std::string why) {
    put_out({.why = why, .damaged = false});
    // A newer reason replaces the old one, unless there is damage.
    disorder_.with([&](std::optional<Disorder>& known) {
        if (known.has_value() && !known->damaged) {
            known->why = std::move(why);
        }
    });
}

void Database::drop_writer() {
    if (writer_ != nullptr) {
        writer_->leave_log();
        writer_.reset();
    }
}

void Database::drop_checkpointer() {
    if (checkpointer_ != nullptr) {
        checkpointer_->leave_log();
        checkpointer_.reset();
    }
}

void Database::let_go() {
    drop_writer();
    {
        const std::scoped_lock lock(checkpoint_mutex_);
        drop_checkpointer();
    }
    // No new read begins, but a caller that comes to be refused counts for a moment.
    const auto deadline = std::chrono::steady_clock::now() + options_.busy_timeout;
    while (lent_.load() > 0) {
        if (std::chrono::steady_clock::now() >= deadline) {
            throw DatabaseError(fmt::format("{}: still being read", path()));
        }
        std::this_thread::sleep_for(kLetGoStep);
    }
    drop_idle();
}

void Database::take_up(const Trial& trial) {
    const std::scoped_lock lock(writer_mutex_);
    if (!out_of_order_.load()) {
        return;
    }
    const auto stays = [&](std::string why, bool damaged) {
        disorder_.with([&](std::optional<Disorder>& known) {
            known = Disorder{.why = std::move(why), .damaged = damaged};
        });
    };
    let_go();
    try {
        if (trial.look.has_value()) {
            Connection connection(options_.path, Access::Read, options_.busy_timeout);
            refuse_damage(connection, *trial.look, trial.go_on);
            if (!trial.go_on()) {
                connection.leave_log();
                throw DatabaseError(fmt::format("{}: not looked through to its end", path()));
            }
        }
        DatabaseOptions options = options_;
        options.if_unusable = IfUnusable::Throw;
        options.may_create = MayCreate::No;
        options.keep_off.clear();
        Database tried(std::move(options));
        if (auto why = trial.refusal(tried)) {
            throw DatabaseError(*std::move(why));
        }
        writer_ = open_writer(MayCreate::No);
    } catch (const DatabaseDamaged& damage) {
        stays(damage.what(), true);
        throw;
    } catch (const DatabaseError& error) {
        stays(error.what(), false);
        throw;
    } catch (const std::exception& error) {
        stays(error.what(), false);
        throw DatabaseError(error.what());
    }
    disorder_.with([](std::optional<Disorder>& known) { known.reset(); });
    out_of_order_.store(false);
}

void Database::look_through(const std::function<bool()>& go_on) {
    try {
        refuse_if_out_of_order();
        Connection connection(options_.path, Access::Read, options_.busy_timeout);
        refuse_damage(connection, Thoroughness::Quick, go_on);
    } catch (const DatabaseDamaged& damage) {
        take_out(damage.what());
    } catch (const DatabaseError&) {
        // Whoever uses the file is told of its other errors.
        return;
    }
}

void Database::refuse_damage(Connection& connection,
                             Thoroughness thoroughness,
                             const std::function<bool()>& go_on) const {
    const std::vector<std::string> problems = connection.problems(thoroughness, go_on);
    if (!problems.empty()) {
        connection.leave_log();
        throw DatabaseDamaged(fmt::format("{}: damaged: {}", path(), problems.front()));
    }
}

Connection& Database::writer() {
    if (options_.mode == DatabaseMode::ReadOnly) {
        throw DatabaseError(fmt::format("{}: opened for reading only", path()));
    }
    if (out_of_order_.load()) {
        drop_writer();
        refuse_if_out_of_order();
    }
    if (writer_ != nullptr && writer_->is_stale()) {
        writer_.reset();
    }
    if (writer_ == nullptr) {
        // A file that vanished while we ran is not silently replaced by an empty one.
        writer_ = open_writer(MayCreate::No);
    }
    return *writer_;
}

void Database::set_durability(Durability durability) {
    const Turn turn(*this);
    options_.durability = durability;
    writer().execute(durability_sql(durability));
}

void Database::checkpoint() {
    const std::scoped_lock lock(checkpoint_mutex_);
    if (out_of_order_.load()) {
        drop_checkpointer();
        refuse_if_out_of_order();
    }
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
    } catch (const DatabaseDamaged& damage) {
        drop_checkpointer();
        take_out(damage.what());
        throw;
    } catch (const DatabaseError&) {
        checkpointer_.reset();
        throw;
    }
}

Database::Lease::Lease(Database& database) : database_(&database), counted_(database.lent_) {
    database.refuse_if_out_of_order();
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
        try {
            connection_ = database.open_reader();
        } catch (const DatabaseDamaged& damage) {
            database.take_out(damage.what());
            throw;
        }
    }
}

Database::Lease::~Lease() {
    if (connection_ == nullptr) {
        return;
    }
    if (database_->out_of_order_.load()) {
        connection_->leave_log();
        return;
    }
    const std::scoped_lock lock(database_->idle_mutex_);
    if (database_->idle_.size() < kIdleReaders) {
        database_->idle_.push_back(std::move(connection_));
    }
}

Database::Turn::Turn(Database& database) {
    // While a file is tried again, the mutex is held for as long as that takes.
    database.refuse_if_out_of_order();
    const auto came = std::chrono::steady_clock::now();
    lock_ = std::unique_lock(database.writer_mutex_);
    if (came < database.busy_at_) {
        throw DatabaseBusy(fmt::format("{}: database is locked", database.path()));
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

}  // namespace holdback::io::sqlite
