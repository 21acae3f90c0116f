// SPDX-License-Identifier: Apache-2.0
#include "io/sqlite/sqlite_changes.hpp"

#include "core/clock.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_lessons.hpp"
#include "io/sqlite/sqlite_schema.hpp"
#include "io/sqlite/sqlite_suppressions.hpp"
#include "io/sqlite/suppression_import.hpp"
#include "ports/suppression_store.hpp"
#include "terms/failure_code.hpp"
#include "terms/suppression.hpp"
#include "tests/support/temp_dir.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace holdback::io::sqlite {

namespace {

constexpr core::TimePoint kNow{std::chrono::milliseconds(1'700'000'000'000)};

terms::SuppressionEntry entry(std::string_view subject) {
    terms::SuppressionEntry made;
    made.kind =
        subject.starts_with('*') ? terms::SubjectKind::Pattern : terms::SubjectKind::Address;
    made.subject = subject;
    made.reason = terms::SuppressionReason::Bounce;
    made.code = terms::FailureCode(2001);
    made.source = terms::SuppressionSource::Import;
    made.first_seen = kNow;
    made.last_seen = kNow;
    return made;
}

/// A store that two write to: a person by the tool, and the daemon.
struct House {
    /// "added by anna (uid 1000), holdbackctl on pts/3: bounce 2001"
    std::vector<std::string> history(std::string_view subject) {
        std::vector<std::string> said;
        const auto changes_of_it = by_tool.history({.text = std::string(subject)}).value();
        for (const ListChange& change : changes_of_it) {
            said.push_back(fmt::format("{} by {}, {}: {}",
                                       wire_name(change.what),
                                       change.who,
                                       change.from,
                                       change.detail));
        }
        return said;
    }

    /// What the log has no line for.
    std::vector<std::string> untold() {
        std::vector<std::string> said;
        const auto found = changes.untold(100).value();
        for (const ListChange& change : found) {
            said.push_back(
                fmt::format("{} {} {}", wire_name(change.what), change.subject, change.entries));
        }
        return said;
    }

    void import(const std::vector<std::string_view>& subjects, bool dry_run = false) {
        SuppressionImport taken(database, by_tool, {.dry_run = dry_run, .name = "list.csv"}, kNow);
        for (const std::string_view subject : subjects) {
            REQUIRE(taken.add(entry(subject)).has_value());
        }
        REQUIRE(taken.finish([](std::uint64_t) {}).has_value());
    }

    support::TempDir dir;
    Database database{{.path = dir.file("holdback.db"), .migrations = schema_steps()}};
    SqliteSuppressions by_daemon{database, {.hash_key = dir.file("hash.key")}};
    SqliteSuppressions by_tool{
        database,
        {.hash_key = dir.file("hash.key"),
         .author = {.who = "anna (uid 1000)", .from = "holdbackctl on pts/3", .has_lines = false}}};
    SqliteChanges changes{database};
};

using Said = std::vector<std::string>;

}  // namespace

TEST_CASE("the history of an entry names who changed it, also when it is gone") {
    House house;
    const std::string who = " by anna (uid 1000), holdbackctl on pts/3: bounce 2001";
    REQUIRE(house.by_tool.put(entry("bo@example.net")).has_value());
    REQUIRE(house.by_tool.put(entry("bo@example.net")).has_value());
    CHECK(house.history("bo@example.net") == Said{"added" + who, "replaced" + who});
    REQUIRE(house.by_daemon.remove(entry("bo@example.net").key()).value());
    CHECK(house.history("bo@example.net") ==
          Said{"added" + who, "replaced" + who, "lifted by holdback, : bounce 2001"});
    CHECK(house.history("cy@example.net").empty());
    // The daemon's own lines tell of what it does.
    CHECK(house.untold() == Said{"added bo@example.net 1", "replaced bo@example.net 1"});
    REQUIRE(house.changes.told(house.changes.untold(1).value()).has_value());
    CHECK(house.untold() == Said{"replaced bo@example.net 1"});
    // Removing what is not there is no change.
    CHECK_FALSE(house.by_daemon.remove(entry("cy@example.net").key()).value());
    CHECK(house.history("cy@example.net").empty());
}

