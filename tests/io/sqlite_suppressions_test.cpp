// SPDX-License-Identifier: Apache-2.0
// The contract of SuppressionStore, for the SQLite store and for the fake that stands for it
// elsewhere.
#include "io/sqlite_suppressions.hpp"

#include "core/clock.hpp"
#include "io/sqlite_db.hpp"
#include "io/sqlite_schema.hpp"
#include "mail/address.hpp"
#include "mail/failure_code.hpp"
#include "mail/suppression.hpp"
#include "mail/syntax.hpp"
#include "ports/suppression_store.hpp"
#include "tests/support/memory_stores.hpp"
#include "tests/support/temp_dir.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace {

using namespace std::chrono_literals;
using holdback::core::TimePoint;
using holdback::io::Database;
using holdback::io::SqliteSuppressions;
using holdback::mail::Address;
using holdback::mail::FailureCode;
using holdback::mail::SubjectKind;
using holdback::mail::SuppressionEntry;
using holdback::mail::SuppressionReason;
using holdback::ports::SuppressionCounts;
using holdback::ports::SuppressionFilter;

constexpr TimePoint kNow{1'700'000'000'000ms};

struct Sqlite {
    holdback::support::TempDir directory;
    Database database{
        {.path = directory.file("holdback.db"), .migrations = holdback::io::schema_steps()}};
    SqliteSuppressions store{database};
};

struct Memory {
    holdback::support::MemorySuppressionStore store;
};

SuppressionEntry entry(SubjectKind kind, std::string subject) {
    SuppressionEntry made;
    made.kind = kind;
    made.subject = std::move(subject);
    made.reason = SuppressionReason::Bounce;
    made.code = FailureCode(2001);
    made.source = holdback::mail::SuppressionSource::Learned;
    made.strikes = 2;
    made.first_seen = kNow - 24h;
    made.last_seen = kNow;
    made.expires = kNow + 24h;
    made.proof = holdback::mail::Proof::Sealed;
    made.rule = "text/user-unknown";
    made.diagnostic = "550 5.1.1 <bo@example.net>: \xFFunknown\x01";
    made.message_id = "<1@example.org>";
    return made;
}

Address address(std::string_view text) {
    const auto parsed = Address::parse(text, holdback::mail::Smtputf8::Yes);
    REQUIRE(parsed.has_value());
    return parsed->value;
}

std::vector<std::string> subjects(holdback::ports::SuppressionStore& store,
                                  const SuppressionFilter& filter) {
    std::vector<std::string> found;
    REQUIRE(store
                .list(filter,
                      kNow,
                      [&](const SuppressionEntry& one) {
                          found.push_back(one.subject);
                          return true;
                      })
                .has_value());
    return found;
}

/// Strikes of a mailbox; 0 without an entry.
int strikes(holdback::ports::SuppressionStore& store, std::string_view subject) {
    const auto found = store.find(SubjectKind::Address, subject);
    return found.has_value() ? found->value_or(SuppressionEntry{}).strikes : 0;
}

}  // namespace

TEST_CASE_TEMPLATE("an entry comes back as it was put, over an older one", Kind, Sqlite, Memory) {
    Kind kind;
    CHECK_FALSE(kind.store.find(SubjectKind::Address, "bo@example.net").value().has_value());
    SuppressionEntry made = entry(SubjectKind::Address, "bo@example.net");
    REQUIRE(kind.store.put(made).has_value());
    CHECK(kind.store.find(SubjectKind::Address, "bo@example.net").value() == made);
    CHECK_FALSE(kind.store.find(SubjectKind::Domain, "bo@example.net").value().has_value());
    made.expires.reset();
    made.active = false;
    made.reason = SuppressionReason::Complaint;
    REQUIRE(kind.store.put(made).has_value());
    CHECK(kind.store.find(SubjectKind::Address, "bo@example.net").value() == made);
    CHECK(kind.store.counts(kNow).value() == SuppressionCounts{.entries = 1, .in_force = 0});
    CHECK(kind.store.remove(SubjectKind::Address, "bo@example.net").value());
    CHECK_FALSE(kind.store.remove(SubjectKind::Address, "bo@example.net").value());
}

