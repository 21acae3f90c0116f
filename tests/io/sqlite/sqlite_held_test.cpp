// SPDX-License-Identifier: Apache-2.0
// The contract of HeldStore, for the SQLite store and for the fake that stands for it elsewhere.
#include "io/sqlite/sqlite_held.hpp"

#include "core/clock.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_schema.hpp"
#include "ports/held_acts.hpp"
#include "ports/held_store.hpp"
#include "terms/failure_code.hpp"
#include "terms/finding.hpp"
#include "terms/held.hpp"
#include "terms/held_finding.hpp"
#include "terms/stream.hpp"
#include "tests/support/memory_stores.hpp"
#include "tests/support/temp_dir.hpp"

#include <array>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace {

using namespace std::chrono_literals;
using holdback::core::TimePoint;
using holdback::io::sqlite::Database;
using holdback::io::sqlite::SqliteHeld;
using holdback::ports::FoundCopy;
using holdback::ports::GivenBack;
using holdback::ports::HeldCounts;
using holdback::ports::HeldEvent;
using holdback::ports::HeldFilter;
using holdback::ports::HeldItem;
using holdback::ports::HeldStore;
using holdback::ports::InDoubt;
using holdback::ports::NewHold;
using holdback::ports::Recheck;
using holdback::ports::ReleaseEnd;
using holdback::ports::ReleaseGrant;
using holdback::ports::TakenAnswer;
using holdback::terms::HeldKind;
using holdback::terms::HeldMessage;
using holdback::terms::HeldRecipient;
using holdback::terms::HeldState;

constexpr TimePoint kNow{1'700'000'000'000ms};

/// A store of each kind with what it needs.
struct Sqlite {
    holdback::support::TempDir directory;
    Database database{{.path = directory.file("holdback.db"),
                       .migrations = holdback::io::sqlite::schema_steps()}};
    SqliteHeld store{database};
};

struct Memory {
    holdback::support::MemoryHeldStore store;
};

std::array<TakenAnswer, 1> taken(std::string queue_id, std::vector<std::int64_t> ids) {
    return {TakenAnswer{.ids = std::move(ids), .queue_id = std::move(queue_id)}};
}

HeldMessage message(std::string spool_id, std::string fingerprint = "print") {
    HeldMessage made;
    made.spool_id = std::move(spool_id);
    made.sender = "News@example.org";
    made.sender_arguments = {"BODY=8BITMIME", "SMTPUTF8"};
    made.user = "news";
    made.client = "192.0.2.7";
    made.queue_id = "4Xk2";
    made.campaign = "spring";
    made.message_id = "<1@example.org>";
    made.subject = "Spring \xF0\x9F\x8C\xB1";
    made.fingerprint = std::move(fingerprint);
    made.octets = 5'000'000'000;
    made.held_at = kNow;
    return made;
}

HeldRecipient recipient(std::string address) {
    HeldRecipient made;
    made.address = std::move(address);
    made.arguments = {"NOTIFY=NEVER", "ORCPT=rfc822;bo@example.net"};
    made.finding = holdback::terms::FindingName::NullMx;
    made.code = holdback::terms::FailureCode(2002);
    made.reason = "The domain takes no mail";
    made.expires_at = kNow + 168h;
    return made;
}

std::vector<HeldItem> all(holdback::ports::HeldStore& store, const HeldFilter& wanted = {}) {
    std::vector<HeldItem> items;
    REQUIRE(store
                .list(wanted,
                      [&](const HeldItem& item) {
                          items.push_back(item);
                          return true;
                      })
                .has_value());
    return items;
}

std::vector<std::int64_t> ids(holdback::ports::HeldStore& store, const HeldFilter& wanted) {
    std::vector<std::int64_t> found;
    for (const HeldItem& item : all(store, wanted)) {
        found.push_back(item.recipient.id);
    }
    return found;
}

HeldFilter filter(const std::function<void(HeldFilter&)>& set) {
    HeldFilter made;
    set(made);
    return made;
}

/// What a token is good for; nothing when it is not good.
ReleaseGrant claim(holdback::ports::HeldStore& store, std::string_view token) {
    return holdback::ports::claim_token(store, token, "", kNow).value().value_or(ReleaseGrant{});
}

/// Holds one recipient and gives its id.
std::int64_t hold_one(holdback::ports::HeldStore& store,
                      const HeldMessage& of,
                      const std::string& address) {
    const std::array recipients{recipient(address)};
    const auto outcomes = holdback::ports::hold(store, of, recipients);
    REQUIRE(outcomes.has_value());
    REQUIRE(outcomes->size() == 1);
    return outcomes->front().id;
}

/// One item settled or ended; true when it was where it had to be.
bool released(HeldStore& store, std::int64_t id, std::string answer, TimePoint now) {
    const ReleaseEnd end{.id = id,
                         .what = ReleaseEnd::What::Released,
                         .answer = std::move(answer),
                         .retry_at = std::nullopt};
    return !holdback::ports::settle(store, std::span(&end, 1), now).value().empty();
}

bool failed(HeldStore& store,
            std::int64_t id,
            std::string answer,
            std::optional<TimePoint> retry_at,
            TimePoint now) {
    const ReleaseEnd end{.id = id,
                         .what = ReleaseEnd::What::Failed,
                         .answer = std::move(answer),
                         .retry_at = retry_at};
    return !holdback::ports::settle(store, std::span(&end, 1), now).value().empty();
}

bool ended(
    HeldStore& store, std::int64_t id, HeldState state, std::string_view why, TimePoint now) {
    return !holdback::ports::end_items(
                store, std::span(&id, 1), InDoubt::LeaveAlone, state, why, now)
                .value()
                .empty();
}

}  // namespace

TEST_CASE_TEMPLATE("what is held comes back as it was", Kind, Sqlite, Memory) {
    Kind kind;
    HeldRecipient with_release = recipient("b@Example.NET");
    with_release.arguments.clear();
    with_release.release_at = kNow + 1h;
    const std::array recipients{recipient("a@example.net"), with_release};
    const auto outcomes = holdback::ports::hold(kind.store, message("s1"), recipients);
    REQUIRE(outcomes.has_value());
    REQUIRE(outcomes->size() == 2);
    CHECK_FALSE(outcomes->at(0).already_held);
    CHECK_FALSE(outcomes->at(1).already_held);

    const auto items = all(kind.store);
    REQUIRE(items.size() == 2);
    CHECK(items[0].message == message("s1"));
    CHECK(items[1].message == message("s1"));
    HeldRecipient want = recipient("a@example.net");
    want.id = outcomes->at(0).id;
    want.spool_id = "s1";
    want.changed_at = kNow;
    CHECK(items[0].recipient == want);
    want = with_release;
    want.id = outcomes->at(1).id;
    want.spool_id = "s1";
    want.changed_at = kNow;
    CHECK(items[1].recipient == want);
    CHECK(kind.store.history(want.id).value() ==
          std::vector<HeldEvent>{{.at = kNow,
                                  .from = std::nullopt,
                                  .to = HeldState::Held,
                                  .text = "The domain takes no mail"}});
}

