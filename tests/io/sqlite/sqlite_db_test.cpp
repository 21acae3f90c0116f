// SPDX-License-Identifier: Apache-2.0
#include "io/sqlite/sqlite_db.hpp"

#include "core/clock.hpp"
#include "tests/support/temp_dir.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <sys/mount.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace {

using holdback::io::sqlite::at_store_boundary;
using holdback::io::sqlite::Connection;
using holdback::io::sqlite::Database;
using holdback::io::sqlite::DatabaseError;
using holdback::io::sqlite::DatabaseMode;
using holdback::io::sqlite::Query;
using holdback::io::sqlite::Thoroughness;

constexpr std::array<std::string_view, 2> kSteps{
    "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT",
    "ALTER TABLE note ADD COLUMN at INTEGER; CREATE INDEX note_at ON note (at)"};

holdback::io::sqlite::DatabaseOptions options(const std::string& path,
                                              DatabaseMode mode = DatabaseMode::ReadWrite) {
    return {.path = path, .mode = mode, .migrations = kSteps};
}

void add(Database& database, std::string_view text) {
    database.write([&](Connection& connection) {
        connection.query("INSERT INTO note (text) VALUES (?)").bind(text).run();
    });
}

std::int64_t count(Database& database) {
    return database.read([](Connection& connection) {
        Query query = connection.query("SELECT count(*) FROM note");
        query.step();
        return query.integer(0);
    });
}

std::string pragma(Database& database, std::string_view sql) {
    return database.write([&](Connection& connection) {
        Query query = connection.query(sql);
        query.step();
        return query.text(0);
    });
}

/// The error text of opening a database, or "".
std::string open_error(const holdback::io::sqlite::DatabaseOptions& wanted) {
    try {
        const Database database(wanted);
        return "";
    } catch (const DatabaseError& error) {
        return error.what();
    }
}

/// The error text of a write, or "".
std::string write_error(Database& database, std::string_view text) {
    const auto written = at_store_boundary([&] { add(database, text); });
    return written.has_value() ? "" : written.error().what;
}

Database::Trial trial(std::optional<Thoroughness> look = std::nullopt) {
    return {.look = look,
            .go_on = [] { return true; },
            .refusal = [](Database&) { return std::optional<std::string>(); }};
}

std::string content_of(const std::string& path) {
    const std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return std::move(text).str();
}

}  // namespace

TEST_CASE("a new database is private, in WAL mode, fully synced and migrated") {
    const holdback::support::TempDir directory;
    const std::string path = directory.file("a.db");
    Database database(options(path));
    CHECK(static_cast<unsigned>(std::filesystem::status(path).permissions()) == 0640U);
    CHECK(pragma(database, "PRAGMA journal_mode") == "wal");
    CHECK(pragma(database, "PRAGMA synchronous") == "2");
    CHECK(pragma(database, "PRAGMA foreign_keys") == "1");
    CHECK(pragma(database, "PRAGMA user_version") == "2");
    add(database, "one");
    CHECK(count(database) == 1);
}

