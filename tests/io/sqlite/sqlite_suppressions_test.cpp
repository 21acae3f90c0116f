// SPDX-License-Identifier: Apache-2.0
// The contract of SuppressionStore, for the SQLite store and for the fake that stands for it
// elsewhere.
#include "io/sqlite/sqlite_suppressions.hpp"

#include "core/clock.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_schema.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/syntax.hpp"
#include "ports/suppression_store.hpp"
#include "terms/failure_code.hpp"
#include "terms/suppression.hpp"
#include "tests/support/memory_stores.hpp"
#include "tests/support/temp_dir.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
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
using holdback::io::sqlite::Database;
using holdback::io::sqlite::SqliteSuppressions;
using holdback::mail::Address;
using holdback::ports::SuppressionCounts;
using holdback::ports::SuppressionFilter;
using holdback::terms::FailureCode;
using holdback::terms::SubjectKind;
using holdback::terms::SuppressionEntry;
using holdback::terms::SuppressionKey;
using holdback::terms::SuppressionReason;

constexpr TimePoint kNow{1'700'000'000'000ms};

holdback::ports::LearnEvent event_of(std::string_view name, TimePoint at = kNow) {
    return {.names = {std::string(name)}, .provider = "example.net", .at = at};
}

const holdback::mail::EnvelopeSender nobody = holdback::mail::NullSender{};

struct Sqlite {
    holdback::support::TempDir directory;
    Database database{{.path = directory.file("holdback.db"),
                       .migrations = holdback::io::sqlite::schema_steps()}};
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
    made.source = holdback::terms::SuppressionSource::Learned;
    made.strikes = 2;
    made.first_seen = kNow - 24h;
    made.last_seen = kNow;
    made.expires = kNow + 24h;
    made.proof = holdback::terms::Proof::Sealed;
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

/// The name of a global entry.
SuppressionKey name(SubjectKind kind, std::string_view subject) {
    return {.kind = kind, .subject = std::string(subject), .scope = {}};
}

/// Strikes of a mailbox; 0 without an entry.
int strikes(holdback::ports::SuppressionStore& store, std::string_view subject) {
    const auto found = store.find(name(SubjectKind::Address, subject));
    return found.has_value() ? found->value_or(SuppressionEntry{}).strikes : 0;
}

}  // namespace

TEST_CASE_TEMPLATE("an entry comes back as it was put, over an older one", Kind, Sqlite, Memory) {
    Kind kind;
    CHECK_FALSE(kind.store.find(name(SubjectKind::Address, "bo@example.net")).value().has_value());
    SuppressionEntry made = entry(SubjectKind::Address, "bo@example.net");
    REQUIRE(kind.store.put(made).has_value());
    CHECK(kind.store.find(name(SubjectKind::Address, "bo@example.net")).value() == made);
    CHECK_FALSE(kind.store.find(name(SubjectKind::Domain, "example.net")).value().has_value());
    made.expires.reset();
    made.active = false;
    made.reason = SuppressionReason::Complaint;
    REQUIRE(kind.store.put(made).has_value());
    CHECK(kind.store.find(name(SubjectKind::Address, "bo@example.net")).value() == made);
    CHECK(kind.store.counts(kNow).value() == SuppressionCounts{.entries = 1, .in_force = 0});
    CHECK(kind.store.remove(name(SubjectKind::Address, "bo@example.net")).value());
    CHECK_FALSE(kind.store.remove(name(SubjectKind::Address, "bo@example.net")).value());
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
    const auto found = kind.store.look_up(addresses, nobody, kNow);
    REQUIRE(found.has_value());
    REQUIRE(found->size() == rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        CAPTURE(rows.at(i).address);
        CHECK(found->at(i).allow.has_value() == rows.at(i).allow);
        CHECK(found->at(i).address.has_value() == rows.at(i).mailbox);
        CHECK(found->at(i).domain.has_value() == rows.at(i).domain);
    }
    CHECK(found->at(0).address == entry(SubjectKind::Address, "bo@example.net"));
    CHECK(kind.store.look_up({}, nobody, kNow).value().empty());
    CHECK(kind.store.counts(kNow).value() == SuppressionCounts{.entries = 7, .in_force = 3});
    // Each asked alone, in a list without and with entries of other kinds.
    const auto alone = [&] {
        std::vector<holdback::ports::SuppressionLookup> each;
        each.reserve(addresses.size());
        for (const Address& one : addresses) {
            each.push_back(kind.store.look_up(std::span(&one, 1), nobody, kNow).value().front());
        }
        return each;
    };
    CHECK(alone() == *found);
    REQUIRE(kind.store.put(entry(SubjectKind::Pattern, "*@*.elsewhere.example")).has_value());
    CHECK(alone() == *found);
}