TEST_CASE_TEMPLATE("a message submitted twice is held once per recipient", Kind, Sqlite, Memory) {
    Kind kind;
    const std::int64_t first = hold_one(kind.store, message("s1"), "a@example.net");
    const std::array twice{recipient("a@example.net"), recipient("b@example.net")};
    const auto outcomes = holdback::ports::hold(kind.store, message("s2"), twice);
    REQUIRE(outcomes.has_value());
    CHECK(outcomes->at(0).already_held);
    CHECK(outcomes->at(0).id == first);
    CHECK_FALSE(outcomes->at(1).already_held);
    CHECK(all(kind.store).size() == 2);

    SUBCASE("also while it is being released") {
        const std::array moved{first};
        REQUIRE(
            holdback::ports::begin_release(kind.store, moved, InDoubt::LeaveAlone, "h", "why", kNow)
                .has_value());
        CHECK(hold_one(kind.store, message("s3"), "a@example.net") == first);
        CHECK(kind.store.listed_spool_ids().value() == std::vector<std::string>{"s1", "s2"});
    }
    SUBCASE("another sender or another fingerprint makes another item") {
        HeldMessage other = message("s3");
        other.sender = "other@example.org";
        CHECK(hold_one(kind.store, other, "a@example.net") != first);
        CHECK(hold_one(kind.store, message("s4", "other"), "a@example.net") != first);
        CHECK(all(kind.store).size() == 4);
    }
    SUBCASE("an item that has ended stands in nobody's way") {
        REQUIRE(ended(kind.store, first, HeldState::Discarded, "by the admin", kNow));
        CHECK(hold_one(kind.store, message("s3"), "a@example.net") != first);
    }
    SUBCASE("without a fingerprint nothing is the same") {
        CHECK(hold_one(kind.store, message("s5", ""), "z@example.net") !=
              hold_one(kind.store, message("s6", ""), "z@example.net"));
    }
    SUBCASE("a recipient named twice in one call is one item") {
        const std::array same{recipient("c@example.net"), recipient("c@example.net")};
        const auto both = holdback::ports::hold(kind.store, message("s7"), same);
        REQUIRE(both.has_value());
        CHECK(both->at(0).id == both->at(1).id);
        CHECK(both->at(1).already_held);
    }
}

TEST_CASE_TEMPLATE("a message of which every recipient is held already leaves no row",
                   Kind,
                   Sqlite,
                   Memory) {
    Kind kind;
    hold_one(kind.store, message("s1"), "a@example.net");
    hold_one(kind.store, message("s2"), "a@example.net");
    CHECK(kind.store.listed_spool_ids().value() == std::vector<std::string>{"s1"});
    CHECK(kind.store.removable_spool_ids(10).value().empty());
    // The spool id is still free.
    hold_one(kind.store, message("s2"), "b@example.net");
    CHECK(all(kind.store).size() == 2);
}

TEST_CASE_TEMPLATE("a release takes held items, once, and counts the attempt",
                   Kind,
                   Sqlite,
                   Memory) {
    Kind kind;
    const std::array recipients{recipient("a@example.net"), recipient("b@example.net")};
    REQUIRE(holdback::ports::hold(kind.store, message("s1"), recipients).has_value());
    const std::array<std::int64_t, 3> wanted{1, 2, 99};
    const auto moved = holdback::ports::begin_release(
        kind.store, wanted, InDoubt::LeaveAlone, "hash-1", "why", kNow + 1s);
    CHECK(moved.value() == std::vector<std::int64_t>{1, 2});
    CHECK(holdback::ports::begin_release(
              kind.store, wanted, InDoubt::LeaveAlone, "hash-2", "why", kNow + 2s)
              .value()
              .empty());
    CHECK_FALSE(holdback::ports::claim_token(kind.store, "hash-2", "", kNow).value().has_value());
    CHECK(kind.store.counts().value() == HeldCounts{.releasing = 2});
    CHECK(all(kind.store)[0].recipient.attempts == 1);
    CHECK(all(kind.store)[0].recipient.changed_at == kNow + 1s);

    SUBCASE("an accepted one is released") {
        REQUIRE(released(kind.store, 1, "250 2.0.0 Ok: queued as X", kNow + 3s));
        const HeldRecipient row = all(kind.store)[0].recipient;
        CHECK(row.state == HeldState::Released);
        CHECK(row.last_answer == "250 2.0.0 Ok: queued as X");
        CHECK(row.changed_at == kNow + 3s);
        const auto events = kind.store.history(1).value();
        REQUIRE(events.size() == 3);
        CHECK(events[1] == HeldEvent{.at = kNow + 1s,
                                     .from = HeldState::Held,
                                     .to = HeldState::Releasing,
                                     .text = "why"});
        CHECK(events[2] == HeldEvent{.at = kNow + 3s,
                                     .from = HeldState::Releasing,
                                     .to = HeldState::Released,
                                     .text = "250 2.0.0 Ok: queued as X"});
        CHECK_FALSE(released(kind.store, 1, "again", kNow));
        CHECK_FALSE(failed(kind.store, 1, "again", std::nullopt, kNow));
        CHECK_FALSE(ended(kind.store, 1, HeldState::Discarded, "", kNow));
    }
    SUBCASE("a refused one is held again, with the answer, until its time") {
        REQUIRE(failed(kind.store, 2, "451 4.7.1 Later", kNow + 1h, kNow + 3s));
        const HeldRecipient row = all(kind.store)[1].recipient;
        CHECK(row.state == HeldState::Held);
        CHECK(row.last_answer == "451 4.7.1 Later");
        CHECK(row.release_at == std::optional<TimePoint>(kNow + 1h));
        CHECK(row.attempts == 1);
        const std::array again{row.id};
        CHECK(holdback::ports::begin_release(
                  kind.store, again, InDoubt::LeaveAlone, "hash-3", "why", kNow)
                  .value()
                  .size() == 1);
        CHECK(all(kind.store)[1].recipient.attempts == 2);
    }
    SUBCASE("an item that is not being released cannot have been") {
        hold_one(kind.store, message("s2", "other"), "c@example.net");
        CHECK_FALSE(released(kind.store, 3, "250", kNow));
        CHECK_FALSE(released(kind.store, 77, "250", kNow));
        CHECK_FALSE(failed(kind.store, 77, "450", std::nullopt, kNow));
    }
}

TEST_CASE_TEMPLATE("items of two messages do not go out under one token", Kind, Sqlite, Memory) {
    Kind kind;
    const std::array both{hold_one(kind.store, message("s1"), "a@example.net"),
                          hold_one(kind.store, message("s2", "other"), "b@example.net")};
    CHECK_FALSE(
        holdback::ports::begin_release(kind.store, both, InDoubt::LeaveAlone, "hash", "why", kNow)
            .has_value());
    CHECK(kind.store.counts().value() == HeldCounts{.held = 2});
}

