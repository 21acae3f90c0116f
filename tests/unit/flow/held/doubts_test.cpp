// SPDX-License-Identifier: Apache-2.0
#include "flow/held/doubts.hpp"

#include "core/clock.hpp"
#include "mail/outcome.hpp"
#include "ports/held_acts.hpp"
#include "ports/held_store.hpp"
#include "ports/journal.hpp"
#include "terms/held.hpp"
#include "tests/support/memory_journal.hpp"
#include "tests/support/memory_stores.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

namespace holdback::flow::held {

namespace {

using namespace std::chrono_literals;
using terms::HeldState;

constexpr core::TimePoint kNow{1'700'000'000'000ms};

ports::HeldItem item_in_doubt() {
    ports::HeldItem item;
    item.message.sender = "News@home.test";
    item.message.queue_id = "4Xk2";
    item.recipient.id = 7;
    item.recipient.address = "Carl@NullMX.test";
    item.recipient.in_doubt = true;
    item.recipient.mta_queue_id = "4Xk2";
    item.recipient.mta_since = kNow;
    return item;
}

ports::JournalEntry entry(std::string recipient = "carl@nullmx.test") {
    ports::JournalEntry made;
    made.outcome.at = kNow + 1s;
    made.outcome.queue_id = "4Xk2";
    made.outcome.sender = "news@home.test";
    made.outcome.recipient = std::move(recipient);
    made.outcome.result = mail::DeliveryResult::Sent;
    made.outcome.text = "250 2.0.0 taken";
    made.key = mail::recipient_key(made.outcome.recipient);
    return made;
}

/// The flow over stores in memory, with one message of which two recipients are in doubt.
struct Bed {
    support::MemoryHeldStore held;
    support::MemoryJournal journal;
    support::RecordingLog log;
    support::ManualClock clock{kNow};
    Doubts doubts{{.held = held, .journal = journal, .log = log, .clock = clock}};

    Bed() {
        terms::HeldMessage message;
        message.spool_id = "spool";
        message.sender = "news@home.test";
        message.queue_id = "4Xk2";
        message.held_at = kNow;
        std::array<terms::HeldRecipient, 2> recipients;
        recipients[0].address = "carl@nullmx.test";
        recipients[1].address = "dora@nullmx.test";
        for (terms::HeldRecipient& recipient : recipients) {
            recipient.in_doubt = true;
            recipient.mta_queue_id = "4Xk2";
        }
        REQUIRE(ports::hold(held, message, recipients).has_value());
    }

    terms::HeldRecipient row(std::int64_t id) {
        terms::HeldRecipient found;
        ports::HeldFilter filter;
        filter.ids = {id};
        REQUIRE(held.list(filter,
                          [&](const ports::HeldItem& item) {
                              found = item.recipient;
                              return true;
                          })
                    .has_value());
        return found;
    }