TEST_CASE_TEMPLATE("entries count for the senders of their scope, the gravest first",
                   Kind,
                   Sqlite,
                   Memory) {
    Kind kind;
    const auto put = [&](std::string_view subject,
                         std::string_view scope,
                         SuppressionReason reason) {
        const auto parsed = holdback::terms::parse_subject(subject, holdback::terms::Patterns::Yes);
        REQUIRE(parsed.has_value());
        SuppressionEntry made = entry(parsed->kind, parsed->text);
        made.scope = holdback::terms::SuppressionScope::parse(scope).value();
        made.reason = reason;
        REQUIRE(kind.store.put(made).has_value());
    };
    put("bo@example.net", "global", SuppressionReason::Unsubscribe);
    put("bo@example.net", "example.org", SuppressionReason::Complaint);
    put("bo@example.net", "news@example.org", SuppressionReason::Bounce);
    put("fay@example.com", "global", SuppressionReason::Bounce);
    put("fay@example.com", "example.org", SuppressionReason::Unsubscribe);
    put("gus@example.com", "global", SuppressionReason::Complaint);
    put("gus@example.com", "example.org", SuppressionReason::Complaint);
    put("example.net", "other.example", SuppressionReason::Manual);
    put(".net", "news@example.org", SuppressionReason::Manual);
    put("*@example.net", "global", SuppressionReason::Complaint);
    put("cy@example.net", "vip@example.org", SuppressionReason::Allow);
    put(".sub.example.com", "global", SuppressionReason::Complaint);
    put(".a.sub.example.com", "global", SuppressionReason::Bounce);

    const auto look = [&](std::string_view mailbox, std::string_view sender) {
        const std::array addresses{address(mailbox)};
        const holdback::mail::EnvelopeSender from =
            sender.empty() ? nobody : holdback::mail::EnvelopeSender(address(sender));
        return kind.store.look_up(addresses, from, kNow).value().front();
    };
    using Reason = std::optional<SuppressionReason>;
    const auto reason = [](const std::optional<SuppressionEntry>& found) {
        return found.has_value() ? Reason(found->reason) : std::nullopt;
    };
    CHECK(reason(look("bo@example.net", "").address) == SuppressionReason::Unsubscribe);
    CHECK(reason(look("bo@example.net", "x@sub.example.org").address) ==
          SuppressionReason::Unsubscribe);
    CHECK(reason(look("bo@example.net", "x@example.org").address) == SuppressionReason::Complaint);
    CHECK(reason(look("bo@example.net", "News@example.org").address) == SuppressionReason::Bounce);
    CHECK(reason(look("fay@example.com", "x@example.org").address) == SuppressionReason::Bounce);
    // A wish of the mailbox's does not hide what was learned about the domain.
    put("hal@sub.example.com", "global", SuppressionReason::Unsubscribe);
    put("ida@b.a.sub.example.com", "global", SuppressionReason::Unsubscribe);
    put("jan@b.a.sub.example.com", "global", SuppressionReason::Bounce);
    CHECK(reason(deciding_entry(look("hal@sub.example.com", ""))) == SuppressionReason::Complaint);
    CHECK(reason(deciding_entry(look("ida@b.a.sub.example.com", ""))) == SuppressionReason::Bounce);
    CHECK(deciding_entry(look("jan@b.a.sub.example.com", ""))->kind == SubjectKind::Address);
    CHECK_FALSE(deciding_entry(look("x@example.com", "")).has_value());
    CHECK(look("gus@example.com", "x@example.org").address->scope.text() == "example.org");
    CHECK(reason(look("di@example.net", "").domain) == SuppressionReason::Complaint);
    CHECK(reason(look("di@example.net", "x@other.example").domain) == SuppressionReason::Manual);
    CHECK(look("di@example.net", "news@example.org").domain->kind == SubjectKind::Suffix);
    CHECK(look("di@example.net", "").domain->kind == SubjectKind::Pattern);
    CHECK(look("cy@example.net", "vip@example.org").allow.has_value());
    CHECK_FALSE(look("cy@example.net", "x@example.org").allow.has_value());
    CHECK(reason(look("x@sub.example.com", "").domain) == SuppressionReason::Complaint);
    CHECK(reason(look("x@b.a.sub.example.com", "").domain) == SuppressionReason::Bounce);
    CHECK_FALSE(look("x@example.com", "").domain.has_value());
    CHECK(kind.store.find_all({.kind = SubjectKind::Address, .text = "bo@example.net"})
              .value()
              .size() == 3);
    CHECK(kind.store
              .remove({.subject = "bo@example.net",
                       .scope = holdback::terms::SuppressionScope::parse("example.org").value()})
              .value());
    CHECK(reason(look("bo@example.net", "x@example.org").address) ==
          SuppressionReason::Unsubscribe);
    CHECK(kind.store.remove(name(SubjectKind::Pattern, "*@example.net")).value());
    CHECK_FALSE(look("di@example.net", "").domain.has_value());
    CHECK(subjects(kind.store, {.kind = SubjectKind::Suffix}) ==
          std::vector<std::string>{".a.sub.example.com", ".net", ".sub.example.com"});
    CHECK(subjects(kind.store,
                   {.scope = holdback::terms::SuppressionScope::parse("other.example")}) ==
          std::vector<std::string>{"example.net"});
    CHECK(subjects(kind.store, {.domain = "sub.example.com"}) ==
          std::vector<std::string>{".sub.example.com", "hal@sub.example.com"});
    CHECK(subjects(kind.store, {.kind = SubjectKind::Address, .seen_before = kNow}).empty());
    CHECK(subjects(kind.store, {.kind = SubjectKind::Address, .seen_since = kNow}).size() == 10);
    CHECK(
        subjects(kind.store, {.kind = SubjectKind::Domain, .proof = holdback::terms::Proof::Local})
            .empty());
}

