// SPDX-License-Identifier: Apache-2.0
#include "io/sqlite/sqlite_journal.hpp"

#include "core/clock.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_schema.hpp"
#include "mail/enhanced_status.hpp"
#include "mail/outcome.hpp"
#include "mail/smtp_reply.hpp"
#include "ports/journal.hpp"
#include "tests/support/memory_journal.hpp"
#include "tests/support/temp_dir.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::io::sqlite {

namespace {

using namespace std::chrono_literals;

constexpr core::TimePoint kNow{1'700'000'000'000ms};

struct Sqlite {
    support::TempDir directory;
    Database database{{.path = directory.file("holdback.db"), .migrations = schema_steps()}};
    SqliteJournal journal{database};
};

struct Memory {
    support::MemoryJournal journal;
};

ports::JournalEntry entry(std::string_view recipient, core::TimePoint at = kNow) {
    ports::JournalEntry made;
    made.outcome.at = at;
    made.outcome.queue_id = "4XkQ2z";
    made.outcome.recipient = std::string(recipient);
    made.outcome.original_recipient = "list@example.org";
    made.outcome.sender = "";
    made.outcome.result = mail::DeliveryResult::Sent;
    made.outcome.relay = "mx.example.net";
    made.outcome.relay_address = "192.0.2.25";
    made.outcome.relay_port = 25;
    made.outcome.mailer = "smtp";
    made.outcome.status = mail::EnhancedStatus::parse("2.0.0").value();
    made.outcome.reply = mail::SmtpReply::parse("250 2.0.0 taken").value();
    made.outcome.text = "250 2.0.0 taken";
    made.key = mail::recipient_key(recipient);
    made.provider = "example.net";
    made.accepted = true;
    return made;
}

ports::JournalEntry bounce(std::string_view recipient, core::TimePoint at = kNow) {
    ports::JournalEntry made = entry(recipient, at);
    made.outcome.result = mail::DeliveryResult::Bounced;
    made.outcome.sender = std::nullopt;
    made.outcome.status = std::nullopt;
    made.outcome.reply = mail::SmtpReply::parse("550 5.1.1 no").value();
    made.outcome.text = "host mx said: 550 5.1.1 no '; DROP TABLE outcome; --\x01\xff";
    made.accepted = false;
    return made;
}

void record(ports::Journal& journal,
            const std::vector<ports::JournalEntry>& entries,
            std::string_view position = "p",
            const ports::JournalLimits& limits = {},
            core::TimePoint now = kNow) {
    REQUIRE(journal.record(entries, "file:a", position, limits, now).has_value());
}

std::int64_t sent(const ports::Journal& journal) {
    return journal.counts(core::TimePoint{}).value().sent;
}

}  // namespace

TEST_CASE_TEMPLATE("outcomes come back as they were recorded", Fixture, Sqlite, Memory) {
    Fixture fixture;
    ports::Journal& journal = fixture.journal;
    ports::JournalEntry first = entry("Bo@example.net");
    ports::JournalEntry second = bounce("jo@example.net");
    record(journal, {first, second});
    first.id = 1;
    second.id = 2;
    CHECK(journal.outcomes_of("4XkQ2z").value() == std::vector{first, second});
    CHECK(journal.outcomes_of("other").value().empty());
    CHECK(journal.history_of("bo@example.net", 5).value() == std::vector{first});
}

TEST_CASE_TEMPLATE("the newest outcomes of a recipient stand first", Fixture, Sqlite, Memory) {
    Fixture fixture;
    ports::Journal& journal = fixture.journal;
    record(journal, {entry("bo@example.net", kNow), bounce("bo@example.net", kNow + 1h)});
    const auto history = journal.history_of("bo@example.net", 1).value();
    REQUIRE(history.size() == 1);
    CHECK(history.front().outcome.result == mail::DeliveryResult::Bounced);
}

TEST_CASE_TEMPLATE("the position goes with the outcomes, for each source",
                   Fixture,
                   Sqlite,
                   Memory) {
    Fixture fixture;
    ports::Journal& journal = fixture.journal;
    CHECK_FALSE(journal.position("file:a").value().has_value());
    record(journal, {entry("bo@example.net")}, "one");
    record(journal, {}, "two");
    CHECK(journal.position("file:a").value() == "two");
    CHECK_FALSE(journal.position("journal").value().has_value());
}