TEST_CASE_TEMPLATE("a look-up gives what is in force for mailbox and domain",
                   Kind,
                   Sqlite,
                   Memory) {
    Kind kind;
    REQUIRE(kind.store.put(entry(SubjectKind::Address, "bo@example.net")).has_value());
    REQUIRE(kind.store.put(entry(SubjectKind::Domain, "example.net")).has_value());
    SuppressionEntry expired = entry(SubjectKind::Address, "old@example.org");
    expired.expires = kNow;
    REQUIRE(kind.store.put(expired).has_value());
    SuppressionEntry counting = entry(SubjectKind::Address, "counting@example.org");
    counting.active = false;
    REQUIRE(kind.store.put(counting).has_value());
    SuppressionEntry allowed = entry(SubjectKind::Address, "vip@example.net");
    allowed.reason = SuppressionReason::Allow;
    allowed.expires.reset();
    REQUIRE(kind.store.put(allowed).has_value());
    SuppressionEntry allowed_domain = entry(SubjectKind::Domain, "allowed.example");
    allowed_domain.reason = SuppressionReason::Allow;
    REQUIRE(kind.store.put(allowed_domain).has_value());
    const SuppressionEntry below = entry(SubjectKind::Address, "bo@allowed.example");
    REQUIRE(kind.store.put(below).has_value());

    struct Row {
        std::string_view address;
        bool allow = false;
        bool mailbox = false;
        bool domain = false;
    };
    const auto rows = std::to_array<Row>({
        {"BO@Example.NET", false, true, true},
        {"other@example.net", false, false, true},
        {"bo@sub.example.net", false, false, false},
        {"old@example.org", false, false, false},
        {"counting@example.org", false, false, false},
        {"vip@example.net", true, false, true},
        {"bo@allowed.example", true, true, false},
        {"nobody@example.com", false, false, false},
    });
    std::vector<Address> addresses;
    addresses.reserve(rows.size());
    for (const Row& row : rows) {
        addresses.push_back(address(row.address));
    }
    const auto found = kind.store.look_up(addresses, kNow);
    REQUIRE(found.has_value());
    REQUIRE(found->size() == rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        CAPTURE(rows.at(i).address);
        CHECK(found->at(i).allow.has_value() == rows.at(i).allow);
        CHECK(found->at(i).address.has_value() == rows.at(i).mailbox);
        CHECK(found->at(i).domain.has_value() == rows.at(i).domain);
    }
    CHECK(found->at(0).address == entry(SubjectKind::Address, "bo@example.net"));
    CHECK(kind.store.look_up({}, kNow).value().empty());
    CHECK(kind.store.counts(kNow).value() == SuppressionCounts{.entries = 7, .in_force = 3});
}

TEST_CASE_TEMPLATE("learning happens once per event and subject", Kind, Sqlite, Memory) {
    Kind kind;
    int calls = 0;
    const auto strike = [&](const std::optional<SuppressionEntry>& old) {
        ++calls;
        SuppressionEntry next =
            old.value_or(entry(SubjectKind::Address, "the store names the subject"));
        next.strikes = old.has_value() ? old->strikes + 1 : 1;
        return std::optional(next);
    };
    const auto learn = [&](std::string_view subject, std::string_view event) {
        return kind.store.learn(SubjectKind::Address, subject, event, kNow, strike).value();
    };
    CHECK(learn("bo@example.net", "<1@example.org>"));
    CHECK_FALSE(learn("bo@example.net", "<1@example.org>"));
    CHECK(calls == 1);
    CHECK(learn("bo@example.net", "<2@example.org>"));
    CHECK(learn("cy@example.net", "<1@example.org>"));
    CHECK(strikes(kind.store, "bo@example.net") == 2);
    CHECK(strikes(kind.store, "cy@example.net") == 1);

    SUBCASE("an entry left alone is remembered too") {
        const auto leave = [](const std::optional<SuppressionEntry>&) {
            return std::optional<SuppressionEntry>();
        };
        CHECK_FALSE(
            kind.store.learn(SubjectKind::Address, "di@example.net", "e", kNow, leave).value());
        CHECK_FALSE(learn("di@example.net", "e"));
        CHECK_FALSE(kind.store.find(SubjectKind::Address, "di@example.net").value().has_value());
    }
}

TEST_CASE_TEMPLATE("the list is in order of subject and fits its filter", Kind, Sqlite, Memory) {
    Kind kind;
    SuppressionEntry manual = entry(SubjectKind::Address, "zed@example.net");
    manual.reason = SuppressionReason::Manual;
    manual.code = FailureCode(1999);
    SuppressionEntry expired = entry(SubjectKind::Address, "old@example.net");
    expired.expires = kNow;
    for (const SuppressionEntry& one : {manual,
                                        expired,
                                        entry(SubjectKind::Address, "bo@example.org"),
                                        entry(SubjectKind::Domain, "example.net"),
                                        entry(SubjectKind::Address, "ann@example.net")}) {
        REQUIRE(kind.store.put(one).has_value());
    }
    CHECK(subjects(kind.store, {}) ==
          std::vector<std::string>{
              "ann@example.net", "bo@example.org", "example.net", "zed@example.net"});
    CHECK(subjects(kind.store, {.reason = SuppressionReason::Manual}) ==
          std::vector<std::string>{"zed@example.net"});
    CHECK(subjects(kind.store, {.code = FailureCode(2001)}) ==
          std::vector<std::string>{"ann@example.net", "bo@example.org", "example.net"});
    CHECK(subjects(kind.store, {.domain = "Example.NET", .with_inactive = true}) ==
          std::vector<std::string>{
              "ann@example.net", "example.net", "old@example.net", "zed@example.net"});
    CHECK(subjects(kind.store, {.domain = "' OR '1'='1"}).empty());
}