TEST_CASE("patterns that another process adds and removes are seen") {
    const holdback::support::TempDir directory;
    const holdback::io::sqlite::DatabaseOptions options{
        .path = directory.file("holdback.db"), .migrations = holdback::io::sqlite::schema_steps()};
    Database one(options);
    Database two(options);
    SqliteSuppressions first(one);
    SqliteSuppressions second(two);
    const std::array addresses{address("bo@sub.example.net")};
    const auto is_found = [&] {
        return second.look_up(addresses, nobody, kNow).value().front().domain.has_value();
    };
    CHECK_FALSE(is_found());
    REQUIRE(first.put(entry(SubjectKind::Pattern, "*@*.example.net")).has_value());
    CHECK(is_found());
    CHECK(first.remove(name(SubjectKind::Pattern, "*@*.example.net")).value());
    CHECK_FALSE(is_found());
    REQUIRE(first.put(entry(SubjectKind::Suffix, ".example.net")).has_value());
    CHECK(is_found());
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
        return kind.store.learn(name(SubjectKind::Address, subject), event_of(event), strike)
            .value();
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
            kind.store.learn(name(SubjectKind::Address, "di@example.net"), event_of("e"), leave)
                .value());
        CHECK_FALSE(learn("di@example.net", "e"));
        CHECK_FALSE(
            kind.store.find(name(SubjectKind::Address, "di@example.net")).value().has_value());
    }
}