TEST_CASE_TEMPLATE("a token is good once, for the items released under it", Kind, Sqlite, Memory) {
    Kind kind;
    const std::array recipients{
        recipient("a@example.net"), recipient("b@example.net"), recipient("c@example.net")};
    REQUIRE(holdback::ports::hold(kind.store, message("s1"), recipients).has_value());
    const std::array<std::int64_t, 2> some{1, 3};
    REQUIRE(
        holdback::ports::begin_release(kind.store, some, InDoubt::LeaveAlone, "hash", "why", kNow)
            .has_value());

    CHECK_FALSE(holdback::ports::claim_token(kind.store, "forged", "", kNow).value().has_value());
    CHECK_FALSE(holdback::ports::claim_token(kind.store, "", "", kNow).value().has_value());

    SUBCASE("while they are on their way") {
        const ReleaseGrant grant = claim(kind.store, "hash");
        CHECK(grant.spool_id == "s1");
        CHECK(grant.sender == "News@example.org");
        CHECK(grant.addresses == std::vector<std::string>{"a@example.net", "c@example.net"});
        CHECK_FALSE(holdback::ports::claim_token(kind.store, "hash", "", kNow).value().has_value());
    }
    SUBCASE("after the MTA answered: sendmail(1) is faster than the milter") {
        REQUIRE(released(kind.store, 1, "250", kNow));
        const ReleaseGrant grant = claim(kind.store, "hash");
        CHECK(grant.addresses == std::vector<std::string>{"a@example.net", "c@example.net"});
    }
    SUBCASE("but not for what went back to held") {
        REQUIRE(failed(kind.store, 3, "time-out", kNow, kNow));
        const ReleaseGrant grant = claim(kind.store, "hash");
        CHECK(grant.addresses == std::vector<std::string>{"a@example.net"});
    }
    SUBCASE("and for nobody when all went back") {
        REQUIRE(failed(kind.store, 1, "time-out", kNow, kNow));
        REQUIRE(failed(kind.store, 3, "time-out", kNow, kNow));
        CHECK_FALSE(holdback::ports::claim_token(kind.store, "hash", "", kNow).value().has_value());
    }
}

TEST_CASE_TEMPLATE("what was under way at the end of the process is held again",
                   Kind,
                   Sqlite,
                   Memory) {
    Kind kind;
    const std::array claimed{hold_one(kind.store, message("s1"), "a@example.net")};
    const std::array unclaimed{hold_one(kind.store, message("s2", "other"), "b@example.net")};
    hold_one(kind.store, message("s3", "third"), "c@example.net");
    const std::array sent{hold_one(kind.store, message("s4", "fourth"), "d@example.net")};
    REQUIRE(
        holdback::ports::begin_release(kind.store, sent, InDoubt::LeaveAlone, "hash-4", "why", kNow)
            .has_value());
    REQUIRE(holdback::ports::about_to_leave(kind.store, "hash-4", kNow).has_value());
    REQUIRE(holdback::ports::begin_release(
                kind.store, claimed, InDoubt::LeaveAlone, "hash-1", "why", kNow)
                .has_value());
    REQUIRE(holdback::ports::begin_release(
                kind.store, unclaimed, InDoubt::LeaveAlone, "hash-2", "why", kNow)
                .has_value());
    REQUIRE(holdback::ports::claim_token(kind.store, "hash-1", "", kNow).value().has_value());

    CHECK(holdback::ports::recover(kind.store, kNow + 5s).value().put_back == 1);
    const auto items = all(kind.store);
    CHECK(items[0].recipient.state == HeldState::Releasing);
    CHECK(items[1].recipient.state == HeldState::Held);
    CHECK(items[1].recipient.release_at == std::optional<TimePoint>(kNow + 5s));
    CHECK(items[2].recipient.release_at == std::nullopt);
    // The MTA may have it: nobody came to claim the token because we were dead.
    CHECK(items[3].recipient.state == HeldState::Releasing);
    CHECK(kind.store.history(2).value().back().from == std::optional(HeldState::Releasing));
    // A copy that comes late is not let through, and becomes no second item.
    CHECK_FALSE(holdback::ports::claim_token(kind.store, "hash-2", "", kNow).value().has_value());
    CHECK(holdback::ports::recover(kind.store, kNow + 6s).value().put_back == 0);
}

