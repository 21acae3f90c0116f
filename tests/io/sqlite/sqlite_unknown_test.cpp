// SPDX-License-Identifier: Apache-2.0
#include "io/sqlite/sqlite_unknown.hpp"

#include "core/clock.hpp"
#include "dsn/unknown_text.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_schema.hpp"
#include "ports/unknown_store.hpp"
#include "terms/failure_code.hpp"
#include "tests/support/memory_stores.hpp"
#include "tests/support/temp_dir.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace holdback::io::sqlite {

namespace {

using namespace std::chrono_literals;

constexpr core::TimePoint kNow{1'700'000'000'000ms};

struct Sqlite {
    support::TempDir directory;
    Database database{{.path = directory.file("holdback.db"), .migrations = schema_steps()}};
    SqliteUnknown store{database};
};

struct Memory {
    support::MemoryUnknownStore store;
};

dsn::UnknownText text(std::string pattern, int code = 9999) {
    return {.pattern = std::move(pattern),
            .example = "The \xC3\xB6 spoon\x01",
            .remote_mta = "mx.example.net",
            .code = terms::FailureCode::from_number(code).value(),
            .rule = code == 9999 ? "" : "status/other"};
}

std::vector<std::string> patterns(ports::UnknownStore& store) {
    std::vector<std::string> found;
    const std::vector<ports::UnknownEntry> entries = store.list().value();
    found.reserve(entries.size());
    for (const ports::UnknownEntry& entry : entries) {
        found.push_back(entry.text.pattern);
    }
    return found;
}

}  // namespace

TEST_CASE_TEMPLATE("patterns are counted, the most frequent stand first", Fixture, Sqlite, Memory) {
    Fixture fixture;
    ports::UnknownStore& store = fixture.store;
    CHECK(store.list().value().empty());
    REQUIRE(store.count(std::vector{text("a"), text("b")}, kNow).has_value());
    dsn::UnknownText again = text("b", 4999);
    again.example = "another";
    again.remote_mta = "mx.example.org";
    REQUIRE(store.count(std::vector{again}, kNow + 1h).has_value());
    CHECK(patterns(store) == std::vector<std::string>{"b", "a"});
    const ports::UnknownEntry first = store.list().value().front();
    CHECK(first.messages == 2);
    CHECK(first.first_seen == kNow);
    CHECK(first.last_seen == kNow + 1h);
    CHECK(first.text == text("b", 4999));
    CHECK(store.find(first.id).value() == first);
    CHECK_FALSE(store.find(first.id + 1000).value().has_value());
}

TEST_CASE_TEMPLATE("what came with a proof is counted apart, and patterns can be dropped",
                   Fixture,
                   Sqlite,
                   Memory) {
    Fixture fixture;
    ports::UnknownStore& store = fixture.store;
    dsn::UnknownText proven = text("a");
    proven.proven = true;
    REQUIRE(store.count(std::vector{text("a"), text("b")}, kNow).has_value());
    REQUIRE(store.count(std::vector{proven}, kNow).has_value());
    REQUIRE(store.count(std::vector{text("a")}, kNow).has_value());
    const std::vector<ports::UnknownEntry> entries = store.list().value();
    REQUIRE(entries.size() == 2);
    CHECK(entries[0].messages == 3);
    CHECK(entries[0].proven_messages == 1);
    CHECK(entries[1].proven_messages == 0);
    const auto dropped = store.drop(std::vector{entries[0].id, std::int64_t{1000}});
    REQUIRE(dropped.has_value());
    CHECK(*dropped == std::vector{entries[0]});
    CHECK(patterns(store) == std::vector<std::string>{"b"});
    CHECK(store.drop(std::vector{entries[0].id}).value().empty());
    // What comes back is new.
    REQUIRE(store.count(std::vector{text("a")}, kNow).has_value());
    CHECK(store.list().value().size() == 2);
    CHECK(store.find(entries[0].id).value().has_value() == false);
}

TEST_CASE("of too many patterns the rarest goes, of these the one seen longest ago") {
    const support::TempDir directory;
    Database database({.path = directory.file("holdback.db"), .migrations = schema_steps()});
    SqliteUnknown store(database, 3);
    const auto count = [&](const char* pattern, std::chrono::hours after) {
        REQUIRE(store.count(std::vector{text(pattern)}, kNow + after).has_value());
    };
    count("frequent", 0h);
    count("frequent", 1h);
    count("older", 3h);
    count("newer", 2h);
    count("newer", 4h);
    count("older", 5h);
    // All have been seen twice: what is new finds room all the same, and is the next to go.
    count("new", 6h);
    CHECK(patterns(store) == std::vector<std::string>{"older", "newer", "new"});
    count("newest", 7h);
    CHECK(patterns(store) == std::vector<std::string>{"older", "newer", "newest"});
}

TEST_CASE("made-up texts push out none that came with a proof") {
    const support::TempDir directory;
    Database database({.path = directory.file("holdback.db"), .migrations = schema_steps()});
    SqliteUnknown store(database, 10);
    const auto count = [&](std::string pattern, bool proven) {
        dsn::UnknownText seen = text(std::move(pattern));
        seen.proven = proven;
        REQUIRE(store.count(std::vector{seen}, kNow).has_value());
    };
    const auto with = [&](std::string_view prefix) {
        return std::ranges::count_if(patterns(store), [&](const std::string& pattern) {
            return pattern.starts_with(prefix);
        });
    };
    for (int i = 0; i < 5; ++i) {
        count(fmt::format("real {}", i), true);
    }
    for (int i = 0; i < 100; ++i) {
        count(fmt::format("forged {}", i % 50), false);
    }
    CHECK(with("real") == 5);
    CHECK(with("forged") == 5);
    for (int i = 0; i < 20; ++i) {
        count(fmt::format("real {}", i), true);
    }
    // The other share is not for them either.
    CHECK(with("real") == 5);
    CHECK(with("forged") == 5);
    count("forged 49", true);
    CHECK(with("real") == 5);
    CHECK(store.list().value().size() == 10);
}

TEST_CASE("a store out of reach is said") {
    support::MemoryUnknownStore store;
    store.trouble().begin("disk full");
    const auto counted = store.count(std::vector{text("a")}, kNow);
    REQUIRE_FALSE(counted.has_value());
    CHECK(counted.error().what == "disk full");
}

TEST_CASE("a store of the first version is taken over") {
    const support::TempDir directory;
    const std::string path = directory.file("holdback.db");
    {
        const Database old({.path = path, .migrations = schema_steps().first(1)});
    }
    Database database({.path = path, .migrations = schema_steps()});
    SqliteUnknown store(database);
    REQUIRE(store.count(std::vector{text("a")}, kNow).has_value());
    CHECK(patterns(store) == std::vector<std::string>{"a"});
}

}  // namespace holdback::io::sqlite
