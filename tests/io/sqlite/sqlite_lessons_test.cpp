// SPDX-License-Identifier: Apache-2.0
#include "io/sqlite/sqlite_lessons.hpp"

#include "core/clock.hpp"
#include "dsn/outage.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_schema.hpp"
#include "io/sqlite/sqlite_suppressions.hpp"
#include "ports/suppression_store.hpp"
#include "terms/failure_code.hpp"
#include "terms/suppression.hpp"
#include "terms/suppression_subject.hpp"
#include "tests/support/temp_dir.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::io::sqlite {

namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr core::TimePoint kNow{std::chrono::seconds(1'790'000'000)};

struct House {
    explicit House(SuppressionOptions options = {}) : list(database, std::move(options)) {}

    void teach(const std::string& subject,
               core::TimePoint at,
               const std::string& provider = "google.com",
               terms::SubjectKind kind = terms::SubjectKind::Address) {
        const auto learned =
            list.learn({.kind = kind, .subject = subject, .scope = {}},
                       {.names = {std::to_string(++events)}, .provider = provider, .at = at},
                       [&](const std::optional<terms::SuppressionEntry>& before) {
                           terms::SuppressionEntry next;
                           next.reason = terms::SuppressionReason::Bounce;
                           next.code = terms::FailureCode(2001);
                           next.source = terms::SuppressionSource::Learned;
                           next.strikes = before.has_value() ? before->strikes + 1 : 1;
                           next.first_seen = before.has_value() ? before->first_seen : at;
                           next.last_seen = at;
                           next.diagnostic = "550 5.1.1 no such user";
                           return std::optional(next);
                       });
        REQUIRE(learned.has_value());
        CHECK(*learned);
    }

    std::vector<std::string> undo(const LessonFilter& filter, SqliteLessons::Undo act) {
        std::vector<std::string> done;
        REQUIRE(lessons
                    .undo(filter,
                          act,
                          [&](const Undoing& undoing) {
                              done.push_back(undoing.key.subject + " " +
                                             std::string(wire_name(undoing.what)) + " " +
                                             std::to_string(undoing.lessons));
                          })
                    .has_value());
        return done;
    }

    std::optional<terms::SuppressionEntry> entry(const std::string& subject) {
        return list.find({.subject = subject, .scope = {}}).value();
    }

    support::TempDir dir;
    Database database{{.path = dir.file("holdback.db"), .migrations = schema_steps()}};
    SqliteSuppressions list;
    SqliteLessons lessons{database, list};
    int events = 0;
};

using Undo = SqliteLessons::Undo;
using Done = std::vector<std::string>;

}  // namespace

TEST_CASE("what a window taught is undone: removed, or restored as it was") {
    House house;
    house.teach("old@example.net", kNow - hours(24));
    const auto before = house.entry("old@example.net");
    house.teach("bo@example.net", kNow);
    house.teach("old@example.net", kNow + minutes(1));
    house.teach("bo@example.net", kNow + minutes(2));
    house.teach("other@example.org", kNow, "example.org");
    const LessonFilter filter{
        .provider = "google.com", .code = std::nullopt, .since = kNow, .until = kNow + hours(1)};
    const Done want{"bo@example.net removed 2", "old@example.net restored 1"};
    CHECK(house.undo(filter, Undo::No) == want);
    CHECK(house.entry("bo@example.net").has_value());
    CHECK(house.undo(filter, Undo::Yes) == want);
    CHECK_FALSE(house.entry("bo@example.net").has_value());
    CHECK(house.entry("old@example.net") == before);
    CHECK(house.entry("other@example.org").has_value());
    CHECK(house.undo(filter, Undo::Yes).empty());
}

TEST_CASE("what was taught again later, or changed by somebody, stays") {
    House house;
    house.teach("again@example.net", kNow);
    house.teach("again@example.net", kNow + hours(2));
    house.teach("admin@example.net", kNow);
    terms::SuppressionEntry manual;
    manual.subject = "admin@example.net";
    REQUIRE(house.list.put(manual).has_value());
    house.teach("lifted@example.net", kNow);
    REQUIRE(house.list.remove({.subject = "lifted@example.net", .scope = {}}).value());
    const LessonFilter filter{
        .provider = std::nullopt, .code = std::nullopt, .since = kNow, .until = kNow + hours(1)};
    CHECK(house.undo(filter, Undo::Yes) == Done{"again@example.net taught-again 1",
                                                "admin@example.net changed 1",
                                                "lifted@example.net changed 1"});
    CHECK(house.entry("again@example.net")->strikes == 2);
    CHECK(house.entry("admin@example.net")->source == terms::SuppressionSource::Admin);
    CHECK_FALSE(house.entry("lifted@example.net").has_value());
}

TEST_CASE("the filter is by provider, code and time; its end is not included") {
    House house;
    house.teach("a@example.net", kNow);
    house.teach("b@example.net", kNow + minutes(10));
    house.teach("c@example.org", kNow + minutes(10), "example.org");
    LessonFilter filter;
    filter.since = kNow;
    filter.until = kNow + minutes(10);
    CHECK(house.undo(filter, Undo::No) == Done{"a@example.net removed 1"});
    filter.until = std::nullopt;
    CHECK(house.undo(filter, Undo::No).size() == 3);
    filter.provider = "example.org";
    CHECK(house.undo(filter, Undo::No) == Done{"c@example.org removed 1"});
    filter.code = terms::FailureCode(2002);
    CHECK(house.undo(filter, Undo::No).empty());
}

TEST_CASE("many entries are undone in several transactions, each once") {
    House house;
    for (int i = 0; i < 1000; ++i) {
        house.teach("user" + std::to_string(i) + "@example.net", kNow + minutes(i));
    }
    LessonFilter filter;
    filter.since = kNow;
    CHECK(house.undo(filter, Undo::No).size() == 1000);
    CHECK(house.undo(filter, Undo::Yes).size() == 1000);
    CHECK(house.list.counts(kNow).value().entries == 0);
}

TEST_CASE("a lesson does not name an entry that is hashed") {
    const support::TempDir keys;
    House house({.retention = {},
                 .learned_form = terms::SubjectForm::Hashed,
                 .hash_key = keys.file("hash.key")});
    house.teach("bo@example.net", kNow);
    LessonFilter filter;
    filter.since = kNow;
    const Done done = house.undo(filter, Undo::Yes);
    REQUIRE(done.size() == 1);
    CHECK(done.front().starts_with("#"));
    CHECK(done.front().ends_with(" removed 1"));
    CHECK_FALSE(house.entry("bo@example.net").has_value());
}

TEST_CASE("outages are kept, newest first, and closed in place") {
    House house;
    SqliteOutages outages(house.database);
    dsn::Outage first{.provider = "google.com",
                      .began = kNow - minutes(5),
                      .opened = kNow,
                      .closed = std::nullopt,
                      .bounced = 10,
                      .accepted = 2};
    dsn::Outage second = first;
    second.opened = kNow + hours(1);
    REQUIRE(outages.put(first).has_value());
    REQUIRE(outages.put(second).has_value());
    first.closed = kNow + minutes(30);
    first.bounced = 40;
    REQUIRE(outages.put(first).has_value());
    CHECK(outages.list().value() == std::vector<dsn::Outage>{second, first});
}

}  // namespace holdback::io::sqlite
