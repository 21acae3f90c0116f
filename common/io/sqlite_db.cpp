// SPDX-License-Identifier: Apache-2.0
#include "io/sqlite_db.hpp"

#include "core/clock.hpp"

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <sqlite3.h>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <unordered_map>
#include <utility>

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>
#include <fmt/format.h>

namespace holdback::io {

namespace {

/// Reading connections kept open; beyond that, a connection lives for one call.
constexpr std::size_t kIdleReaders = 8;
/// Statements kept prepared per connection.
constexpr std::size_t kCachedStatements = 64;
constexpr mode_t kFileMode = 0640;
/// How often a lock that another process or thread holds is tried.
constexpr std::chrono::microseconds kLockPoll{500};
/// Pages of the log after which a writer that defers its commits to the disk brings them over.
constexpr int kDeferredPages = 4000;

std::string errno_text(int error) {
    return std::generic_category().message(error);
}

/// Why a file cannot be opened, found out without opening it: to close a descriptor of a database
/// file would drop the locks of our other connections.
std::string why_not_open(const std::string& path, DatabaseMode mode) {
    const int wanted = mode == DatabaseMode::ReadOnly ? R_OK : R_OK | W_OK;
    if (access(path.c_str(), wanted) != 0 && (errno != ENOENT || mode == DatabaseMode::ReadOnly)) {
        return errno_text(errno);
    }
    const std::size_t slash = path.rfind('/');
    const std::string directory =
        slash == std::string::npos ? "." : path.substr(0, slash == 0 ? 1 : slash);
    if (access(directory.c_str(), R_OK | W_OK | X_OK) != 0) {
        return fmt::format("directory {}: {}", directory, errno_text(errno));
    }
    struct stat status{};
    if (stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
        return "not a regular file";
    }
    return access(path.c_str(), F_OK) == 0 ? "cannot be opened" : errno_text(ENOENT);
}

/// Makes the file, if it is absent, so that it (and what SQLite puts beside it) is not for
/// everyone.
void create_private(const std::string& path) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): open(2) is declared so
    const int file = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kFileMode);
    if (file >= 0) {
        close(file);
    }
}

/// The path as a SQLite URI that promises that nobody writes.
std::string immutable_uri(const std::string& path) {
    std::string uri = "file:";
    for (const char c : path) {
        if (c == '%' || c == '?' || c == '#') {
            uri += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        } else {
            uri += c;
        }
    }
    return uri + "?immutable=1";
}

[[noreturn]] void fail(const std::string& path, const SQLite::Exception& error, int system_error) {
    const int primary = error.getErrorCode() & 0xFF;
    if (primary == SQLITE_FULL) {
        throw DatabaseError(fmt::format("{}: disk full ({})", path, error.what()));
    }
    if (system_error != 0 && (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN)) {
        throw DatabaseError(
            fmt::format("{}: {} ({})", path, error.what(), errno_text(system_error)));
    }
    throw DatabaseError(fmt::format("{}: {}", path, error.what()));
}

}  // namespace

/// SQLiteCpp's connection with the path for error texts and the statements prepared on it.
class Connection::Handle {
public:
    Handle(std::string path, const std::string& name, int flags, std::chrono::milliseconds timeout)
        : path_(std::move(path)), patience_(timeout), database_(name, flags) {
        sqlite3_busy_handler(database_.getHandle(), &Handle::wait_for_lock, this);
    }

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] SQLite::Database& database() { return database_; }

    [[noreturn]] void fail(const SQLite::Exception& error) const {
        io::fail(path_, error, sqlite3_system_errno(database_.getHandle()));
    }

    [[nodiscard]] std::shared_ptr<Query::Prepared> prepared(std::string_view sql);

private:
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>{}(text);
        }
    };

    /// SQLite's own handler sleeps for up to 100 ms at a time, in which a lock that is held for
    /// moments only, again and again, comes free unseen. 0: give up.
    static int wait_for_lock(void* handle, int tries) noexcept {
        auto& self = *static_cast<Handle*>(handle);
        const auto now = std::chrono::steady_clock::now();
        if (tries == 0) {
            self.waiting_since_ = now;
        } else if (now - self.waiting_since_ >= self.patience_) {
            return 0;
        }
        std::this_thread::sleep_for(kLockPoll);
        return 1;
    }

    std::string path_;
    std::chrono::milliseconds patience_;
    std::chrono::steady_clock::time_point waiting_since_;
    mutable SQLite::Database database_;
    // After the database: statements go first.
    std::unordered_map<std::string, std::shared_ptr<Query::Prepared>, TextHash, std::equal_to<>>
        statements_;
};

/// SQLiteCpp's statement with the way to its connection's error texts.
class Query::Prepared {
public:
    Prepared(Connection::Handle& handle, std::string_view sql)
        : handle_(&handle), statement_(handle.database(), std::string(sql)) {}

    /// Runs `work(SQLite::Statement&)`, giving SQLiteCpp's exceptions our type.
    template <typename Work>
    auto with(Work&& work) {
        try {
            return std::forward<Work>(work)(statement_);
        } catch (const SQLite::Exception& error) {
            handle_->fail(error);
        }
    }