TEST_CASE_TEMPLATE("the queue id of a copy that may be there", Kind, Sqlite, Memory) {
    Kind kind;
    HeldRecipient doubtful = recipient("a@example.net");
    doubtful.in_doubt = true;
    doubtful.mta_queue_id = "4Xk2";
    const std::array recipients{doubtful, recipient("b@example.net")};
    REQUIRE(holdback::ports::hold(kind.store, message("s1"), recipients).has_value());
    const auto row = [&](std::size_t i) { return all(kind.store).at(i).recipient; };
    CHECK(row(0).mta_queue_id == "4Xk2");
    CHECK(row(0).mta_since == kNow);
    CHECK(row(1).mta_queue_id.empty());
    CHECK_FALSE(row(1).mta_since.has_value());

    SUBCASE("found: released by that, once") {
        const FoundCopy other{.id = 1, .queue_id = "4Xk3", .text = "another message"};
        const FoundCopy certain{.id = 2, .queue_id = "", .text = "not in doubt"};
        const FoundCopy found{.id = 1, .queue_id = "4Xk2", .text = "by the log"};
        CHECK(holdback::ports::settle_found(kind.store, std::array{other, certain}, kNow + 1s)
                  .value()
                  .empty());
        CHECK(holdback::ports::settle_found(kind.store, std::array{other, found}, kNow + 1s)
                  .value() == std::vector<std::int64_t>{1});
        CHECK(row(0).state == HeldState::Released);
        CHECK_FALSE(row(0).in_doubt);
        CHECK(row(0).last_answer == "by the log");
        CHECK(kind.store.history(1).value().back() == HeldEvent{.at = kNow + 1s,
                                                                .from = HeldState::Held,
                                                                .to = HeldState::Released,
                                                                .text = "by the log"});
        CHECK(holdback::ports::settle_found(kind.store, std::array{found}, kNow + 2s)
                  .value()
                  .empty());
    }
    SUBCASE("dropped: in doubt no more, and said of those that a start had found") {
        CHECK(
            holdback::ports::settle_dropped(kind.store, "4Xk3", kNow, "why", kNow).value().empty());
        CHECK(holdback::ports::settle_dropped(kind.store, "4Xk2", kNow - 1ms, "why", kNow)
                  .value()
                  .empty());
        CHECK(row(0).in_doubt);
        REQUIRE(holdback::ports::recover(kind.store, kNow).value().in_doubt.size() == 1);
        CHECK(holdback::ports::settle_dropped(kind.store, "4Xk2", kNow, "why", kNow + 1s).value() ==
              std::vector<std::int64_t>{1});
        CHECK_FALSE(row(0).in_doubt);
        CHECK(row(0).mta_queue_id.empty());
        CHECK(row(0).state == HeldState::Held);
        CHECK(row(0).last_answer.empty());
        CHECK(kind.store.history(1).value().back().text == "why");
        CHECK(
            holdback::ports::settle_dropped(kind.store, "4Xk2", kNow, "why", kNow).value().empty());
    }
    SUBCASE("dropped while its answer is open: not a word") {
        CHECK(
            holdback::ports::settle_dropped(kind.store, "4Xk2", kNow, "why", kNow).value().empty());
        CHECK_FALSE(row(0).in_doubt);
        CHECK(row(0).last_answer.empty());
        CHECK(kind.store.history(1).value().size() == 1);
    }
    SUBCASE("a release has its own, which stays while that is in doubt") {
        const std::array<std::int64_t, 1> one{1};
        REQUIRE(holdback::ports::begin_release(kind.store, one, InDoubt::Take, "hash", "why", kNow)
                    .has_value());
        CHECK(row(0).mta_queue_id.empty());
        REQUIRE(holdback::ports::claim_token(kind.store, "hash", "4Xk9", kNow + 1s)
                    .value()
                    .has_value());
        CHECK(row(0).mta_queue_id == "4Xk9");
        CHECK(row(0).mta_since == kNow + 1s);
        ReleaseEnd end{.id = 1, .what = ReleaseEnd::What::Unknown, .answer = "x", .retry_at = {}};
        REQUIRE(holdback::ports::settle(kind.store, std::array{end}, kNow + 2s).has_value());
        CHECK(row(0).mta_queue_id == "4Xk9");
        CHECK(holdback::ports::settle_dropped(kind.store, "4Xk9", kNow + 3s, "why", kNow)
                  .value()
                  .empty());
        CHECK(row(0).in_doubt);
        // The message came again in between: its answer says nothing of the release.
        REQUIRE(holdback::ports::settle_doubt(kind.store, taken("4Xkb", {1})).has_value());
        CHECK(row(0).in_doubt);
        REQUIRE(
            holdback::ports::begin_release(kind.store, one, InDoubt::Take, "hash-2", "why", kNow)
                .has_value());
        REQUIRE(
            holdback::ports::claim_token(kind.store, "hash-2", "4Xka", kNow).value().has_value());
        end.what = ReleaseEnd::What::Failed;
        REQUIRE(holdback::ports::settle(kind.store, std::array{end}, kNow + 4s).has_value());
        CHECK(row(0).mta_queue_id.empty());
        CHECK_FALSE(row(0).in_doubt);
        // Again after that: the doubt is about the message.
        REQUIRE(holdback::ports::hold(kind.store, message("s2"), std::array{doubtful}).has_value());
        CHECK(row(0).in_doubt);
        REQUIRE(holdback::ports::settle_doubt(kind.store, taken(doubtful.mta_queue_id, {1}))
                    .has_value());
        CHECK_FALSE(row(0).in_doubt);
    }
    SUBCASE("the message comes again: in doubt again, under the new one") {
        REQUIRE(holdback::ports::settle_doubt(kind.store, taken("4Xk2", {1})).has_value());
        HeldMessage again = message("s2");
        again.held_at = kNow + 1h;
        doubtful.mta_queue_id = "4Xkb";
        const auto outcomes = holdback::ports::hold(kind.store, again, std::array{doubtful});
        REQUIRE(outcomes.has_value());
        CHECK(outcomes->front().already_held);
        CHECK(row(0).in_doubt);
        CHECK(row(0).mta_queue_id == "4Xkb");
        CHECK(row(0).mta_since == kNow + 1h);
        // While there is doubt about one, the other does not take its place.
        doubtful.mta_queue_id = "4Xkc";
        REQUIRE(holdback::ports::hold(kind.store, message("s3"), std::array{doubtful}).has_value());
        CHECK(row(0).mta_queue_id == "4Xkb");
    }
    SUBCASE("who was refused got it: the DSN goes when nobody is left of whom it tells") {
        HeldRecipient refused = doubtful;
        refused.state = HeldState::Returned;
        refused.mta_queue_id = "4Xkd";
        std::array two{refused, refused};
        two[0].address = "c@example.net";
        two[1].address = "d@example.net";
        HeldMessage dsn = message("dsn", "dsn");
        dsn.kind = HeldKind::Own;
        HeldRecipient sender = recipient("news@example.org");
        sender.in_doubt = true;
        sender.mta_queue_id = "4Xkd";
        const std::array holds{
            NewHold{.message = message("s4", "four"), .recipients = {two.begin(), two.end()}},
            NewHold{.message = dsn, .recipients = {sender}}};
        REQUIRE(holdback::ports::hold_together(kind.store, holds).has_value());
        const auto find = [&](std::int64_t id) {
            const FoundCopy copy{.id = id, .queue_id = "4Xkd", .text = "by the log"};
            CHECK(holdback::ports::settle_found(kind.store, std::array{copy}, kNow).value() ==
                  std::vector<std::int64_t>{id});
        };
        find(3);
        CHECK(row(2).state == HeldState::Released);
        CHECK(row(4).state == HeldState::Held);
        CHECK(row(4).in_doubt);
        find(4);
        CHECK(row(4).state == HeldState::Discarded);
        CHECK_FALSE(row(4).in_doubt);
        CHECK(row(0).in_doubt);
    }
    SUBCASE("items behind an id") {
        CHECK(ids(kind.store, filter([](HeldFilter& f) { f.after = 1; })) ==
              std::vector<std::int64_t>{2});
    }
}

