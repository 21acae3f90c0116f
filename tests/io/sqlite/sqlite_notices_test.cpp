// SPDX-License-Identifier: Apache-2.0
#include "io/sqlite/sqlite_notices.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_digest.hpp"
#include "io/sqlite/sqlite_held.hpp"
#include "io/sqlite/sqlite_schema.hpp"
#include "ports/digest_store.hpp"
#include "ports/held_acts.hpp"
#include "ports/held_store.hpp"
#include "ports/notice_store.hpp"
#include "terms/finding.hpp"
#include "terms/held.hpp"
#include "terms/held_finding.hpp"
#include "tests/support/temp_dir.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::io::sqlite {

namespace {

const core::TimePoint start{std::chrono::days(20'000)};

struct Bench {
    /// Holds one message and gives the ids of its items.
    std::vector<std::int64_t> hold(const std::vector<std::string>& to,
                                   std::string campaign = "spring",
                                   core::TimePoint at = start,
                                   bool tell = true) {
        terms::HeldMessage message;
        message.spool_id = "spool-" + std::to_string(++messages);
        message.sender = "news@home.test";
        message.user = "news";
        message.campaign = std::move(campaign);
        message.held_at = at;
        std::vector<terms::HeldRecipient> rows;
        for (const std::string& address : to) {
            terms::HeldRecipient row;
            row.address = address;
            row.finding = terms::FindingName::NullMx;
            row.reason = "it takes no mail";
            row.advice = "check it";
            row.suggestion = "x@good.test";
            row.tell = tell;
            row.expires_at = at + std::chrono::days(7);
            rows.push_back(std::move(row));
        }
        std::vector<std::int64_t> ids;
        const auto outcomes = ports::hold(held, message, rows);
        REQUIRE(outcomes.has_value());
        for (const ports::HoldOutcome& outcome : *outcomes) {
            ids.push_back(outcome.id);
        }
        return ids;
    }

    void end(std::int64_t id, terms::HeldState state) {
        REQUIRE(ports::end_items(
                    held, std::array{id}, ports::InDoubt::LeaveAlone, state, "it ended", start)
                    .value()
                    .size() == 1);
    }

    ports::NewHold own() {
        ports::NewHold rows;
        rows.message.spool_id = "own-" + std::to_string(++messages);
        rows.message.kind = terms::HeldKind::Own;
        rows.message.held_at = start;
        terms::HeldRecipient to;
        to.address = "news@home.test";
        to.finding = terms::HeldFinding();
        to.release_at = start;
        rows.recipients.push_back(to);
        return rows;
    }

    ports::Notice notice(std::string id, std::vector<std::int64_t> items, bool stopped = false) {
        return {.id = std::move(id),
                .group = group,
                .stopped = stopped,
                .made_at = start,
                .subject = "Spring \xC3\xA4",
                .items = std::move(items)};
    }

    std::size_t own_items() {
        ports::HeldFilter filter;
        filter.kind = terms::HeldKind::Own;
        std::size_t count = 0;
        REQUIRE(held.list(filter,
                          [&](const ports::HeldItem&) {
                              ++count;
                              return true;
                          })
                    .has_value());
        return count;
    }

    support::TempDir dir;
    int messages = 0;
    ports::NoticeGroup group{.sender = "news@home.test", .user = "news", .campaign = "spring"};
    Database database{{.path = dir.file("holdback.db"), .migrations = schema_steps()}};
    SqliteHeld held{database};
    SqliteNotices notices{database};
    SqliteDigest digests{database};
};

}  // namespace

TEST_CASE("an item knows the notice that told of it") {
    Bench bench;
    const auto ids = bench.hold({"a@x.test", "b@x.test"});
    CHECK_FALSE(bench.notices.told_of(ids[1]).value().has_value());
    const ports::NewHold own = bench.own();
    REQUIRE(bench.notices.put(bench.notice("n1", ids), own).value());
    ports::NoticeOfItem want{.notice = "n1",
                             .number = 2,
                             .to = "news@home.test",
                             .made_at = start,
                             .state = terms::HeldState::Held,
                             .changed_at = start};
    CHECK(bench.notices.told_of(ids[1]).value() == want);
    ports::HeldFilter filter;
    filter.kind = terms::HeldKind::Own;
    std::vector<std::int64_t> mails;
    REQUIRE(bench.held
                .list(filter,
                      [&](const ports::HeldItem& item) {
                          mails.push_back(item.recipient.id);
                          return true;
                      })
                .has_value());
    REQUIRE(
        ports::begin_release(bench.held, mails, ports::InDoubt::LeaveAlone, "hash", "due", start)
            .value()
            .size() == 1);
    const ports::ReleaseEnd taken{.id = mails.front(),
                                  .what = ports::ReleaseEnd::What::Released,
                                  .answer = "250",
                                  .retry_at = {}};
    REQUIRE(
        ports::settle(bench.held, std::array{taken}, start + std::chrono::seconds(3)).has_value());
    want.state = terms::HeldState::Released;
    want.changed_at = start + std::chrono::seconds(3);
    CHECK(bench.notices.told_of(ids[1]).value() == want);
    // The mail is forgotten before the item.
    REQUIRE(bench.held.spool_removed(std::array{own.message.spool_id}).has_value());
    REQUIRE(bench.held.purge_ended(start + std::chrono::hours(1)).value() == 1);
    want.state.reset();
    want.changed_at = start;
    CHECK(bench.notices.told_of(ids[1]).value() == want);
}

TEST_CASE("the digest counts what is in doubt, and mail of our own that is not sent") {
    Bench bench;
    const auto ids = bench.hold({"a@x.test", "b@x.test"});
    REQUIRE(bench.notices.put(bench.notice("n1", ids), bench.own()).value());
    const auto summary = [&] { return bench.digests.summary(start, start).value(); };
    CHECK(summary().in_doubt == 0);
    CHECK(summary().own_unsent == 0);
    int releases = 0;
    const auto fail = [&](std::int64_t id, ports::ReleaseEnd::What what) {
        REQUIRE(ports::begin_release(bench.held,
                                     std::array{id},
                                     ports::InDoubt::LeaveAlone,
                                     "hash" + std::to_string(++releases),
                                     "due",
                                     start)
                    .has_value());
        const ports::ReleaseEnd end{.id = id, .what = what, .answer = "no", .retry_at = {}};
        REQUIRE(ports::settle(bench.held, std::array{end}, start).has_value());
    };
    fail(ids[0], ports::ReleaseEnd::What::Unknown);
    fail(ids[1], ports::ReleaseEnd::What::Failed);
    fail(ids[1] + 1, ports::ReleaseEnd::What::Failed);
    CHECK(summary().in_doubt == 1);
    CHECK(summary().stuck == 1);
    CHECK(summary().own_unsent == 1);
    CHECK(summary().held == 2);
    // A notice in doubt counts as that.
    fail(ids[1] + 1, ports::ReleaseEnd::What::Unknown);
    CHECK(summary().in_doubt == 2);
    CHECK(summary().own_unsent == 0);
}

TEST_CASE("a group is due when its first item has waited, and has what is still held") {
    Bench bench;
    const auto ids = bench.hold({"a@x.test", "b@x.test", "c@x.test"});
    bench.hold({"d@x.test"}, "spring", start, false);
    bench.hold({"e@x.test"}, "summer", start + std::chrono::minutes(5));
    CHECK(bench.notices.due(start - std::chrono::seconds(1)).value().empty());
    CHECK(bench.notices.due(start).value() == std::vector{bench.group});
    CHECK(bench.notices.due(start + std::chrono::minutes(5)).value().size() == 2);
    bench.end(ids[1], terms::HeldState::Discarded);
    const auto items = bench.notices.untold(bench.group, 10).value();
    REQUIRE(items.size() == 2);
    CHECK(items[0].recipient.id == ids[0]);
    CHECK(items[0].recipient.advice == "check it");
    CHECK(items[0].recipient.suggestion == "x@good.test");
    CHECK(items[0].recipient.tell);
    CHECK(items[1].recipient.id == ids[2]);
    CHECK(bench.notices.untold(bench.group, 1).value().size() == 1);
    REQUIRE(bench.notices.forget_untold().has_value());
    CHECK(bench.notices.due(start + std::chrono::days(1)).value().empty());
}

TEST_CASE("a notice, its items and its mail are written together, and once") {
    Bench bench;
    const auto ids = bench.hold({"a@x.test", "b@x.test"});
    CHECK(bench.notices.put(bench.notice("n1", {ids[0]}), bench.own()).value());
    CHECK(bench.own_items() == 1);
    CHECK_FALSE(bench.notices.put(bench.notice("n2", {ids[1], ids[0]}), bench.own()).value());
    CHECK(bench.own_items() == 1);
    CHECK_FALSE(bench.notices.find("n2").value().has_value());
    const auto left = bench.notices.untold(bench.group, 10).value();
    REQUIRE(left.size() == 1);
    CHECK(left[0].recipient.id == ids[1]);
    const auto found = bench.notices.find("n1").value();
    REQUIRE(found.has_value());
    CHECK(found->items == std::vector<std::int64_t>{ids[0]});
    CHECK(found->group == bench.group);
    CHECK(found->subject == "Spring \xC3\xA4");
    CHECK(found->made_at == start);
    CHECK_FALSE(bench.notices.find_stopped(bench.group).value().has_value());
}

TEST_CASE("items join the notice of their stopped campaign, with the next numbers") {
    Bench bench;
    const auto first = bench.hold({"a@x.test", "b@x.test"});
    REQUIRE(bench.notices.put(bench.notice("n1", first, true), bench.own()).value());
    const auto more = bench.hold({"c@x.test", "d@x.test"});
    const auto stopped = bench.notices.find_stopped(bench.group).value();
    REQUIRE(stopped.has_value());
    CHECK(stopped->id == "n1");
    REQUIRE(bench.notices.adopt("n1", more).has_value());
    CHECK(bench.notices.find("n1").value()->items ==
          std::vector<std::int64_t>{first[0], first[1], more[0], more[1]});
    CHECK(bench.notices.due(start).value().empty());
}

TEST_CASE("commands are kept once until they are done") {
    Bench bench;
    ports::NoticeCommand command{.id = 0,
                                 .notice = "n1",
                                 .from = "news@home.test",
                                 .in_reply_to = "<1@home.test>",
                                 .refused = "",
                                 .release = {3, 7},
                                 .discard = {},
                                 .remarks = {"9: unknown", "not understood: x"},
                                 .taken_at = start};
    REQUIRE(bench.notices.take(command, "key").has_value());
    REQUIRE(bench.notices.take(command, "key").has_value());
    const auto taken = bench.notices.taken().value();
    REQUIRE(taken.size() == 1);
    command.id = taken[0].id;
    CHECK(taken[0] == command);
    REQUIRE(bench.notices.finish(command.id, bench.own()).has_value());
    CHECK(bench.notices.taken().value().empty());
    CHECK(bench.own_items() == 1);
    REQUIRE(bench.notices.take(command, "key").has_value());
    CHECK(bench.notices.taken().value().empty());
}

TEST_CASE("a budget slides, tells when there is room again, and survives") {
    Bench bench;
    const config::Rate budget{.count = 5, .window = std::chrono::hours(24)};
    using std::chrono::hours;
    CHECK(bench.notices.spend("user a", 3, budget, start).value() ==
          ports::BudgetAnswer{.granted = true, .used = 3, .again_at = std::nullopt});
    CHECK(bench.notices.spend("user a", 2, budget, start + hours(1)).value().granted);
    CHECK(bench.notices.spend("user a", 1, budget, start + hours(2)).value() ==
          ports::BudgetAnswer{.granted = false, .used = 5, .again_at = start + hours(24)});
    CHECK(bench.notices.spend("user a", 4, budget, start + hours(2)).value().again_at ==
          start + hours(25));
    CHECK_FALSE(bench.notices.spend("user a", 6, budget, start + hours(2)).value().again_at);
    CHECK(bench.notices.spend("user b", 5, budget, start + hours(2)).value().granted);
    REQUIRE(bench.notices.give_back("user a", 2, start + hours(2)).has_value());
    SqliteNotices again(bench.database);
    CHECK(again.spend("user a", 2, budget, start + hours(2)).value().used == 5);
    CHECK(again.spend("user a", 3, budget, start + hours(24)).value().granted);
}

TEST_CASE("what is given back comes off what was spent last, and off what was before") {
    Bench bench;
    const config::Rate budget{.count = 5, .window = std::chrono::hours(24)};
    using std::chrono::hours;
    REQUIRE(bench.notices.spend("user a", 4, budget, start).value().granted);
    REQUIRE(bench.notices.spend("user a", 1, budget, start + hours(1)).value().granted);
    REQUIRE(bench.notices.give_back("user a", 4, start + hours(2)).has_value());
    CHECK(bench.notices.spend("user a", 1, budget, start + hours(2)).value().used == 2);
    REQUIRE(bench.notices.give_back("user a", 9, start + hours(3)).has_value());
    CHECK(bench.notices.spend("user a", 5, budget, start + hours(3)).value() ==
          ports::BudgetAnswer{.granted = true, .used = 5, .again_at = std::nullopt});
}

TEST_CASE("notices without items, old commands and old spendings are forgotten") {
    Bench bench;
    const auto ids = bench.hold({"a@x.test"});
    REQUIRE(bench.notices.put(bench.notice("n1", ids), bench.own()).value());
    REQUIRE(bench.notices.purge(start + std::chrono::days(1)).has_value());
    CHECK(bench.notices.find("n1").value().has_value());
    bench.end(ids[0], terms::HeldState::Discarded);
    REQUIRE(bench.held.purge_ended(start + std::chrono::days(1)).has_value());
    REQUIRE(bench.notices.purge(start).has_value());
    CHECK(bench.notices.find("n1").value().has_value());
    REQUIRE(bench.notices.purge(start + std::chrono::days(1)).has_value());
    CHECK_FALSE(bench.notices.find("n1").value().has_value());
}

TEST_CASE("a digest counts held mail and not our own, and is sent once a day") {
    Bench bench;
    using std::chrono::days;
    bench.hold({"old@x.test"}, "spring", start - days(3));
    const auto ids = bench.hold({"a@x.test", "b@x.test", "c@x.test"});
    bench.end(ids[0], terms::HeldState::Discarded);
    bench.end(ids[1], terms::HeldState::Returned);
    CHECK_FALSE(bench.digests.last_digest().value().has_value());
    CHECK(bench.digests.put_digest(days(5), bench.own()).value());
    CHECK_FALSE(bench.digests.put_digest(days(5), bench.own()).value());
    CHECK_FALSE(bench.digests.put_digest(days(4), bench.own()).value());
    CHECK(bench.own_items() == 1);
    const auto last = bench.digests.last_digest().value();
    REQUIRE(last.has_value());
    CHECK(last->day == days(5));
    CHECK(last->sent_at == start);
    CHECK(bench.digests.put_digest(days(6), bench.own()).value());
    const auto summary = bench.digests.summary(start - days(1), start + days(5)).value();
    CHECK(summary.new_items == 3);
    CHECK(summary.causes == std::vector<ports::DigestCount>{{.name = "null-mx", .count = 3}});
    CHECK(summary.senders ==
          std::vector<ports::DigestCount>{{.name = "news@home.test", .count = 3}});
    CHECK(summary.held == 2);
    CHECK(summary.stuck == 0);
    CHECK(summary.released == 0);
    CHECK(summary.returned == 1);
    CHECK(summary.discarded == 1);
    CHECK(summary.expiring == 1);
    REQUIRE(summary.expiring_items.size() == 1);
    CHECK(summary.expiring_items[0].recipient == "old@x.test");
    CHECK(summary.expiring_items[0].expires_at == start + days(4));
}

}  // namespace holdback::io::sqlite