TEST_CASE_TEMPLATE("a recipient's server has taken mail from first to last",
                   Fixture,
                   Sqlite,
                   Memory) {
    Fixture fixture;
    ports::Journal& journal = fixture.journal;
    ports::JournalEntry later = entry("bo@example.net", kNow + 1h);
    later.provider = "example.com";
    record(journal, {entry("bo@example.net"), bounce("jo@example.net")});
    record(journal, {later});
    CHECK(journal.accepted("bo@example.net").value() ==
          ports::Acceptance{.first = kNow, .last = kNow + 1h, .provider = "example.com"});
    CHECK_FALSE(journal.accepted("jo@example.net").value().has_value());
    CHECK(journal.accepted_in("example.net").value() == kNow + 1h);
    CHECK_FALSE(journal.accepted_in("jo@example.net").value().has_value());
}

TEST_CASE_TEMPLATE("what listeners were not told stays in line", Fixture, Sqlite, Memory) {
    Fixture fixture;
    ports::Journal& journal = fixture.journal;
    record(journal, {entry("a@example.net"), entry("b@example.net"), entry("c@example.net")});
    CHECK(journal.untold(2).value().size() == 2);
    REQUIRE(journal.told(2).has_value());
    REQUIRE(journal.told(1).has_value());
    const auto rest = journal.untold(10).value();
    REQUIRE(rest.size() == 1);
    CHECK(rest.front().key == "c@example.net");
}

TEST_CASE("old outcomes are forgotten, who accepted mail is remembered for longer") {
    Sqlite fixture;
    SqliteJournal& journal = fixture.journal;
    record(journal, {entry("bo@example.net")});
    SUBCASE("not before listeners know of them") {
        record(journal, {}, "p", {}, kNow + 31 * 24h);
        CHECK(sent(journal) == 1);
    }
    SUBCASE("by age") {
        REQUIRE(journal.told(1).has_value());
        record(journal, {}, "p", {}, kNow + 29 * 24h);
        CHECK(sent(journal) == 1);
        record(journal, {}, "p", {}, kNow + 31 * 24h);
        CHECK(sent(journal) == 0);
        CHECK(journal.accepted("bo@example.net").value().has_value());
        CHECK(journal.accepted_in("example.net").value().has_value());
        record(journal, {}, "p", {}, kNow + 91 * 24h);
        CHECK_FALSE(journal.accepted("bo@example.net").value().has_value());
        CHECK_FALSE(journal.accepted_in("example.net").value().has_value());
    }
    SUBCASE("by number") {
        record(journal, {entry("a@example.net"), entry("b@example.net"), entry("c@example.net")});
        REQUIRE(journal.told(4).has_value());
        record(journal, {entry("d@example.net")}, "p", {.entries = 2});
        CHECK(sent(journal) == 2);
        CHECK(journal.history_of("c@example.net", 1).value().size() == 1);
        CHECK(journal.history_of("d@example.net", 1).value().size() == 1);
    }
}

TEST_CASE("long texts are cut between characters") {
    Sqlite fixture;
    ports::JournalEntry made = bounce("bo@example.net");
    made.outcome.text = std::string(499, 'x') + "\xC3\xB6";
    record(fixture.journal, {made});
    CHECK(fixture.journal.outcomes_of("4XkQ2z").value().front().outcome.text ==
          std::string(499, 'x'));
}

TEST_CASE("outcomes are counted by provider and domain") {
    Sqlite fixture;
    ports::JournalEntry other = bounce("x@example.org");
    other.provider = "google.example";
    record(fixture.journal, {entry("a@example.net", kNow - 2h), entry("b@example.net"), other});
    CHECK(fixture.journal.counts(kNow - 1h).value() ==
          ports::OutcomeCounts{.sent = 1, .deferred = 0, .bounced = 1});
    const auto providers =
        fixture.journal.groups(ports::OutcomeGrouping::Provider, kNow - 3h, 10).value();
    REQUIRE(providers.size() == 2);
    CHECK(providers[0] == ports::OutcomeGroup{.name = "example.net",
                                              .counts = {.sent = 2, .deferred = 0, .bounced = 0}});
    const auto domains =
        fixture.journal.groups(ports::OutcomeGrouping::Domain, kNow - 1h, 1).value();
    REQUIRE(domains.size() == 1);
    CHECK(domains[0].name == "example.net");
}

}  // namespace holdback::io::sqlite