TEST_CASE_TEMPLATE("a filter gives what fits all its criteria", Kind, Sqlite, Memory) {
    Kind kind;
    HeldMessage second = message("s2", "other");
    second.sender = "ann@example.com";
    second.campaign = "";
    second.kind = HeldKind::Own;
    second.held_at = kNow + 10s;
    hold_one(kind.store, message("s1"), "a@example.net");        // 1
    hold_one(kind.store, message("s3", "3"), "B@Dest.Example");  // 2
    HeldRecipient due = recipient("c@dest.example");
    due.finding = holdback::terms::FindingName::SuppressedBounce;
    due.release_at = kNow + 1h;
    due.expires_at = kNow + 2h;
    const std::array recipients{due};
    REQUIRE(holdback::ports::hold(kind.store, second, recipients).has_value());  // 3
    REQUIRE(ended(kind.store, 2, HeldState::Returned, "expired", kNow));

    struct Row {
        std::string_view what;
        HeldFilter wanted;
        std::vector<std::int64_t> want;
    };
    std::vector<Row> rows;
    rows.push_back({"nothing asked", {}, {1, 2, 3}});
    rows.push_back({"ids, one unknown", filter([](HeldFilter& f) { f.ids = {3, 1, 42}; }), {1, 3}});
    rows.push_back(
        {"one state", filter([](HeldFilter& f) { f.states = {HeldState::Held}; }), {1, 3}});
    rows.push_back(
        {"two states",
         filter([](HeldFilter& f) { f.states = {HeldState::Held, HeldState::Returned}; }),
         {1, 2, 3}});
    rows.push_back({"kind", filter([](HeldFilter& f) { f.kind = HeldKind::Own; }), {3}});
    rows.push_back({"sender, another case",
                    filter([](HeldFilter& f) { f.sender = "NEWS@EXAMPLE.ORG"; }),
                    {1, 2}});
    rows.push_back(
        {"domain, another case", filter([](HeldFilter& f) { f.domain = "DEST.example"; }), {2, 3}});
    rows.push_back({"part of a domain is not the domain",
                    filter([](HeldFilter& f) { f.domain = "example"; }),
                    {}});
    rows.push_back({"finding",
                    filter([](HeldFilter& f) { f.finding = holdback::terms::FindingName::NullMx; }),
                    {1, 2}});
    rows.push_back({"campaign", filter([](HeldFilter& f) { f.campaign = "spring"; }), {1, 2}});
    rows.push_back({"SQL in a value is a value",
                    filter([](HeldFilter& f) { f.campaign = "' OR 1=1 --"; }),
                    {}});
    rows.push_back(
        {"held before", filter([](HeldFilter& f) { f.held_before = kNow + 10s; }), {1, 2}});
    rows.push_back({"release due", filter([](HeldFilter& f) { f.release_due = kNow + 1h; }), {3}});
    rows.push_back(
        {"release not yet due", filter([](HeldFilter& f) { f.release_due = kNow + 59min; }), {}});
    rows.push_back({"expired", filter([](HeldFilter& f) { f.expired = kNow + 2h; }), {3}});
    rows.push_back({"all together",
                    filter([](HeldFilter& f) {
                        f.ids = {3};
                        f.states = {HeldState::Held};
                        f.kind = HeldKind::Own;
                        f.sender = "ann@example.com";
                        f.domain = "dest.example";
                        f.finding = holdback::terms::FindingName::SuppressedBounce;
                        f.campaign = "";
                        f.held_before = kNow + 1h;
                        f.release_due = kNow + 1h;
                        f.expired = kNow + 2h;
                    }),
                    {3}});
    for (const Row& row : rows) {
        CAPTURE(row.what);
        CHECK(ids(kind.store, row.wanted) == row.want);
    }
}

TEST_CASE_TEMPLATE("a list of any length can be walked, left early, and changed on the way",
                   Kind,
                   Sqlite,
                   Memory) {
    Kind kind;
    std::vector<HeldRecipient> many;
    many.reserve(250);
    for (int i = 0; i < 250; ++i) {
        many.push_back(recipient("r" + std::to_string(i) + "@example.net"));
    }
    REQUIRE(holdback::ports::hold(kind.store, message("s1"), many).has_value());
    std::vector<std::int64_t> seen;
    REQUIRE(kind.store
                .list(filter([](HeldFilter& f) { f.states = {HeldState::Held}; }),
                      [&](const HeldItem& item) {
                          seen.push_back(item.recipient.id);
                          CHECK(
                              ended(kind.store, item.recipient.id, HeldState::Discarded, "", kNow));
                          return item.recipient.id < 230;
                      })
                .has_value());
    CHECK(seen.size() == 230);
    CHECK(seen.front() == 1);
    CHECK(seen.back() == 230);
    CHECK(kind.store.counts().value() == HeldCounts{.held = 20, .discarded = 230});
}

TEST_CASE_TEMPLATE("the spool is shared by senders, whatever address they use for each recipient",
                   Kind,
                   Sqlite,
                   Memory) {
    Kind kind;
    const auto hold = [&](std::string spool_id, std::string sender, std::string_view recipient) {
        HeldMessage one = message(std::move(spool_id));
        one.sender = std::move(sender);
        one.user.clear();
        one.octets = 100;
        one.fingerprint = one.spool_id;
        hold_one(kind.store, one, std::string(recipient));
    };
    hold("s1", "news-1-bo=b.test@a.test", "bo@b.test");
    hold("s2", "news-2-eva=b.test@a.test", "eva@b.test");
    hold("s3", "bounce.bo.b.test.17@a.test", "bo@b.test");
    hold("s4", "bounce.eva.b.test.99@a.test", "eva@b.test");
    HeldMessage by_user = message("s5");
    by_user.user = "Shop";
    by_user.octets = 7;
    hold_one(kind.store, by_user, "c@b.test");
    std::map<std::string, std::uint64_t> shares;
    const auto shared = kind.store.spool_shares().value();
    for (const auto& share : shared) {
        shares[share.sender] = share.octets;
    }
    CHECK(shares == std::map<std::string, std::uint64_t>{
                        {"news@a.test", 200}, {"bounce@a.test", 200}, {"Shop", 7}});
}

TEST_CASE_TEMPLATE(
    "how a copy looks stands with its message, and a damaged one is not due any more",
    Kind,
    Sqlite,
    Memory) {
    Kind kind;
    HeldRecipient due = recipient("a@example.net");
    due.release_at = kNow + 1h;
    const std::array recipients{due, recipient("b@example.net")};
    REQUIRE(holdback::ports::hold(kind.store, message("s1"), recipients).has_value());
    HeldMessage with_digest = message("s2", "other");
    with_digest.digest = std::string(64, 'a');
    hold_one(kind.store, with_digest, "c@example.net");
    REQUIRE(ended(kind.store, 2, HeldState::Discarded, "", kNow + 1s));

    const std::string digest(64, 'b');
    REQUIRE(holdback::ports::note_copy(kind.store, "s1", {.damage = {}, .digest = digest}, kNow)
                .has_value());
    REQUIRE(holdback::ports::note_copy(kind.store, "s2", {.damage = {}, .digest = digest}, kNow)
                .has_value());
    const auto kept = kind.store.kept_messages("", 10).value();
    REQUIRE(kept.size() == 2);
    CHECK(kept[0].digest == digest);
    CHECK(kept[1].digest == std::string(64, 'a'));
    CHECK(kept[0].octets == message("s1").octets);
    CHECK(kind.store.kept_messages("s1", 10).value().size() == 1);
    CHECK(kind.store.kept_messages("", 1).value().front().spool_id == "s1");
    CHECK(all(kind.store)[0].recipient.release_at == kNow + 1h);

    REQUIRE(holdback::ports::note_copy(
                kind.store, "s1", {.damage = "it is cut", .digest = {}}, kNow + 2s)
                .has_value());
    const auto items = all(kind.store);
    CHECK(items[0].message.damage == "it is cut");
    CHECK(items[0].message.digest == digest);
    CHECK_FALSE(items[0].recipient.release_at.has_value());
    CHECK(kind.store.history(1).value().back().text == "it is cut");
    CHECK(items[1].recipient.state == HeldState::Discarded);
    CHECK(kind.store.history(2).value().size() == 2);
    CHECK(items[2].message.damage.empty());

    REQUIRE(
        holdback::ports::note_copy(kind.store, "s1", {.damage = {}, .digest = digest}, kNow + 3s)
            .has_value());
    CHECK(all(kind.store)[0].message.damage.empty());
}