    void look() {
        clock.advance(6s);
        doubts.work();
    }
};

}  // namespace

TEST_CASE("what the log says of this recipient of this message proves that the MTA has a copy") {
    struct Row {
        std::string_view what;
        void (*change)(ports::HeldItem&, ports::JournalEntry&);
        bool want;
    };
    const auto rows = std::to_array<Row>({
        {"sent", [](auto&, auto&) {}, true},
        {"deferred",
         [](auto&, auto& e) { e.outcome.result = mail::DeliveryResult::Deferred; },
         true},
        {"returned",
         [](auto&, auto& e) { e.outcome.result = mail::DeliveryResult::Bounced; },
         true},
        {"the sender is not told", [](auto&, auto& e) { e.outcome.sender.reset(); }, true},
        {"an alias of it",
         [](auto&, auto& e) {
             e.outcome.original_recipient = "CARL@nullmx.test";
             e.key = "somebody@else.test";
         },
         true},
        {"the log's time is cut", [](auto&, auto& e) { e.outcome.at = kNow - 1s; }, true},
        {"another queue id", [](auto&, auto& e) { e.outcome.queue_id = "4Xk3"; }, false},
        {"another recipient", [](auto&, auto& e) { e.key = "dora@nullmx.test"; }, false},
        {"another sender", [](auto&, auto& e) { e.outcome.sender = "joe@home.test"; }, false},
        {"the null sender", [](auto&, auto& e) { e.outcome.sender = ""; }, false},
        {"an older message with the queue id",
         [](auto&, auto& e) { e.outcome.at = kNow - 1h; },
         false},
        {"not in doubt", [](auto& i, auto&) { i.recipient.in_doubt = false; }, false},
        {"the queue id is not known",
         [](auto& i, auto& e) {
             i.recipient.mta_queue_id.clear();
             e.outcome.queue_id.clear();
         },
         false},
        {"a DSN about a message to its sender",
         [](auto& i, auto&) { i.message.kind = terms::HeldKind::Own; },
         false},
        {"a DSN that was sent itself",
         [](auto& i, auto&) {
             i.message.kind = terms::HeldKind::Own;
             i.recipient.attempts = 1;
         },
         true},
    });
    for (const Row& row : rows) {
        CAPTURE(row.what);
        ports::HeldItem item = item_in_doubt();
        std::array entries{entry()};
        row.change(item, entries.front());
        CHECK(proof_of_copy(item, entries).has_value() == row.want);
    }
    CHECK_FALSE(proof_of_copy(item_in_doubt(), {}).has_value());
}

TEST_CASE("an item of which the MTA has a copy is released by that, the others stay in doubt") {
    Bed bed;
    bed.doubts.work();
    CHECK(bed.row(1).in_doubt);
    bed.journal.entries.push_back(entry());
    bed.doubts.work();
    CHECK(bed.row(1).state == HeldState::Held);  // looked a moment ago
    bed.look();
    CHECK(bed.row(1).state == HeldState::Released);
    CHECK_FALSE(bed.row(1).in_doubt);
    CHECK(bed.row(1).last_answer ==
          "by the MTA's log, the MTA has delivered it: 4Xk2: 250 2.0.0 taken");
    CHECK(bed.row(2).state == HeldState::Held);
    CHECK(bed.row(2).in_doubt);
    CHECK(bed.log.has("decision flow=release item=1 rcpt=\"carl@nullmx.test\" verdict=released"));
    CHECK(bed.log.has("cause=\"maillog\""));
    CHECK_FALSE(bed.log.has("item=2"));
}

TEST_CASE("a log into which others can write ends no doubt") {
    Bed bed;
    bed.journal.entries.push_back(entry());
    bool is_trusted = false;
    Doubts doubts({.held = bed.held,
                   .journal = bed.journal,
                   .log = bed.log,
                   .clock = bed.clock,
                   .is_log_trusted = [&] { return is_trusted; }});
    bed.clock.advance(6s);
    doubts.work();
    CHECK(doubts.on_dropped({.queue_id = "4Xk2", .at = kNow}, kNow));
    CHECK(bed.row(1).state == HeldState::Held);
    CHECK(bed.row(1).in_doubt);
    CHECK(bed.row(2).in_doubt);
    is_trusted = true;
    doubts.work();
    CHECK(bed.row(1).state == HeldState::Released);
}

TEST_CASE("what was released by a person meanwhile is left alone") {
    Bed bed;
    bed.journal.entries.push_back(entry());
    REQUIRE(
        ports::begin_release(
            bed.held, std::array<std::int64_t, 1>{1}, ports::InDoubt::Take, "hash", "command", kNow)
            .has_value());
    bed.look();
    CHECK(bed.row(1).state == HeldState::Releasing);
    CHECK_FALSE(bed.log.has("item=1"));
}

TEST_CASE("a message that the MTA dropped leaves no doubt") {
    Bed bed;
    SUBCASE("the answer is still open: nothing is said") {
        CHECK(bed.doubts.on_dropped({.queue_id = "4Xk2", .at = kNow - 999ms}, kNow));
        CHECK_FALSE(bed.row(1).in_doubt);
        CHECK(bed.row(1).last_answer.empty());
        CHECK(bed.log.lines().empty());
    }
    SUBCASE("after a crash it is said") {
        REQUIRE(ports::recover(bed.held, kNow).has_value());
        CHECK(bed.doubts.on_dropped({.queue_id = "4Xk2", .at = kNow}, kNow));
        for (const std::int64_t id : {1, 2}) {
            CHECK(bed.row(id).state == HeldState::Held);
            CHECK_FALSE(bed.row(id).in_doubt);
            CHECK(bed.row(id).last_answer.empty());
            CHECK(bed.held.history(id).value().back().text ==
                  "no longer in doubt: the MTA's log says that it dropped 4Xk2, as it was told");
        }
        CHECK(bed.log.has("release: 2 held items are no longer in doubt"));
    }
    SUBCASE("another message, or one before, says nothing") {
        CHECK(bed.doubts.on_dropped({.queue_id = "4Xk3", .at = kNow}, kNow));
        CHECK(bed.doubts.on_dropped({.queue_id = "4Xk2", .at = kNow - 1h}, kNow));
        CHECK(bed.row(1).in_doubt);
    }
    SUBCASE("a store in trouble: it is told again") {
        bed.held.trouble().begin("locked");
        CHECK_FALSE(bed.doubts.on_dropped({.queue_id = "4Xk2", .at = kNow}, kNow));
        bed.held.trouble().end();
        CHECK(bed.row(1).in_doubt);
    }
}

TEST_CASE("a release in doubt goes by the queue id under which it came") {
    Bed bed;
    REQUIRE(
        ports::begin_release(
            bed.held, std::array<std::int64_t, 1>{1}, ports::InDoubt::Take, "hash", "command", kNow)
            .has_value());
    CHECK(bed.row(1).mta_queue_id.empty());
    REQUIRE(ports::claim_token(bed.held, "hash", "4Xk9", kNow).value().has_value());
    const ports::ReleaseEnd unknown{
        .id = 1, .what = ports::ReleaseEnd::What::Unknown, .answer = "no answer", .retry_at = {}};
    REQUIRE(ports::settle(bed.held, std::array{unknown}, kNow).has_value());
    // That the original was dropped says nothing of the release.
    CHECK(bed.doubts.on_dropped({.queue_id = "4Xk9", .at = kNow}, kNow));
    bed.journal.entries.push_back(entry());
    bed.look();
    CHECK(bed.row(1).in_doubt);
    bed.journal.entries.push_back(entry());
    bed.journal.entries.back().outcome.queue_id = "4Xk9";
    bed.look();
    CHECK(bed.row(1).state == HeldState::Released);
}

}  // namespace holdback::flow::held
