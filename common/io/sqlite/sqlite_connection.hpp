// SPDX-License-Identifier: Apache-2.0
#pragma once
// A connection to a SQLite database and the statements prepared on it. Only the source file of this
// module includes SQLiteCpp.

#include "core/clock.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::io::sqlite {

/// SQLite's error text with the path in front, for the log.
class DatabaseError : public std::runtime_error {
public:
    explicit DatabaseError(const std::string& what) : std::runtime_error(what) {}
};

/// The file is no database, or its content is damaged.
class DatabaseDamaged : public DatabaseError {
public:
    using DatabaseError::DatabaseError;
};

/// Another connection held the lock for longer than we wait.
class DatabaseBusy : public DatabaseError {
public:
    using DatabaseError::DatabaseError;
};

/// A prepared statement on loan from a connection: bind in order, step, read the columns of a row.
/// Its destructor resets it and gives it back; destroy it before its connection and before the
/// transaction ends. Each call may throw DatabaseError.
class Query {
public:
    class Prepared;

    explicit Query(std::shared_ptr<Prepared> prepared);
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;
    Query(Query&&) noexcept = default;
    Query& operator=(Query&&) noexcept = delete;
    ~Query();

    /// Binds the next parameter; text may hold any octets.
    Query& bind(std::string_view text);
    Query& bind(const std::string& text) { return bind(std::string_view(text)); }
    Query& bind(const char* text) { return bind(std::string_view(text)); }
    /// The same without a copy: the text must not change until the statement is given back.
    Query& bind_still(const std::string& text);
    template <std::signed_integral Number>
    Query& bind(Number number) {
        return bind_integer(number);
    }
    Query& bind(bool value) { return bind_integer(value ? 1 : 0); }
    /// Times are stored as milliseconds since the epoch, an absent one as NULL.
    Query& bind(core::TimePoint time) { return bind_integer(time.time_since_epoch().count()); }
    Query& bind(const std::optional<core::TimePoint>& time);
    Query& bind(std::nullopt_t null);

    /// True when there is a row.
    bool step();
    /// Steps to the end.
    void run();
    /// Makes the statement ready to be bound and run once more.
    Query& again();

    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] std::string text(int column) const;
    [[nodiscard]] bool is_null(int column) const;
    [[nodiscard]] core::TimePoint time(int column) const;
    [[nodiscard]] std::optional<core::TimePoint> optional_time(int column) const;

private:
    Query& bind_integer(std::int64_t number);

    std::shared_ptr<Prepared> prepared_;  // null after a move
    int bound_ = 0;
};

enum class Access : std::uint8_t {
    Read,
    /// Read while nobody writes: works even where we may not write in the directory.
    ReadStill,
    Write,  ///< read and write; the file must exist
};

/// How thoroughly a file is checked.
enum class Thoroughness : std::uint8_t {
    Quick,  ///< its pages hang together and its rows can be read
    Full,   ///< also: each index has all rows, and each reference leads to a row
};

/// One connection with its cache of prepared statements. Used by one thread at a time.
class Connection {
public:
    class Handle;

    /// Opens a file. `patience` is how long to wait for a lock of another process. Throws
    /// DatabaseError with the reason when the file can't be opened or is no database.
    Connection(const std::string& path, Access access, std::chrono::milliseconds patience);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    Connection(Connection&&) = delete;
    Connection& operator=(Connection&&) = delete;
    ~Connection();

    /// A statement from the cache. `sql` is our own text, never built from values.
    [[nodiscard]] Query query(std::string_view sql);
    /// Runs one or more statements that have no parameters and give no rows.
    void execute(std::string_view sql);
    /// Rows changed by the last statement that changes rows.
    [[nodiscard]] std::int64_t changes() const;
    [[nodiscard]] std::int64_t last_insert_id() const;
    /// True when the file was removed, renamed or replaced since it was opened.
    [[nodiscard]] bool is_stale() const;
    /// Leaves the write-ahead log as it is if this connection is the last one to be closed.
    void leave_log();
    /// A few lines about damage in the file; empty: there is none. Reads the whole file. Asks
    /// `go_on` all the time; when that says false, gives up and finds nothing.
    [[nodiscard]] std::vector<std::string> problems(Thoroughness thoroughness,
                                                    const std::function<bool()>& go_on);

private:
    std::unique_ptr<Handle> handle_;
};

}  // namespace holdback::io::sqlite