TEST_CASE_TEMPLATE("a spool file may go when nothing of its message is held, and is named once",
                   Kind,
                   Sqlite,
                   Memory) {
    Kind kind;
    const std::array recipients{recipient("a@example.net"), recipient("b@example.net")};
    REQUIRE(holdback::ports::hold(kind.store, message("s1"), recipients).has_value());
    hold_one(kind.store, message("s2", "other"), "c@example.net");
    REQUIRE(ended(kind.store, 1, HeldState::Discarded, "", kNow + 1s));
    REQUIRE(ended(kind.store, 3, HeldState::Returned, "", kNow + 2s));
    CHECK(kind.store.removable_spool_ids(10).value() == std::vector<std::string>{"s2"});
    CHECK(kind.store.listed_spool_ids().value() == std::vector<std::string>{"s1", "s2"});
    REQUIRE(ended(kind.store, 2, HeldState::Discarded, "", kNow + 3s));
    CHECK(kind.store.removable_spool_ids(10).value().size() == 2);
    CHECK(kind.store.removable_spool_ids(1).value().size() == 1);
    const std::array gone{std::string("s1")};
    REQUIRE(kind.store.spool_removed(gone).has_value());
    CHECK(kind.store.removable_spool_ids(10).value() == std::vector<std::string>{"s2"});
    CHECK(kind.store.listed_spool_ids().value() == std::vector<std::string>{"s2"});

    CHECK(kind.store.purge_ended(kNow + 3s).value() == 2);
    CHECK(ids(kind.store, {}) == std::vector<std::int64_t>{2});
    CHECK(kind.store.history(1).value().empty());
    // The row of a message whose file is still there stays, so that the file is not forgotten.
    CHECK(kind.store.removable_spool_ids(10).value() == std::vector<std::string>{"s2"});
    CHECK(kind.store.purge_ended(kNow + 1h).value() == 1);
    CHECK(all(kind.store).empty());
}

TEST_CASE_TEMPLATE("an item ends only as returned or discarded", Kind, Sqlite, Memory) {
    Kind kind;
    const std::int64_t id = hold_one(kind.store, message("s1"), "a@example.net");
    const std::array one{id};
    CHECK_FALSE(holdback::ports::end_items(
                    kind.store, one, InDoubt::LeaveAlone, HeldState::Released, "", kNow)
                    .has_value());
    CHECK(ended(kind.store, id, HeldState::Returned, "expired", kNow));
    CHECK_FALSE(ended(kind.store, id, HeldState::Returned, "expired", kNow));
    CHECK(kind.store.history(id).value().back().text == "expired");
}

TEST_CASE_TEMPLATE("what the MTA had no answer about stays in doubt, until somebody decides",
                   Kind,
                   Sqlite,
                   Memory) {
    Kind kind;
    HeldRecipient open = recipient("a@example.net");
    open.in_doubt = true;
    HeldRecipient due = recipient("b@example.net");
    due.in_doubt = true;
    due.release_at = kNow;
    const std::array recipients{open, due};
    REQUIRE(holdback::ports::hold(kind.store, message("s1"), recipients).has_value());
    const auto sure = filter([](HeldFilter& f) { f.in_doubt = false; });
    const auto unsure = filter([](HeldFilter& f) { f.in_doubt = true; });
    CHECK(ids(kind.store, sure).empty());
    CHECK(ids(kind.store, unsure) == std::vector<std::int64_t>{1, 2});

    SUBCASE("an answer that was taken ends the doubt") {
        REQUIRE(holdback::ports::settle_doubt(kind.store, taken("4Xk2", {2, 1, 99})).has_value());
        CHECK(ids(kind.store, sure) == std::vector<std::int64_t>{1, 2});
        CHECK(holdback::ports::recover(kind.store, kNow).value().in_doubt.empty());
    }
    SUBCASE("a release leaves it alone unless it is to be taken too") {
        REQUIRE(holdback::ports::settle_doubt(kind.store, taken("4Xk2", {2})).has_value());
        const std::array<std::int64_t, 2> both{1, 2};
        CHECK(holdback::ports::begin_release(
                  kind.store, both, InDoubt::LeaveAlone, "hash", "why", kNow)
                  .value() == std::vector<std::int64_t>{2});
        CHECK(all(kind.store)[0].recipient.state == HeldState::Held);
        CHECK(all(kind.store)[0].recipient.in_doubt);
        CHECK(all(kind.store)[0].recipient.attempts == 0);
        CHECK(holdback::ports::begin_release(kind.store, both, InDoubt::Take, "hash-2", "why", kNow)
                  .value() == std::vector<std::int64_t>{1});
        CHECK_FALSE(all(kind.store)[0].recipient.in_doubt);
    }
    SUBCASE("so do a return and a discard") {
        const std::array<std::int64_t, 2> both{1, 2};
        REQUIRE(holdback::ports::settle_doubt(kind.store, taken("4Xk2", {2})).has_value());
        const NewHold own{.message = message("s2", ""), .recipients = {recipient("c@example.net")}};
        CHECK(holdback::ports::give_back(kind.store, both, InDoubt::LeaveAlone, own, "why", kNow)
                  .value() == GivenBack::No);
        CHECK(kind.store.counts().value() == HeldCounts{.held = 2});
        SUBCASE("unless it is to be taken too") {
            CHECK(holdback::ports::give_back(kind.store, both, InDoubt::Take, own, "why", kNow)
                      .value() == GivenBack::Yes);
            CHECK(kind.store.counts().value() == HeldCounts{.held = 1, .returned = 2});
        }
        SUBCASE("the others are discarded, then that too") {
            const auto discard = [&](InDoubt in_doubt) {
                return holdback::ports::end_items(
                           kind.store, both, in_doubt, HeldState::Discarded, "why", kNow)
                    .value();
            };
            CHECK(discard(InDoubt::LeaveAlone) == std::vector<std::int64_t>{2});
            CHECK(discard(InDoubt::Take) == std::vector<std::int64_t>{1});
        }
    }
    SUBCASE("that it is going to last stands with it, once") {
        REQUIRE(holdback::ports::settle_doubt(kind.store, taken("4Xk2", {2})).has_value());
        const std::array<std::int64_t, 3> late{1, 2, 99};
        REQUIRE(holdback::ports::note_doubt(kind.store, late, "late", kNow + 5s).has_value());
        REQUIRE(holdback::ports::note_doubt(kind.store, late, "later", kNow + 6s).has_value());
        const auto items = all(kind.store);
        CHECK(items[0].recipient.last_answer == "late");
        CHECK(items[0].recipient.in_doubt);
        CHECK(items[1].recipient.last_answer.empty());
        const auto events = kind.store.history(1).value();
        REQUIRE(events.size() == 2);
        CHECK(events.back() ==
              HeldEvent{
                  .at = kNow + 5s, .from = HeldState::Held, .to = HeldState::Held, .text = "late"});
        CHECK(holdback::ports::recover(kind.store, kNow).value().in_doubt.empty());
    }
    SUBCASE("a restart says so, once") {
        CHECK(holdback::ports::recover(kind.store, kNow + 5s).value().in_doubt ==
              std::vector<std::int64_t>{1, 2});
        const auto items = all(kind.store);
        CHECK(items[0].recipient.state == HeldState::Held);
        CHECK(items[0].recipient.in_doubt);
        CHECK(items[0].recipient.last_answer.starts_with("the program ended before"));
        CHECK(kind.store.history(1).value().back().at == kNow + 5s);
        CHECK(holdback::ports::recover(kind.store, kNow + 6s).value().in_doubt.empty());
    }
    SUBCASE("who releases it has decided") {
        const std::array first{std::int64_t{1}};
        REQUIRE(holdback::ports::begin_release(
                    kind.store, first, InDoubt::Take, "hash", "command", kNow)
                    .has_value());
        CHECK_FALSE(all(kind.store)[0].recipient.in_doubt);
        SUBCASE("and a release whose answer is lost is in doubt again") {
            const ReleaseEnd lost{.id = 1,
                                  .what = ReleaseEnd::What::Unknown,
                                  .answer = "end of data: time-out",
                                  .retry_at = std::nullopt};
            CHECK(holdback::ports::settle(kind.store, std::span(&lost, 1), kNow + 1s)
                      .value()
                      .size() == 1);
            const HeldRecipient row = all(kind.store)[0].recipient;
            CHECK(row.state == HeldState::Held);
            CHECK(row.in_doubt);
            CHECK(row.last_answer == "end of data: time-out");
            CHECK_FALSE(
                holdback::ports::claim_token(kind.store, "hash", "", kNow).value().has_value());
        }
    }
}