TEST_CASE("values of every kind, with any octets, come back as they were bound") {
    const holdback::support::TempDir directory;
    Database database(options(directory.file("a.db")));
    constexpr std::string_view kText{"a\0b\xFF'--", 7};
    const holdback::core::TimePoint time{std::chrono::milliseconds(1'700'000'000'123)};
    database.read([&](Connection& connection) {
        Query query = connection.query("SELECT ?, ?, ?, ?, ?, ?");
        query.bind(kText)
            .bind(std::int64_t{-9'000'000'000})
            .bind(true)
            .bind(std::optional(time))
            .bind(std::optional<holdback::core::TimePoint>())
            .bind(std::nullopt);
        REQUIRE(query.step());
        CHECK(query.text(0) == kText);
        CHECK(query.integer(1) == -9'000'000'000);
        CHECK(query.integer(2) == 1);
        CHECK(query.time(3) == time);
        CHECK_FALSE(query.optional_time(4).has_value());
        CHECK(query.is_null(5));
        CHECK_FALSE(query.step());
    });
}

TEST_CASE("a statement can be used within itself") {
    const holdback::support::TempDir directory;
    Database database(options(directory.file("a.db")));
    add(database, "one");
    add(database, "two");
    int rows = 0;
    database.read([&](Connection& connection) {
        constexpr std::string_view kSql = "SELECT text FROM note ORDER BY id";
        Query outer = connection.query(kSql);
        while (outer.step()) {
            Query inner = connection.query(kSql);
            while (inner.step()) {
                ++rows;
            }
        }
    });
    CHECK(rows == 4);
}

TEST_CASE("an old database is migrated, a newer one is refused") {
    const holdback::support::TempDir directory;
    const std::string path = directory.file("a.db");
    {
        Database old({.path = path, .migrations = std::span(kSteps).first(1)});
        add(old, "kept");
    }
    CHECK(open_error(options(path, DatabaseMode::ReadOnly)) ==
          path + ": schema 1 is older than 2: start the daemon once to bring it up to date");
    {
        Database database(options(path));
        CHECK(count(database) == 1);
        CHECK(pragma(database, "PRAGMA user_version") == "2");
    }
    CHECK(open_error({.path = path, .migrations = std::span(kSteps).first(1)}) ==
          path + ": written by a newer version of the program (schema 2, we know 1)");
}

TEST_CASE("a migration that fails leaves the version before it") {
    const holdback::support::TempDir directory;
    const std::string path = directory.file("a.db");
    constexpr std::array<std::string_view, 2> kBroken{
        "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT",
        "CREATE TABLE half (id INTEGER); CREATE TABLE note (twice INTEGER)"};
    CHECK(open_error({.path = path, .migrations = kBroken}) ==
          path + ": table note already exists");
    Database database({.path = path, .migrations = std::span(kBroken).first(1)});
    CHECK(pragma(database, "SELECT count(*) FROM sqlite_schema WHERE name = 'half'") == "0");
}

TEST_CASE("many that open a new file at once all succeed") {
    const holdback::support::TempDir directory;
    const std::string path = directory.file("a.db");
    std::atomic<int> failures = 0;
    {
        std::vector<std::jthread> threads;
        threads.reserve(6);
        for (int i = 0; i < 6; ++i) {
            threads.emplace_back([&, i] {
                try {
                    Database database(options(path));
                    add(database, std::to_string(i));
                } catch (const DatabaseError&) {
                    ++failures;
                }
            });
        }
    }
    CHECK(failures == 0);
    Database database(options(path));
    CHECK(count(database) == 6);
}

TEST_CASE("what cannot be opened is said with path and reason") {
    const holdback::support::TempDir directory;
    const std::string garbage = directory.file("garbage.db");
    std::ofstream(garbage) << std::string(4096, 'x');
    CHECK(open_error(options(garbage)) == garbage + ": file is not a database");

    const std::string no_parent = directory.file("absent/a.db");
    CHECK(open_error(options(no_parent)) == "unable to open database file " + no_parent +
                                                ": directory " + directory.path() +
                                                "/absent: No such file or directory");
    const std::string absent = directory.file("absent.db");
    CHECK(open_error(options(absent, DatabaseMode::ReadOnly)) ==
          "unable to open database file " + absent + ": No such file or directory");
    CHECK(open_error(options(directory.path())) ==
          "unable to open database file " + directory.path() + ": not a regular file");
    std::ofstream(directory.file("empty.db")).flush();
    CHECK(open_error(options(directory.file("empty.db"), DatabaseMode::ReadOnly)) ==
          directory.file("empty.db") +
              ": schema 0 is older than 2: start the daemon once to bring it up to date");
}

TEST_CASE("a transaction is whole or not at all") {
    const holdback::support::TempDir directory;
    Database database(options(directory.file("a.db")));
    const auto result = at_store_boundary([&] {
        database.write([](Connection& connection) {
            connection.query("INSERT INTO note (text) VALUES ('one')").run();
            connection.query("INSERT INTO note (text) VALUES ('one')").run();
        });
    });
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().what == directory.file("a.db") + ": UNIQUE constraint failed: note.text");
    CHECK(count(database) == 0);
    add(database, "two");
    CHECK(count(database) == 1);
}

TEST_CASE("a transaction that need not wait for the disk leaves the next one durable") {
    const holdback::support::TempDir directory;
    Database database(options(directory.file("a.db")));
    const auto sync = [](Connection& connection) {
        Query query = connection.query("PRAGMA synchronous");
        query.step();
        return query.text(0);
    };
    CHECK(database.write_soon(sync) == "1");
    CHECK(database.write(sync) == "2");
    CHECK_THROWS_AS(database.write_soon([](Connection&) { throw DatabaseError("no"); }),
                    DatabaseError);
    CHECK(database.write(sync) == "2");
}

TEST_CASE("reads go on within reads and during a write") {
    const holdback::support::TempDir directory;
    Database database(options(directory.file("a.db")));
    add(database, "one");
    database.write([&](Connection& connection) {
        connection.query("INSERT INTO note (text) VALUES ('two')").run();
        CHECK(count(database) == 1);
    });
    database.read([&](Connection& /*connection*/) {
        CHECK(count(database) == 2);
        add(database, "three");
        CHECK(count(database) == 3);
    });
}

TEST_CASE("a writer that waits too long for another process says so, and later works") {
    const holdback::support::TempDir directory;
    const std::string path = directory.file("a.db");
    Database first(options(path));
    Database second(
        {.path = path, .busy_timeout = std::chrono::milliseconds(50), .migrations = kSteps});
    first.write([&](Connection& connection) {
        connection.query("INSERT INTO note (text) VALUES ('one')").run();
        CHECK(write_error(second, "two") == path + ": database is locked");
        CHECK(count(second) == 0);
    });
    CHECK(write_error(second, "two").empty());
    CHECK(count(first) == 2);
}

TEST_CASE("a database can be read by others, with and without a daemon, but not written") {
    const holdback::support::TempDir directory;
    const std::string path = directory.file("a #1?.db");
    {
        Database writer(options(path));
        add(writer, "one");
        Database reader(options(path, DatabaseMode::ReadOnly));
        CHECK(count(reader) == 1);
        add(writer, "two");
        CHECK(count(reader) == 2);
        CHECK(write_error(reader, "three") == path + ": opened for reading only");
    }
    Database reader(options(path, DatabaseMode::ReadOnly));
    CHECK(count(reader) == 2);
}

TEST_CASE("a reader without rights in the directory can read what a stopped daemon left") {
    if (geteuid() != 0) {
        MESSAGE("needs root: skipped");
        return;
    }
    const holdback::support::TempDir directory;
    const std::string path = directory.file("a #1?%41.db");
    {
        Database writer(options(path));
        add(writer, "one");
    }
    REQUIRE(chmod(directory.path().c_str(), 0755) == 0);
    REQUIRE(chmod(path.c_str(), 0644) == 0);
    constexpr uid_t kNobody = 65534;
    REQUIRE(seteuid(kNobody) == 0);
    std::string error;
    std::int64_t rows = 0;
    try {
        Database reader(options(path, DatabaseMode::ReadOnly));
        rows = count(reader);
    } catch (const DatabaseError& caught) {
        error = caught.what();
    }
    const std::string write_refused = open_error(options(path));
    REQUIRE(seteuid(0) == 0);
    CHECK(error.empty());
    CHECK(rows == 1);
    CHECK(write_refused == path + ": attempt to write a readonly database");
}

TEST_CASE("calls fail while the file is away and work again when it is back") {
    const holdback::support::TempDir directory;
    const std::string path = directory.file("a.db");
    Database database(options(path));
    add(database, "one");
    std::filesystem::rename(path, directory.file("away.db"));
    CHECK(write_error(database, "two") ==
          "unable to open database file " + path + ": No such file or directory");
    CHECK_FALSE(at_store_boundary([&] { return count(database); }).has_value());
    CHECK_FALSE(std::filesystem::exists(path));
    std::filesystem::rename(directory.file("away.db"), path);
    CHECK(write_error(database, "two").empty());
    CHECK(count(database) == 2);
}

TEST_CASE("calls fail on a full disk and work again when there is room") {
    const holdback::support::TempDir directory;
    if (geteuid() != 0 || mount("tmpfs", directory.path().c_str(), "tmpfs", 0, "size=512k") != 0) {
        MESSAGE("needs root and tmpfs: skipped");
        return;
    }
    {
        const std::string path = directory.file("a.db");
        Database database(options(path));
        add(database, "one");
        std::ofstream(directory.file("ballast")) << std::string(1'000'000, 'x');
        std::string error;
        for (int i = 0; i < 100 && error.empty(); ++i) {
            error = write_error(database, std::string(5'000, 'a') + std::to_string(i));
        }
        CAPTURE(error);
        CHECK(error.find(path) != std::string::npos);
        CHECK((error.find("disk full") != std::string::npos ||
               error.find("No space left") != std::string::npos));
        CHECK(count(database) >= 1);
        std::filesystem::remove(directory.file("ballast"));
        CHECK(write_error(database, "two").empty());
    }
    umount(directory.path().c_str());
}

TEST_CASE("a database that is to wait opens without a file in order, and takes it up later") {
    const holdback::support::TempDir directory;
    const std::string path = directory.file("store.db");
    std::ofstream(path) << std::string(9000, 'x');
    holdback::io::sqlite::DatabaseOptions wanted = options(path);
    wanted.if_unusable = holdback::io::sqlite::IfUnusable::Wait;
    Database database(wanted);
    REQUIRE(database.disorder().has_value());
    CHECK(database.disorder()->damaged);
    CHECK(write_error(database, "a").find("not a database") != std::string::npos);
    CHECK_FALSE(at_store_boundary([&] { return count(database); }).has_value());
    CHECK(std::filesystem::file_size(path) == 9000);
    CHECK_THROWS_AS(database.take_up(trial()), DatabaseError);

    std::filesystem::remove(path);
    SUBCASE("a file that is away is not made") {
        CHECK_THROWS_AS(database.take_up(trial()), DatabaseError);
        CHECK_FALSE(std::filesystem::exists(path));
    }
    SUBCASE("a file in order is used") {
        {
            Database other(options(path));
            add(other, "a");
        }
        database.take_up(trial(Thoroughness::Quick));
        CHECK_FALSE(database.disorder().has_value());
        CHECK(write_error(database, "b").empty());
        CHECK(count(database) == 2);
    }
    SUBCASE("a file of an older version is brought up to date") {
        holdback::io::sqlite::DatabaseOptions older = options(path);
        older.migrations = older.migrations.first(1);
        {
            const Database other(older);
        }
        database.take_up(trial(Thoroughness::Quick));
        CHECK(write_error(database, "b").empty());
    }
    SUBCASE("a file that is refused is not used, and nothing got to it meanwhile") {
        {
            Database other(options(path));
            add(other, "a");
        }
        holdback::io::sqlite::Database::Trial refused = trial();
        refused.refusal = [&](Database& tried) -> std::optional<std::string> {
            CHECK(count(tried) == 1);
            CHECK_FALSE(at_store_boundary([&] { return count(database); }).has_value());
            return "it is another's";
        };
        CHECK_THROWS_AS(database.take_up(refused), DatabaseError);
        CHECK(database.disorder().value().why == "it is another's");
        CHECK(write_error(database, "b") == "it is another's");
        database.take_up(trial());
        CHECK(write_error(database, "b").empty());
    }
    SUBCASE("a look that was given up is none") {
        {
            Database other(options(path));
            add(other, "a");
        }
        holdback::io::sqlite::Database::Trial given_up = trial(Thoroughness::Full);
        given_up.go_on = [] { return false; };
        CHECK_THROWS_AS(database.take_up(given_up), DatabaseError);
        CHECK(database.disorder().has_value());
    }
}

TEST_CASE("a database that is kept off does not touch the file") {
    const holdback::support::TempDir directory;
    const std::string path = directory.file("store.db");
    holdback::io::sqlite::DatabaseOptions wanted = options(path);
    wanted.if_unusable = holdback::io::sqlite::IfUnusable::Wait;
    wanted.keep_off = "no lock";
    Database database(wanted);
    CHECK_FALSE(std::filesystem::exists(path));
    CHECK(write_error(database, "a") == "no lock");
    {
        const Database other(options(path));
    }
    database.take_up(trial());
    CHECK(write_error(database, "a").empty());
}

namespace {

/// A database with damage in the middle.
void make_damaged(const std::string& path) {
    {
        Database database(options(path));
        database.write([&](Connection& connection) {
            Query query = connection.query("INSERT INTO note (text) VALUES (?)");
            for (int i = 0; i < 2000; ++i) {
                query.again().bind(fmt::format("{:0>100}", i)).run();
            }
        });
    }
    const auto size = std::filesystem::file_size(path);
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(size / 2 / 4096 * 4096));
    file << std::string(std::size_t{16} * 4096, '\xA5');
}

}  // namespace

TEST_CASE("damage that a call meets ends all use of the file, which stays as it is") {
    const holdback::support::TempDir directory;
    const std::string path = directory.file("store.db");
    make_damaged(path);
    const std::string spoilt = content_of(path);
    {
        Database database(options(path));
        // The log is not empty when the damage is met.
        database.write([](Connection& connection) { connection.execute("CREATE TABLE more (x)"); });
        CHECK(std::filesystem::file_size(path + "-wal") > 0);
        SUBCASE("a read meets it") {
            CHECK_FALSE(
                at_store_boundary([&] {
                    return database.read([](Connection& connection) {
                        connection.query("SELECT max(length(text)), max(at) FROM note").run();
                    });
                }).has_value());
        }
        SUBCASE("the look through the file finds it") {
            database.look_through([] { return true; });
        }
        REQUIRE(database.disorder().has_value());
        CHECK(database.disorder()->damaged);
        CHECK_FALSE(write_error(database, "more").empty());
        CHECK_THROWS_AS(database.take_up(trial(Thoroughness::Full)), DatabaseError);
        CHECK(database.disorder().has_value());
    }
    CHECK(content_of(path) == spoilt);
    CHECK(std::filesystem::file_size(path + "-wal") > 0);
}

TEST_CASE("a log that is left at the end is read by whoever comes next") {
    const holdback::support::TempDir directory;
    const std::string path = directory.file("store.db");
    {
        Database database(options(path));
        database.checkpoint();
        add(database, "last");
        database.leave_log_at_end();
    }
    CHECK(std::filesystem::file_size(path + "-wal") > 0);
    {
        Database reading(options(path, DatabaseMode::ReadOnly));
        CHECK(count(reading) == 1);
        reading.leave_log_at_end();
    }
    {
        Database database(options(path));
        CHECK(count(database) == 1);
    }
    // An end that leaves nothing brings all of it into the file.
    CHECK_FALSE(std::filesystem::exists(path + "-wal"));
}

TEST_CASE("another file in the place of a damaged one is used") {
    const holdback::support::TempDir directory;
    const std::string path = directory.file("store.db");
    make_damaged(path);
    const std::string spoilt = content_of(path);
    Database database(options(path));
    database.write([](Connection& connection) { connection.execute("CREATE TABLE more (x)"); });
    database.look_through([] { return true; });
    REQUIRE(database.disorder().has_value());
    for (const std::string part : {"", "-wal", "-shm"}) {
        std::filesystem::rename(path + part, directory.file("spoilt" + part));
    }
    {
        const Database other(options(path));
    }
    database.take_up(trial(Thoroughness::Full));
    CHECK(write_error(database, "new").empty());
    CHECK(count(database) == 1);
    CHECK(content_of(directory.file("spoilt")) == spoilt);
}

TEST_CASE("writers do not wait one after the other for a lock that another has") {
    const holdback::support::TempDir directory;
    holdback::io::sqlite::DatabaseOptions wanted = options(directory.file("store.db"));
    wanted.busy_timeout = std::chrono::milliseconds(400);
    Database database(wanted);
    std::atomic<int> refused = 0;
    {
        Connection other(wanted.path, holdback::io::sqlite::Access::Write, wanted.busy_timeout);
        other.execute("BEGIN IMMEDIATE");
        const auto began = std::chrono::steady_clock::now();
        {
            std::vector<std::jthread> writers;
            for (int i = 0; i < 12; ++i) {
                writers.emplace_back([&, i] {
                    if (!write_error(database, fmt::format("{}", i)).empty()) {
                        ++refused;
                    }
                });
            }
        }
        CHECK(refused == 12);
        CHECK(std::chrono::steady_clock::now() - began < std::chrono::milliseconds(2400));
    }
    CHECK(write_error(database, "free").empty());
}

TEST_CASE("the look through a file in order finds nothing, and gives up when told to") {
    const holdback::support::TempDir directory;
    Database database(options(directory.file("store.db")));
    add(database, "a");
    database.look_through([] { return true; });
    database.look_through([] { return false; });
    CHECK_FALSE(database.disorder().has_value());
    CHECK(write_error(database, "b").empty());
}