TEST_CASE("what was learned is in the history until it is rolled back, and that then is") {
    House house;
    const terms::SuppressionKey key = entry("bo@example.net").key();
    REQUIRE(house.by_daemon
                .learn(key,
                       {.names = {"1"}, .provider = "google.com", .at = kNow},
                       [](const std::optional<terms::SuppressionEntry>&) {
                           terms::SuppressionEntry next = entry("bo@example.net");
                           next.source = terms::SuppressionSource::Learned;
                           return next;
                       })
                .value());
    CHECK(house.history("bo@example.net") == Said{"learned by holdback, google.com: 2001"});
    SqliteLessons lessons(house.database, house.by_tool);
    REQUIRE(lessons
                .undo({.provider = "google.com", .since = kNow},
                      SqliteLessons::Undo::Yes,
                      [](const Undoing&) {})
                .has_value());
    CHECK(house.history("bo@example.net") ==
          Said{"rolled-back by anna (uid 1000), holdbackctl on pts/3: bounce 2001"});
    CHECK(house.untold() == Said{"rolled-back  1"});
}

TEST_CASE("an import is one change, and each of its entries leads to it") {
    House house;
    house.import({"bo@example.net", "cy@example.net", "*@example.org"});
    const std::string said =
        "imported by anna (uid 1000), holdbackctl on pts/3: 3 added, 0 replaced: list.csv";
    CHECK(house.untold() == Said{"imported  3"});
    CHECK(house.history("bo@example.net") == Said{said});
    CHECK(house.history("cy@example.net") == Said{said});
    CHECK(house.by_tool.history({.kind = terms::SubjectKind::Pattern, .text = "*@example.org"})
              .value()
              .size() == 1);
    // What changes nothing is no change; a dry run leaves nothing.
    house.import({"bo@example.net"});
    house.import({"di@example.net"}, true);
    CHECK(house.untold() == Said{"imported  3"});
    // What others do to an entry later stands beside the import.
    REQUIRE(house.by_tool.put(entry("bo@example.net")).has_value());
    CHECK(house.history("bo@example.net").size() == 2);
    CHECK(house.history("bo@example.net").front() == said);
}

TEST_CASE("the history of a hashed entry names nobody") {
    House house;
    terms::SuppressionEntry hashed = entry("bo@example.net");
    hashed.form = terms::SubjectForm::Hashed;
    REQUIRE(house.by_tool.put(hashed).has_value());
    CHECK(house.history("bo@example.net").size() == 1);
    const auto untold = house.changes.untold(10).value();
    REQUIRE(untold.size() == 1);
    CHECK(untold.front().subject.starts_with("#"));
    CHECK(house.history(untold.front().subject).size() == 1);
}

TEST_CASE("a database of version 18 gets a history, and keeps its entries") {
    const support::TempDir directory;
    const std::string path = directory.file("holdback.db");
    {
        Database old({.path = path, .migrations = schema_steps().first(18)});
        old.write([](Connection& connection) {
            connection.execute(R"sql(
INSERT INTO suppression VALUES ('example.net', 'bo', '', 0, 2001, 2, 0, 5, 6, NULL, 1, 2, '', '', '');
)sql");
        });
    }
    Database database({.path = path, .migrations = schema_steps()});
    SqliteSuppressions list(database);
    const terms::SuppressionKey key = entry("bo@example.net").key();
    CHECK(list.find(key).value().has_value());
    CHECK(list.history({.text = "bo@example.net"}).value().empty());
    REQUIRE(list.remove(key).value());
    CHECK(list.history({.text = "bo@example.net"}).value().size() == 1);
}

}  // namespace holdback::io::sqlite