TEST_CASE_TEMPLATE("mail and the DSN about it are written together", Kind, Sqlite, Memory) {
    Kind kind;
    HeldRecipient back = recipient("b@example.net");
    back.state = HeldState::Returned;
    HeldMessage dsn = message("s2", "dsn");
    dsn.kind = HeldKind::Own;
    dsn.sender = "";
    const NewHold own{.message = dsn, .recipients = {recipient("news@example.org")}};
    SUBCASE("when a message comes in") {
        const std::array<NewHold, 2> holds{
            NewHold{.message = message("s1"), .recipients = {recipient("a@example.net"), back}},
            own};
        const auto outcomes = holdback::ports::hold_together(kind.store, holds);
        REQUIRE(outcomes.has_value());
        REQUIRE(outcomes->size() == 2);
        CHECK(outcomes->at(0).size() == 2);
        CHECK(outcomes->at(1).at(0).id == 3);
        CHECK(kind.store.counts().value() == HeldCounts{.held = 2, .returned = 1});
        CHECK(kind.store.history(2).value().back().from == std::optional(HeldState::Held));
    }
    SUBCASE("and once, when the message comes again because the MTA had no answer") {
        back.in_doubt = true;
        NewHold open = own;
        open.recipients.front().in_doubt = true;
        const std::array<NewHold, 2> first{NewHold{.message = message("s1"), .recipients = {back}},
                                           open};
        REQUIRE(holdback::ports::hold_together(kind.store, first).has_value());
        open.message.spool_id = "s4";
        const std::array<NewHold, 2> second{NewHold{.message = message("s3"), .recipients = {back}},
                                            open};
        const auto outcomes = holdback::ports::hold_together(kind.store, second);
        REQUIRE(outcomes.has_value());
        CHECK(outcomes->at(0).at(0).id == 1);
        CHECK(outcomes->at(0).at(0).already_held);
        CHECK(outcomes->at(1).at(0).already_held);
        CHECK(kind.store.counts().value() == HeldCounts{.held = 1, .returned = 1});
        SUBCASE("but not when it is to be held this time") {
            back.state = HeldState::Held;
            const std::array held{back};
            const auto third = holdback::ports::hold(kind.store, message("s5"), held);
            CHECK_FALSE(third.value().front().already_held);
        }
    }
    SUBCASE("when held mail is given back, all of it or nothing") {
        const std::array two{recipient("a@example.net"), recipient("b@example.net")};
        REQUIRE(holdback::ports::hold(kind.store, message("s1"), two).has_value());
        const std::array<std::int64_t, 2> both{1, 2};
        SUBCASE("all are held") {
            CHECK(holdback::ports::give_back(
                      kind.store, both, InDoubt::LeaveAlone, own, "expired", kNow)
                      .value() == GivenBack::Yes);
            CHECK(kind.store.counts().value() == HeldCounts{.held = 1, .returned = 2});
            CHECK(holdback::ports::give_back(
                      kind.store, both, InDoubt::LeaveAlone, own, "expired", kNow)
                      .value() == GivenBack::No);
        }
        SUBCASE("one after the other, with one DSN") {
            const std::array<std::int64_t, 1> first{1};
            const std::array<std::int64_t, 1> second{2};
            NewHold once = own;
            once.message.spool_id = "s9";
            once.message.fingerprint = "told";
            NewHold again = once;
            again.message.spool_id = "s10";
            CHECK(holdback::ports::give_back(
                      kind.store, first, InDoubt::LeaveAlone, once, "why", kNow)
                      .value() == GivenBack::Yes);
            CHECK(holdback::ports::give_back(
                      kind.store, second, InDoubt::LeaveAlone, again, "why", kNow)
                      .value() == GivenBack::ToldBefore);
            CHECK(kind.store.counts().value() == HeldCounts{.held = 1, .returned = 2});
        }
        SUBCASE("one is not") {
            REQUIRE(ended(kind.store, 2, HeldState::Discarded, "", kNow));
            CHECK(holdback::ports::give_back(
                      kind.store, both, InDoubt::LeaveAlone, own, "expired", kNow)
                      .value() == GivenBack::No);
            CHECK(kind.store.counts().value() == HeldCounts{.held = 1, .discarded = 1});
            CHECK(all(kind.store).size() == 2);
        }
    }
}