TEST_CASE_TEMPLATE("a long list can be walked, left early, and changed on the way",
                   Kind,
                   Sqlite,
                   Memory) {
    Kind kind;
    constexpr int kEntries = 603;
    for (int i = 0; i < kEntries; ++i) {
        const SuppressionEntry one =
            entry(SubjectKind::Address, std::to_string(10'000 + i) + "@example.net");
        REQUIRE(kind.store.put(one).has_value());
    }
    int seen = 0;
    std::string last;
    bool in_order = true;
    REQUIRE(kind.store
                .list({},
                      kNow,
                      [&](const SuppressionEntry& one) {
                          ++seen;
                          in_order = in_order && last < one.subject;
                          last = one.subject;
                          return seen == 100 ? kind.store.remove(one.kind, one.subject).value()
                                             : seen < 560;
                      })
                .has_value());
    CHECK(seen == 560);
    CHECK(in_order);
    CHECK(kind.store.counts(kNow).value().entries == kEntries - 1);
}

TEST_CASE("evidence is remembered up to a number and an age") {
    const holdback::support::TempDir directory;
    Database database(
        {.path = directory.file("holdback.db"), .migrations = holdback::io::schema_steps()});
    SqliteSuppressions store(database, {.age = std::chrono::hours(48), .events = 5});
    const auto remembered = [&] {
        return database.read([](holdback::io::Connection& connection) {
            holdback::io::Query query = connection.query("SELECT count(*) FROM learned_event");
            query.step();
            return query.integer(0);
        });
    };
    const auto leave = [](const std::optional<SuppressionEntry>&) {
        return std::optional<SuppressionEntry>();
    };
    for (int i = 0; i < 12; ++i) {
        REQUIRE(store.learn(SubjectKind::Address, "a@b.example", std::to_string(i), kNow, leave)
                    .has_value());
    }
    CHECK(remembered() == 5);
    REQUIRE(
        store.learn(SubjectKind::Address, "a@b.example", "later", kNow + 49h, leave).has_value());
    CHECK(remembered() <= 2);
}

TEST_CASE("an exception out of a change leaves nothing behind") {
    Sqlite kind;
    const auto fail =
        [](const std::optional<SuppressionEntry>&) -> std::optional<SuppressionEntry> {
        throw std::runtime_error("a bug");
    };
    CHECK_THROWS_AS(
        static_cast<void>(kind.store.learn(SubjectKind::Address, "a@b.example", "e", kNow, fail)),
        std::runtime_error);
    const auto make = [](const std::optional<SuppressionEntry>&) {
        return std::optional(entry(SubjectKind::Address, "a@b.example"));
    };
    CHECK(kind.store.learn(SubjectKind::Address, "a@b.example", "e", kNow, make).value());
}

TEST_CASE("strikes counted by threads on two connections are all there") {
    const holdback::support::TempDir directory;
    const holdback::io::DatabaseOptions options{.path = directory.file("holdback.db"),
                                                .migrations = holdback::io::schema_steps()};
    Database one(options);
    Database two(options);
    SqliteSuppressions first(one);
    SqliteSuppressions second(two);
    std::atomic<int> failures = 0;
    {
        std::vector<std::jthread> threads;
        threads.reserve(4);
        for (int thread = 0; thread < 4; ++thread) {
            threads.emplace_back([&, thread] {
                SqliteSuppressions& store = thread % 2 == 0 ? first : second;
                for (int i = 0; i < 20; ++i) {
                    // Two threads bring each event: it counts once.
                    const std::string event = std::to_string(thread / 2) + "-" + std::to_string(i);
                    const auto learned = store.learn(
                        SubjectKind::Address,
                        "bo@example.net",
                        event,
                        kNow,
                        [](const std::optional<SuppressionEntry>& old) {
                            SuppressionEntry next =
                                old.value_or(entry(SubjectKind::Address, "bo@example.net"));
                            next.strikes = old.has_value() ? old->strikes + 1 : 1;
                            return std::optional(next);
                        });
                    failures += learned.has_value() ? 0 : 1;
                    failures +=
                        store.find(SubjectKind::Address, "bo@example.net").has_value() ? 0 : 1;
                }
            });
        }
    }
    CHECK(failures == 0);
    CHECK(strikes(first, "bo@example.net") == 40);
}