TEST_CASE_TEMPLATE("the list is in order of domain and mailbox and fits its filter",
                   Kind,
                   Sqlite,
                   Memory) {
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
              "ann@example.net", "zed@example.net", "example.net", "bo@example.org"});
    CHECK(subjects(kind.store, {.reason = SuppressionReason::Manual}) ==
          std::vector<std::string>{"zed@example.net"});
    CHECK(subjects(kind.store, {.code = FailureCode(2001)}) ==
          std::vector<std::string>{"ann@example.net", "example.net", "bo@example.org"});
    CHECK(subjects(kind.store, {.domain = "Example.NET", .with_inactive = true}) ==
          std::vector<std::string>{
              "ann@example.net", "old@example.net", "zed@example.net", "example.net"});
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
                          return seen == 100 ? kind.store.remove(one.key()).value() : seen < 560;
                      })
                .has_value());
    CHECK(seen == 560);
    CHECK(in_order);
    CHECK(kind.store.counts(kNow).value().entries == kEntries - 1);
}

TEST_CASE("evidence is remembered up to a number and an age") {
    const holdback::support::TempDir directory;
    Database database({.path = directory.file("holdback.db"),
                       .migrations = holdback::io::sqlite::schema_steps()});
    SqliteSuppressions store(database, {.retention = {.age = std::chrono::hours(48), .events = 5}});
    const auto remembered = [&] {
        return database.read([](holdback::io::sqlite::Connection& connection) {
            holdback::io::sqlite::Query query =
                connection.query("SELECT count(*) FROM learned_event");
            query.step();
            return query.integer(0);
        });
    };
    const auto leave = [](const std::optional<SuppressionEntry>&) {
        return std::optional<SuppressionEntry>();
    };
    for (int i = 0; i < 12; ++i) {
        REQUIRE(store
                    .learn(name(SubjectKind::Address, "a@b.example"),
                           event_of(std::to_string(i)),
                           leave)
                    .has_value());
    }
    CHECK(remembered() == 5);
    REQUIRE(
        store.learn(name(SubjectKind::Address, "a@b.example"), event_of("later", kNow + 49h), leave)
            .has_value());
    CHECK(remembered() <= 2);
}

TEST_CASE("an exception out of a change leaves nothing behind") {
    Sqlite kind;
    const auto fail =
        [](const std::optional<SuppressionEntry>&) -> std::optional<SuppressionEntry> {
        throw std::runtime_error("a bug");
    };
    CHECK_THROWS_AS(static_cast<void>(kind.store.learn(
                        name(SubjectKind::Address, "a@b.example"), event_of("e"), fail)),
                    std::runtime_error);
    const auto make = [](const std::optional<SuppressionEntry>&) {
        return std::optional(entry(SubjectKind::Address, "a@b.example"));
    };
    CHECK(kind.store.learn(name(SubjectKind::Address, "a@b.example"), event_of("e"), make).value());
}

TEST_CASE("strikes counted by threads on two connections are all there") {
    const holdback::support::TempDir directory;
    const holdback::io::sqlite::DatabaseOptions options{
        .path = directory.file("holdback.db"), .migrations = holdback::io::sqlite::schema_steps()};
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
                        name(SubjectKind::Address, "bo@example.net"),
                        event_of(event),
                        [](const std::optional<SuppressionEntry>& old) {
                            SuppressionEntry next =
                                old.value_or(entry(SubjectKind::Address, "bo@example.net"));
                            next.strikes = old.has_value() ? old->strikes + 1 : 1;
                            return std::optional(next);
                        });
                    failures += learned.has_value() ? 0 : 1;
                    failures += store.find(name(SubjectKind::Address, "bo@example.net")).has_value()
                                    ? 0
                                    : 1;
                }
            });
        }
    }
    CHECK(failures == 0);
    CHECK(strikes(first, "bo@example.net") == 40);
}
