// SPDX-License-Identifier: Apache-2.0
#pragma once
// A connection to a SQLite database and the statements prepared on it. The only file that includes
// SQLiteCpp is this module's source.

#include "core/clock.hpp"

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::io::sqlite {

/// What SQLite said, with the path in front: text for the log.
class DatabaseError : public std::runtime_error {
public:
    explicit DatabaseError(const std::string& what) : std::runtime_error(what) {}
};

/// The file is no database, or what is in it is damaged.
class DatabaseDamaged : public DatabaseError {
public:
    using DatabaseError::DatabaseError;
};

/// Another connection had the lock for longer than it is waited for.
class DatabaseBusy : public DatabaseError {
public:
    using DatabaseError::DatabaseError;
};

/// A prepared statement on loan from a connection: bind in order, step, read the columns of a row.
/// Goes back, reset, when destroyed; destroy it before its connection and before the transaction
/// ends. Each call may throw DatabaseError.
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
    /// The same without a copy: the text stays as it is until the statement goes back.
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
    /// Ready to be bound and run once more.
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

/// What a connection is for.
enum class Access : std::uint8_t {
    Read,
    /// Read, and nobody writes meanwhile: also where the directory is not ours to write in.
    ReadStill,
    Write,  ///< the file must exist, too
};

/// How a file is looked through.
enum class Thoroughness : std::uint8_t {
    Quick,  ///< that its pages hang together and its rows can be read
    Full,   ///< also that each index has all rows, and each reference leads to a row
};

/// One connection with its cache of prepared statements. Used by one thread at a time.
class Connection {
public:
    class Handle;

    /// Opens a file; `patience`: how long a lock of another process is waited for. Throws
    /// DatabaseError: with the reason why it can't be opened, or not a database.
    Connection(const std::string& path, Access access, std::chrono::milliseconds patience);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    Connection(Connection&&) = delete;
    Connection& operator=(Connection&&) = delete;
    ~Connection();

    /// A statement out of the cache. `sql` is text of ours, never built from values.
    [[nodiscard]] Query query(std::string_view sql);
    /// Runs one or more statements without parameters and rows.
    void execute(std::string_view sql);
    /// Rows changed by the last statement that changes rows.
    [[nodiscard]] std::int64_t changes() const;
    [[nodiscard]] std::int64_t last_insert_id() const;
    /// True when the file was removed, renamed or replaced since it was opened.
    [[nodiscard]] bool is_stale() const;
    /// Leaves the write-ahead log as it is when this connection is the last one that is closed.
    void leave_log();
    /// What is wrong within the file, at most some lines; empty: nothing. Reads the whole file.
    /// Gives up, with nothing found, as soon as `go_on`, which is asked all the time, says false.
    [[nodiscard]] std::vector<std::string> problems(Thoroughness thoroughness,
                                                    const std::function<bool()>& go_on);

private:
    std::unique_ptr<Handle> handle_;
};

}  // namespace holdback::io::sqlite