    void reset() noexcept {
        // The status repeats the error of the last step, which has been thrown already.
        static_cast<void>(statement_.tryReset());
        try {
            statement_.clearBindings();
        } catch (const SQLite::Exception&) {
            // Cannot fail for a statement that is ours.
            return;
        }
    }

private:
    Connection::Handle* handle_;
    SQLite::Statement statement_;
};

std::shared_ptr<Query::Prepared> Connection::Handle::prepared(std::string_view sql) {
    if (const auto known = statements_.find(sql);
        known != statements_.end() && known->second.use_count() == 1) {
        return known->second;
    }
    auto made = std::make_shared<Query::Prepared>(*this, sql);
    if (statements_.size() < kCachedStatements) {
        statements_.try_emplace(std::string(sql), made);
    }
    return made;
}

Query::Query(std::shared_ptr<Prepared> prepared) : prepared_(std::move(prepared)) {}

Query::~Query() {
    if (prepared_ != nullptr) {
        prepared_->reset();
    }
}

Query& Query::bind(std::string_view text) {
    const int index = ++bound_;
    prepared_->with(
        [&](SQLite::Statement& statement) { statement.bind(index, std::string(text)); });
    return *this;
}

Query& Query::bind_still(const std::string& text) {
    const int index = ++bound_;
    prepared_->with([&](SQLite::Statement& statement) { statement.bindNoCopy(index, text); });
    return *this;
}

Query& Query::bind(const std::optional<core::TimePoint>& time) {
    return time.has_value() ? bind(*time) : bind(std::nullopt);
}

Query& Query::bind(std::nullopt_t /*null*/) {
    const int index = ++bound_;
    prepared_->with([&](SQLite::Statement& statement) { statement.bind(index); });
    return *this;
}

Query& Query::bind_integer(std::int64_t number) {
    const int index = ++bound_;
    prepared_->with([&](SQLite::Statement& statement) { statement.bind(index, number); });
    return *this;
}

bool Query::step() {
    return prepared_->with([](SQLite::Statement& statement) { return statement.executeStep(); });
}

Query& Query::again() {
    prepared_->with([](SQLite::Statement& statement) { statement.reset(); });
    bound_ = 0;
    return *this;
}

void Query::run() {
    while (step()) {
    }
}

std::int64_t Query::integer(int column) const {
    return prepared_->with([&](SQLite::Statement& statement) {
        return static_cast<std::int64_t>(statement.getColumn(column).getInt64());
    });
}

std::string Query::text(int column) const {
    return prepared_->with(
        [&](SQLite::Statement& statement) { return statement.getColumn(column).getString(); });
}

bool Query::is_null(int column) const {
    return prepared_->with(
        [&](SQLite::Statement& statement) { return statement.getColumn(column).isNull(); });
}

core::TimePoint Query::time(int column) const {
    return core::TimePoint(std::chrono::milliseconds(integer(column)));
}

std::optional<core::TimePoint> Query::optional_time(int column) const {
    return is_null(column) ? std::nullopt : std::optional(time(column));
}

Connection::Connection(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
Connection::~Connection() = default;

Query Connection::query(std::string_view sql) {
    try {
        return Query(handle_->prepared(sql));
    } catch (const SQLite::Exception& error) {
        handle_->fail(error);
    }
}

void Connection::execute(std::string_view sql) {
    try {
        handle_->database().exec(std::string(sql));
    } catch (const SQLite::Exception& error) {
        handle_->fail(error);
    }
}

std::int64_t Connection::changes() const {
    return sqlite3_changes64(handle_->database().getHandle());
}

std::int64_t Connection::last_insert_id() const {
    return handle_->database().getLastInsertRowid();
}

bool Connection::is_stale() const {
    int moved = 0;
    const int status = sqlite3_file_control(
        handle_->database().getHandle(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    return status == SQLITE_OK && moved != 0;
}

namespace {

/// Opens a file; throws DatabaseError.
std::unique_ptr<Connection> open_connection(const DatabaseOptions& options,
                                            const std::string& name,
                                            int flags) {
    try {
        auto connection = std::make_unique<Connection>(std::make_unique<Connection::Handle>(
            options.path, name, flags | SQLITE_OPEN_NOMUTEX, options.busy_timeout));
        // The first statement that reads the file, so that an unusable one is found out here.
        connection->execute("PRAGMA foreign_keys = ON; PRAGMA cache_size = -4096;");
        connection->query("PRAGMA schema_version").run();
        return connection;
    } catch (const SQLite::Exception& error) {
        if ((error.getErrorCode() & 0xFF) == SQLITE_CANTOPEN) {
            throw DatabaseError(fmt::format("unable to open database file {}: {}",
                                            options.path,
                                            why_not_open(options.path, options.mode)));
        }
        fail(options.path, error, 0);
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
    auto connection = open_connection(options_, options_.path, SQLITE_OPEN_READWRITE);
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
        connection = open_connection(options_, options_.path, SQLITE_OPEN_READONLY);
    } catch (const DatabaseError&) {
        // Whoever may not write in the directory cannot make the files that WAL mode needs. While
        // there is no write-ahead log, nobody has the file open and all is in it.
        const bool has_log = access((options_.path + "-wal").c_str(), F_OK) == 0;
        if (options_.mode != DatabaseMode::ReadOnly || has_log) {
            throw;
        }
        connection = open_connection(
            options_, immutable_uri(options_.path), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
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
            checkpointer_ = open_connection(options_, options_.path, SQLITE_OPEN_READWRITE);
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
