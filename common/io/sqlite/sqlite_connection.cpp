// SPDX-License-Identifier: Apache-2.0
#include "io/sqlite/sqlite_connection.hpp"

#include "core/clock.hpp"
#include "core/handle.hpp"
#include "core/text_hash.hpp"

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
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
#include <vector>

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>
#include <fmt/format.h>

namespace holdback::io::sqlite {

namespace {

/// Statements kept prepared per connection.
constexpr std::size_t kCachedStatements = 64;
/// The pause between two attempts at a lock that another process or thread holds.
constexpr std::chrono::microseconds kLockPoll{500};

/// `problems` gives at most this many lines, and asks `go_on` after this many steps of SQLite.
constexpr std::size_t kMostProblems = 20;
constexpr int kStepsBetweenQuestions = 10'000;

void no_more_questions(sqlite3* database) {
    sqlite3_progress_handler(database, 0, nullptr, nullptr);
}

std::string errno_text(int error) {
    return std::generic_category().message(error);
}

/// Why a file cannot be opened. Finds out without opening it: closing a descriptor of a database
/// file would drop the locks of our other connections.
std::string why_not_open(const std::string& path, Access access) {
    const bool to_write = access == Access::Write;
    if (::access(path.c_str(), to_write ? R_OK | W_OK : R_OK) != 0 &&
        (errno != ENOENT || !to_write)) {
        return errno_text(errno);
    }
    const std::size_t slash = path.rfind('/');
    const std::string directory =
        slash == std::string::npos ? "." : path.substr(0, slash == 0 ? 1 : slash);
    if (::access(directory.c_str(), R_OK | W_OK | X_OK) != 0) {
        return fmt::format("directory {}: {}", directory, errno_text(errno));
    }
    struct stat status{};
    if (stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
        return "not a regular file";
    }
    return ::access(path.c_str(), F_OK) == 0 ? "cannot be opened" : errno_text(ENOENT);
}

/// The path as a SQLite URI with the promise that nobody writes.
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

std::string name_of(const std::string& path, Access access) {
    return access == Access::ReadStill ? immutable_uri(path) : path;
}

int flags_of(Access access) {
    switch (access) {
        case Access::Read:
            return SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX;
        case Access::ReadStill:
            return SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI;
        case Access::Write:
            return SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    }
    std::unreachable();
}

[[noreturn]] void fail(const std::string& path, const SQLite::Exception& error, int system_error) {
    const int primary = error.getErrorCode() & 0xFF;
    if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB) {
        throw DatabaseDamaged(fmt::format("{}: {}", path, error.what()));
    }
    if (primary == SQLITE_BUSY) {
        throw DatabaseBusy(fmt::format("{}: {}", path, error.what()));
    }
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

/// SQLiteCpp's connection with its prepared statements, and the path for error texts.
class Connection::Handle {
public:
    Handle(std::string path, Access access, std::chrono::milliseconds patience)
        : path_(std::move(path)),
          patience_(patience),
          database_(name_of(path_, access), flags_of(access)) {
        sqlite3_busy_handler(database_.getHandle(), &Handle::wait_for_lock, this);
    }

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] SQLite::Database& database() { return database_; }

    [[noreturn]] void fail(const SQLite::Exception& error) const {
        sqlite::fail(path_, error, sqlite3_system_errno(database_.getHandle()));
    }

    [[nodiscard]] std::shared_ptr<Query::Prepared> prepared(std::string_view sql);

private:
    /// SQLite's own handler sleeps for up to 100 ms at a time. It misses a lock that is taken again
    /// and again, each time for a moment only. 0: give up.
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
    // After the database, so that the statements are destroyed first.
    std::unordered_map<std::string,
                       std::shared_ptr<Query::Prepared>,
                       core::TextHash,
                       std::equal_to<>>
        statements_;
};

/// SQLiteCpp's statement with access to its connection's error texts.
class Query::Prepared {
public:
    Prepared(Connection::Handle& handle, std::string_view sql)
        : handle_(&handle), statement_(handle.database(), std::string(sql)) {}

    /// Runs `work(SQLite::Statement&)` and turns SQLiteCpp's exceptions into ours.
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
            // Cannot fail for a statement of ours.
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

Connection::Connection(const std::string& path, Access access, std::chrono::milliseconds patience) {
    try {
        handle_ = std::make_unique<Handle>(path, access, patience);
        // Reads the file for the first time, so that an unusable one is found out here.
        execute("PRAGMA foreign_keys = ON; PRAGMA cache_size = -4096;");
        query("PRAGMA schema_version").run();
        // Where SQLite may not write, it falls back to reading.
        if (access == Access::Write &&
            sqlite3_db_readonly(handle_->database().getHandle(), "main") == 1) {
            throw DatabaseError(
                fmt::format("{}: can't be written: the file or its disk is read-only", path));
        }
    } catch (const SQLite::Exception& error) {
        if ((error.getErrorCode() & 0xFF) == SQLITE_CANTOPEN) {
            throw DatabaseError(fmt::format(
                "unable to open database file {}: {}", path, why_not_open(path, access)));
        }
        fail(path, error, 0);
    }
}

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

void Connection::leave_log() {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): SQLite is declared so
    sqlite3_db_config(
        handle_->database().getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

std::vector<std::string> Connection::problems(Thoroughness thoroughness,
                                              const std::function<bool()>& go_on) {
    sqlite3* const database = handle_->database().getHandle();
    const auto give_up = [](void* asked) noexcept -> int {
        return (*static_cast<const std::function<bool()>*>(asked))() ? 0 : 1;
    };
    auto asked = go_on;
    sqlite3_progress_handler(database, kStepsBetweenQuestions, give_up, &asked);
    const core::Handle<sqlite3, &no_more_questions> until_the_end(database);
    std::vector<std::string> found;
    try {
        Query looked = query(thoroughness == Thoroughness::Quick
                                 ? fmt::format("PRAGMA quick_check({})", kMostProblems)
                                 : fmt::format("PRAGMA integrity_check({})", kMostProblems));
        while (looked.step()) {
            if (const std::string line = looked.text(0); line != "ok") {
                found.push_back(line);
            }
        }
        if (thoroughness == Thoroughness::Full && found.empty()) {
            Query broken = query("PRAGMA foreign_key_check");
            while (broken.step() && found.size() < kMostProblems) {
                found.push_back(fmt::format("a row of {} refers to a row of {} that is not there",
                                            broken.text(0),
                                            broken.text(2)));
            }
        }
    } catch (const DatabaseError&) {
        if (!go_on()) {
            return {};
        }
        throw;
    }
    return found;
}

}  // namespace holdback::io::sqlite