TEST_CASE("words that only a newer version knows lose no row") {
    Sqlite kind;
    hold_one(kind.store, message("s1"), "a@example.net");
    kind.database.write([](holdback::io::sqlite::Connection& connection) {
        connection.execute(
            "UPDATE held_message SET stream = 'parcel'; "
            "UPDATE held_recipient SET finding = 'moon-phase'");
    });
    const auto items = all(kind.store, filter([](HeldFilter& f) {
                               f.finding = holdback::terms::HeldFinding::parse("moon-phase");
                           }));
    REQUIRE(items.size() == 1);
    CHECK(items[0].recipient.finding.word() == "moon-phase");
    CHECK(items[0].message.stream == holdback::terms::Stream::Bulk);
}

TEST_CASE_TEMPLATE("items are looked at again when their time has come", Kind, Sqlite, Memory) {
    Kind kind;
    HeldRecipient soon = recipient("a@example.net");
    soon.recheck_at = kNow + 1min;
    const std::array recipients{soon, recipient("b@example.net")};
    HeldMessage direct = message("s1");
    direct.stream = holdback::terms::Stream::Direct;
    REQUIRE(holdback::ports::hold(kind.store, direct, recipients).has_value());
    CHECK(all(kind.store)[0].message.stream == holdback::terms::Stream::Direct);
    const auto due_at = [](TimePoint at) {
        return filter([at](HeldFilter& f) { f.recheck_due = at; });
    };
    CHECK(ids(kind.store, due_at(kNow)).empty());
    CHECK(ids(kind.store, due_at(kNow + 1min)) == std::vector<std::int64_t>{1});
    const std::array later{Recheck{.id = 1, .at = kNow + 1h}, Recheck{.id = 99, .at = kNow}};
    REQUIRE(holdback::ports::recheck_later(kind.store, later).has_value());
    CHECK(ids(kind.store, due_at(kNow + 59min)).empty());
    CHECK(ids(kind.store, due_at(kNow + 1h)) == std::vector<std::int64_t>{1});

    const auto expired_at = [](TimePoint at) {
        return filter([at](HeldFilter& f) { f.expired = at; });
    };
    const std::array expiries{Recheck{.id = 1, .at = kNow + 2h}, Recheck{.id = 99, .at = kNow}};
    REQUIRE(holdback::ports::expire_later(kind.store, expiries).has_value());
    CHECK(ids(kind.store, expired_at(kNow + 119min)).empty());
    CHECK(ids(kind.store, expired_at(kNow + 2h)) == std::vector<std::int64_t>{1});
}

TEST_CASE("threads on two connections hold one message once and release it once") {
    const holdback::support::TempDir directory;
    const holdback::io::sqlite::DatabaseOptions options{
        .path = directory.file("holdback.db"), .migrations = holdback::io::sqlite::schema_steps()};
    Database one(options);
    Database two(options);
    SqliteHeld first(one);
    SqliteHeld second(two);
    constexpr int kThreads = 4;
    constexpr int kMessages = 15;
    std::mutex mutex;
    std::map<int, std::set<std::int64_t>> ids_of_message;
    int fresh = 0;
    int released = 0;
    {
        std::vector<std::jthread> threads;
        threads.reserve(kThreads);
        for (int thread = 0; thread < kThreads; ++thread) {
            threads.emplace_back([&, thread] {
                SqliteHeld& store = thread % 2 == 0 ? first : second;
                for (int i = 0; i < kMessages; ++i) {
                    const std::string name = std::to_string(i) + "-" + std::to_string(thread);
                    const std::array recipients{recipient("a@example.net")};
                    const auto held = holdback::ports::hold(
                        store, message("s" + name, std::to_string(i)), recipients);
                    if (!held.has_value()) {
                        continue;
                    }
                    const std::array moving{held->front().id};
                    const auto moved = holdback::ports::begin_release(
                        store, moving, InDoubt::LeaveAlone, "h" + name, "why", kNow);
                    const std::scoped_lock lock(mutex);
                    ids_of_message[i].insert(held->front().id);
                    fresh += held->front().already_held ? 0 : 1;
                    released += moved.has_value() ? static_cast<int>(moved->size()) : 0;
                }
            });
        }
    }
    CHECK(fresh == kMessages);
    CHECK(released == kMessages);
    REQUIRE(ids_of_message.size() == kMessages);
    for (const auto& [number, found] : ids_of_message) {
        CAPTURE(number);
        CHECK(found.size() == 1);
    }
    CHECK(all(first).size() == kMessages);
}

// NOLINTBEGIN(misc-include-cleaner): knows no header for pid_t, kill(2) and SIGKILL
TEST_CASE("a killed writer leaves whole transactions and a sound file") {
    const holdback::support::TempDir directory;
    const std::string path = directory.file("holdback.db");
    const holdback::io::sqlite::DatabaseOptions options{
        .path = path, .migrations = holdback::io::sqlite::schema_steps()};
    std::size_t messages_before = 0;
    for (int round = 0; round < 3; ++round) {
        std::array<int, 2> ends{};
        REQUIRE(pipe(ends.data()) == 0);
        const pid_t child = fork();
        if (child == 0) {
            Database database(options);
            SqliteHeld store(database);
            for (int i = 0;; ++i) {
                const std::string name = std::to_string(round) + "-" + std::to_string(i);
                const std::array recipients{recipient("a@example.net"), recipient("b@example.net")};
                const auto held =
                    holdback::ports::hold(store, message("s" + name, name), recipients);
                const std::array<std::int64_t, 2> moving{held->at(0).id, held->at(1).id};
                static_cast<void>(holdback::ports::begin_release(
                    store, moving, InDoubt::LeaveAlone, "h" + name, "why", kNow));
                static_cast<void>(write(ends[1], ".", 1));
            }
        }
        // Killed somewhere after the thirtieth message.
        std::array<char, 1> octet{};
        for (int i = 0; i < 30; ++i) {
            REQUIRE(read(ends[0], octet.data(), 1) == 1);
        }
        kill(child, SIGKILL);
        REQUIRE(waitpid(child, nullptr, 0) == child);
        close(ends[0]);
        close(ends[1]);

        Database database(options);
        const auto integrity = database.read([](holdback::io::sqlite::Connection& connection) {
            holdback::io::sqlite::Query query = connection.query("PRAGMA integrity_check");
            query.step();
            return query.text(0);
        });
        CHECK(integrity == "ok");
        SqliteHeld store(database);
        std::map<std::string, int> recipients_of;
        for (const HeldItem& item : all(store)) {
            ++recipients_of[item.recipient.spool_id];
            const auto events = store.history(item.recipient.id).value();
            CHECK(events.size() >= 1);
            CHECK(events.back().to == item.recipient.state);
        }
        CHECK(recipients_of.size() >= messages_before + 30);
        for (const auto& [spool_id, number] : recipients_of) {
            CAPTURE(spool_id);
            CHECK(number == 2);
        }
        CHECK(holdback::ports::recover(store, kNow).has_value());
        messages_before = recipients_of.size();
    }
}
// NOLINTEND(misc-include-cleaner)
