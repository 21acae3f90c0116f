// SPDX-License-Identifier: Apache-2.0
#include "io/sqlite/senders/sqlite_usage.hpp"

#include "core/clock.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_schema.hpp"
#include "limits/usage.hpp"
#include "limits/window.hpp"
#include "ports/usage_store.hpp"
#include "tests/support/temp_dir.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::io::sqlite::senders {

namespace {

using namespace std::chrono_literals;
using limits::UsageChange;
using ports::CountedCopy;

constexpr core::TimePoint kNow{1'700'000'000'000ms};

struct House {
    support::TempDir directory;
    Database database{{.path = directory.file("holdback.db"), .migrations = schema_steps()}};
    SqliteUsage store{database};
};

}  // namespace

TEST_CASE("usage is added up by counter, window and slot, and read by another program") {
    House house;
    const UsageChange one{.counter = {"a", "o'neil@a.test", "any", "google.com"},
                          .window = 3600s,
                          .slot = limits::Window(3600s).add(kNow, 0),
                          .recipients = 3};
    UsageChange other = one;
    other.counter.key = "bo@a.test";
    const std::array changes{one, one, other};
    const std::array copies{CountedCopy{.key = -7, .at = kNow, .times = 2}};
    REQUIRE(house.store.add(changes, copies).has_value());
    UsageChange back = one;
    back.recipients = -2;
    REQUIRE(house.store.add(std::array{back}, {}).has_value());
    Database again{{.path = house.directory.file("holdback.db"), .migrations = schema_steps()}};
    const auto stored = SqliteUsage(again).load(kNow, 10);
    REQUIRE(stored.has_value());
    REQUIRE(stored->usage.size() == 2);
    const std::size_t first = stored->usage[0].counter == one.counter ? 0 : 1;
    CHECK(stored->usage[first].recipients == 4);
    CHECK(stored->usage[first].window == 3600s);
    CHECK(stored->usage[first].slot == one.slot);
    CHECK(stored->usage[1 - first] == other);
    CHECK(stored->copies == std::vector(copies.begin(), copies.end()));
}

TEST_CASE("a slot is read and kept as long as its window counts it") {
    House house;
    limits::Window window(3600s);
    const UsageChange change{.counter = {"a", "ann", "any", ""},
                             .window = 3600s,
                             .slot = window.add(kNow, 1),
                             .recipients = 1};
    REQUIRE(house.store.add(std::array{change}, {}).has_value());
    const core::TimePoint end = window.falls_to(0, kNow);
    REQUIRE(house.store.forget(end - 1ms, kNow).has_value());
    CHECK(house.store.load(end - 1ms, 0)->usage.size() == 1);
    CHECK(house.store.load(end, 0)->usage.empty());
    REQUIRE(house.store.forget(end, kNow).has_value());
    CHECK(house.store.load(kNow, 0)->usage.empty());
    house.database.read([](Connection& connection) {
        Query left = connection.query("SELECT count(*) FROM sender_counter");
        REQUIRE(left.step());
        CHECK(left.integer(0) == 0);
    });
}

TEST_CASE("copies are replaced, forgotten and bounded") {
    House house;
    const std::vector<CountedCopy> copies{{.key = 1, .at = kNow, .times = 1},
                                          {.key = 2, .at = kNow + 1s, .times = 1},
                                          {.key = 3, .at = kNow + 2s, .times = 1},
                                          {.key = 1, .at = kNow + 3s, .times = 2},
                                          {.key = 3, .at = kNow + 2s, .times = 0}};
    REQUIRE(house.store.add({}, copies).has_value());
    CHECK(house.store.load(kNow, 10)->copies == std::vector{copies[1], copies[3]});
    CHECK(house.store.load(kNow, 1)->copies == std::vector{copies[3]});
    REQUIRE(house.store.forget(kNow, kNow + 2s).has_value());
    CHECK(house.store.load(kNow, 10)->copies == std::vector{copies[3]});
}

TEST_CASE("what is taken back is never less than nothing, also when it was not written down") {
    House house;
    const UsageChange back{.counter = {"a", "ann", "any", ""},
                           .window = 3600s,
                           .slot = limits::Window(3600s).add(kNow, 0),
                           .recipients = -5};
    REQUIRE(house.store.add(std::array{back}, {}).has_value());
    UsageChange more = back;
    more.recipients = 3;
    REQUIRE(house.store.add(std::array{more}, {}).has_value());
    const auto stored = house.store.load(kNow, 10);
    REQUIRE(stored.has_value());
    REQUIRE(stored->usage.size() == 1);
    CHECK(stored->usage.front().recipients == 3);
}

}  // namespace holdback::io::sqlite::senders
