// SPDX-License-Identifier: Apache-2.0
#include "flow/sender_limits.hpp"

#include "config/limit.hpp"
#include "config/settings.hpp"
#include "flow/passing_message.hpp"
#include "flow/snapshot.hpp"
#include "limits/limit_set.hpp"
#include "limits/over_limit.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/outcome.hpp"
#include "outbound/findings.hpp"
#include "ports/held_store.hpp"
#include "ports/journal.hpp"
#include "terms/finding.hpp"
#include "terms/policy_action.hpp"
#include "terms/stream.hpp"
#include "tests/support/memory_stores.hpp"
#include "tests/support/memory_usage.hpp"
#include "tests/support/small_snapshot.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace holdback::flow {

namespace {

using namespace std::chrono_literals;
using config::Limit;
using terms::PolicyAction;

struct House {
    House() { settings.mode = config::Mode::Enforce; }

    /// A message of ann's to so many recipients.
    PassingMessage message(std::size_t recipients, std::string_view queue_id = "q1") const {
        mail::Envelope envelope;
        envelope.sender = mail::Address::parse("ann@home.test", mail::Smtputf8::No)->value;
        envelope.queue_id = queue_id;
        for (std::size_t i = 0; i < recipients; ++i) {
            const std::string address = fmt::format("p{}@good.test", i);
            envelope.recipients.push_back(
                {.verbatim = fmt::format("<{}>", address),
                 .syntax = mail::Address::parse(address, mail::Smtputf8::No)});
        }
        return {.snapshot = support::small_snapshot({}, settings, limits::LimitSet(tables, {})),
                .who = {.user = "ann", .logged_in = true},
                .envelope = std::move(envelope),
                .headers = {}};
    }

    static std::vector<outbound::RecipientFacts> facts(const PassingMessage& message) {
        std::vector<outbound::RecipientFacts> facts;
        for (const mail::Recipient& recipient : message.envelope.recipients) {
            facts.push_back({.syntax = recipient.syntax});
        }
        return facts;
    }

    static std::vector<std::size_t> all(const PassingMessage& message) {
        std::vector<std::size_t> positions(message.envelope.recipients.size());
        std::iota(positions.begin(), positions.end(), 0U);
        return positions;
    }

    /// Takes room for all recipients of the message; how many got it.
    std::size_t take(const PassingMessage& message,
                     Booking& booking,
                     std::string_view submission = "") {
        const auto known = facts(message);
        const auto positions = all(message);
        const auto answers = limits.take({.message = message,
                                          .submission = submission,
                                          .stream = terms::Stream::Direct,
                                          .facts = known,
                                          .positions = positions},
                                         booking);
        return static_cast<std::size_t>(std::ranges::count_if(
            answers, [](const auto& over) { return !over.has_value() || over->in_shadow; }));
    }

    /// Sends to as many recipients as have room, and gives their number.
    std::size_t send(std::size_t recipients,
                     std::string_view submission = "",
                     std::string_view queue_id = "q1") {
        const PassingMessage sent = message(recipients, queue_id);
        Booking booking;
        const std::size_t room = take(sent, booking, submission);
        std::vector<std::size_t> leaving = all(sent);
        leaving.resize(room);
        limits.left(booking, sent, leaving);
        return room;
    }

    config::Settings settings;
    std::vector<Limit> tables{Limit{.name = "a", .recipients = {{5, 60s}}}};
    support::ManualClock clock;
    support::RecordingLog log;
    support::MemoryUsageStore store;
    SenderLimits limits{{.store = store, .log = log, .clock = clock}};
};

}  // namespace

TEST_CASE("the first recipients get the room, and the window opens again") {
    House house;
    CHECK(house.send(3) == 3);
    CHECK(house.send(4) == 2);
    CHECK(house.send(1) == 0);
    CHECK(house.store.sum("a", "ann") == 5);
    house.clock.advance(62s);
    CHECK(house.send(7) == 5);
}

TEST_CASE("what does not leave takes no room") {
    House house;
    {
        const PassingMessage message = house.message(5);
        Booking booking;
        CHECK(house.take(message, booking) == 5);
        CHECK(house.send(1) == 0);
        // The same message takes its room anew, not twice.
        CHECK(house.take(message, booking) == 5);
    }
    CHECK(house.store.sum("a", "ann") == 0);
    const PassingMessage message = house.message(5);
    Booking booking;
    CHECK(house.take(message, booking) == 5);
    const std::vector<std::size_t> some{0, 3};
    house.limits.left(booking, message, some);
    CHECK(house.store.sum("a", "ann") == 2);
    CHECK(house.send(5) == 3);
}

TEST_CASE("a question tells what there is room for, and takes none") {
    House house;
    CHECK(house.send(2) == 2);
    const PassingMessage message = house.message(4);
    const auto facts = House::facts(message);
    const auto positions = House::all(message);
    for (int again = 0; again < 2; ++again) {
        Booking booking;
        const auto answers = house.limits.take({.message = message,
                                                .submission = {},
                                                .stream = terms::Stream::Direct,
                                                .facts = facts,
                                                .positions = positions,
                                                .only_asked = true},
                                               booking);
        CHECK(std::ranges::count_if(answers, [](const auto& over) { return over.has_value(); }) ==
              1);
        CHECK(house.send(0) == 0);
    }
    CHECK(house.send(4) == 3);
}

TEST_CASE("room that a recipient took at RCPT is his until the message is decided") {
    House house;
    PassingMessage message = house.message(0);
    const PassingMessage whole = house.message(6);
    Booking booking;
    for (std::size_t i = 0; i < 6; ++i) {
        message.envelope.recipients.push_back(whole.envelope.recipients[i]);
        const auto over = house.limits.take_last(
            message, {.syntax = whole.envelope.recipients[i].syntax}, booking);
        CHECK(over.has_value() == (i == 5));
        if (over.has_value()) {
            message.envelope.recipients.pop_back();
        }
    }
    CHECK(house.send(1) == 0);
    CHECK(house.take(message, booking) == 5);
    house.limits.left(booking, message, House::all(message));
    CHECK(house.store.sum("a", "ann") == 5);
}

TEST_CASE("a message that is submitted again counts once, until the MTA is known to have it") {
    House house;
    CHECK(house.send(5, "digest") == 5);
    CHECK(house.send(5, "digest") == 5);
    CHECK(house.store.sum("a", "ann") == 5);
    CHECK(house.send(5, "another", "q2") == 0);

    SUBCASE("also after the end of the program") {
        SenderLimits later{{.store = house.store, .log = house.log, .clock = house.clock}};
        later.load();
        const PassingMessage message = house.message(5);
        const auto facts = House::facts(message);
        const auto positions = House::all(message);
        Booking booking;
        const auto answers = later.take({.message = message,
                                         .submission = "digest",
                                         .stream = terms::Stream::Direct,
                                         .facts = facts,
                                         .positions = positions},
                                        booking);
        CHECK(std::ranges::none_of(answers, [](const auto& over) { return over.has_value(); }));
        Booking other;
        const auto none = later.take({.message = message,
                                      .submission = "another",
                                      .stream = terms::Stream::Direct,
                                      .facts = facts,
                                      .positions = positions},
                                     other);
        CHECK(std::ranges::all_of(none, [](const auto& over) { return over.has_value(); }));
    }
    SUBCASE("then it is another copy") {
        ports::JournalEntry entry;
        entry.outcome.queue_id = "q1";
        entry.outcome.at = house.clock.now();
        CHECK(house.limits.on_outcome(entry, house.clock.now()));
        CHECK(house.send(5, "digest") == 0);
    }
    SUBCASE("and not for ever: somebody may send the same mail all day") {
        std::size_t passed = 0;
        for (int i = 0; i < 30; ++i) {
            passed += house.send(1, "digest");
        }
        CHECK(passed < 10);
    }
    SUBCASE("and not for another recipient") {
        CHECK(house.send(6, "digest") == 5);
    }
}

TEST_CASE("a message that the MTA refused in the end does not count") {
    House house;
    CHECK(house.send(5, "digest", "q7") == 5);
    CHECK(house.limits.on_refused({.queue_id = "q7", .at = house.clock.now()}, house.clock.now()));
    CHECK(house.store.sum("a", "ann") == 0);
    CHECK(house.store.copies() == 0);
    CHECK(house.send(5, "digest", "q8") == 5);
    CHECK(house.store.sum("a", "ann") == 5);
    // A second line about it changes nothing, and neither does one about an unknown message.
    CHECK(house.limits.on_refused({.queue_id = "q7", .at = house.clock.now()}, house.clock.now()));
    CHECK(house.limits.on_refused({.queue_id = "q9", .at = house.clock.now()}, house.clock.now()));
    CHECK(house.store.sum("a", "ann") == 5);
}

TEST_CASE("in shadow everybody leaves and counts") {
    House house;
    SUBCASE("of the whole program") {
        house.settings.mode = config::Mode::Shadow;
        const PassingMessage message = house.message(8);
        Booking booking;
        CHECK(house.take(message, booking) == 5);
        house.limits.left(booking, message, House::all(message));
    }
    SUBCASE("of the limit") {
        house.tables.front().shadow = true;
        CHECK(house.send(8) == 8);
    }
    CHECK(house.store.sum("a", "ann") == 8);
}

TEST_CASE("many sessions together never pass the limit") {
    House house;
    house.tables.front().recipients = {{500, 3600s}};
    std::vector<std::size_t> room(20);
    {
        std::vector<std::jthread> sessions;
        for (std::size_t i = 0; i < room.size(); ++i) {
            sessions.emplace_back([&house, &room, i] {
                for (int turn = 0; turn < 50; ++turn) {
                    const PassingMessage message = house.message(3, fmt::format("q{}-{}", i, turn));
                    Booking booking;
                    const std::size_t got = house.take(message, booking);
                    if (turn % 5 == 0) {
                        continue;  // broken off: all of it goes back
                    }
                    std::vector<std::size_t> leaving = House::all(message);
                    leaving.resize(got);
                    room[i] += got;
                    static_cast<void>(booking);
                    house.limits.left(booking, message, leaving);
                }
            });
        }
    }
    CHECK(std::accumulate(room.begin(), room.end(), std::size_t{0}) <= 500);
    // What nobody used is still there.
    CHECK(std::accumulate(room.begin(), room.end(), std::size_t{0}) + house.send(500) == 500);
}

TEST_CASE("held mail takes room before it leaves, and counts whoever releases it") {
    House house;
    const auto snapshot = house.message(0).snapshot;
    const limits::LimitSet& set = snapshot->limits;
    ports::HeldItem item;
    item.message.user = "ann";
    item.message.sender = "ann@home.test";
    item.recipient.address = "p0@good.test";
    item.recipient.finding = terms::FindingName::OverLimit;
    const outbound::RecipientFacts facts{
        .syntax = mail::Address::parse("p0@good.test", mail::Smtputf8::No)};
    for (int id = 1; id <= 6; ++id) {
        item.recipient.id = id;
        CHECK(house.limits.take_item(item, facts, *snapshot).has_value() == (id == 6));
    }
    item.recipient.id = 1;
    house.limits.item_left(item, set);
    house.limits.settle_items();
    CHECK(house.store.sum("a", "ann") == 1);
    // A person may release what has no room; it counts all the same.
    CHECK(house.send(5) == 4);
    item.recipient.id = 9;
    house.limits.item_left(item, set);
    CHECK(house.store.sum("a", "ann") == 6);
    CHECK(house.send(1) == 0);
    // Good recipients of a message that went on from the spool were counted as it came.
    item.recipient.finding = {};
    house.limits.item_left(item, set);
    CHECK(house.store.sum("a", "ann") == 6);
}

TEST_CASE("what leaves by itself leaves evenly, to each provider for itself") {
    House house;
    house.tables.clear();
    house.settings.pace.per_minute = 2;
    const auto snapshot = house.message(0).snapshot;
    ports::HeldItem item;
    const auto asks_again = [&](std::int64_t id, std::string_view to) {
        item.recipient.id = id;
        item.recipient.address = to;
        return house.limits.take_item(
            item, {.syntax = mail::Address::parse(to, mail::Smtputf8::No)}, *snapshot);
    };
    CHECK_FALSE(asks_again(1, "a@good.test").has_value());
    CHECK_FALSE(asks_again(2, "b@good.test").has_value());
    const auto later = asks_again(3, "c@good.test");
    REQUIRE(later.has_value());
    CHECK_FALSE(asks_again(4, "a@fine.test").has_value());
    house.clock.advance(*later - house.clock.now());
    CHECK_FALSE(asks_again(3, "c@good.test").has_value());
}

TEST_CASE("a store that fails stops nobody, and the limits still hold") {
    House house;
    house.store.trouble().begin("locked");
    house.limits.load();
    CHECK(house.send(3) == 3);
    CHECK(house.send(3) == 2);
    house.limits.work();
    CHECK(house.log.lines().size() == 3);
}

TEST_CASE("held mail that asked in vain goes before new mail of its sender") {
    House house;
    house.tables.front().action = PolicyAction::Hold;
    const limits::LimitSet set(house.tables, {});
    ports::HeldItem item;
    item.message.user = "ann";
    item.recipient.id = 1;
    item.recipient.address = "p0@good.test";
    item.recipient.finding = terms::FindingName::OverLimit;
    CHECK(house.send(5) == 5);
    CHECK(house.limits.wait_for_room(item, set).has_value());
    house.clock.advance(62s);
    CHECK(house.send(5) == 0);
    CHECK_FALSE(house.limits.wait_for_room(item, set).has_value());
    // Asking twice takes room once.
    CHECK_FALSE(house.limits.wait_for_room(item, set).has_value());
    house.limits.item_left(item, set);
    house.clock.advance(62s);
    CHECK(house.send(6) == 5);
}

TEST_CASE("held mail asks again soon, whatever the time when the limit opens") {
    const core::TimePoint now{1'700'000'000'000ms};
    limits::OverLimit over{.limit = "a", .opens_at = now + 24h};
    CHECK(SenderLimits::next_look(over, now) == now + 10min);
    over.opens_at = now;
    CHECK(SenderLimits::next_look(over, now) == now + 10s);
    over.opens_at = now + 3min;
    CHECK(SenderLimits::next_look(over, now) == now + 3min);
}

TEST_CASE("room of held mail may outlive the settings") {
    House house;
    ports::HeldItem item;
    item.message.user = "ann";
    item.recipient.id = 1;
    item.recipient.address = "p0@good.test";
    item.recipient.finding = terms::FindingName::OverLimit;
    {
        const limits::LimitSet set(house.tables, {});
        CHECK_FALSE(house.limits.wait_for_room(item, set).has_value());
    }
    house.limits.item_left(item, limits::LimitSet(house.tables, {}));
    CHECK(house.store.sum("a", "ann") == 1);
    house.limits.settle_items();
    CHECK(house.send(5) == 4);
}

TEST_CASE("a message to many destinations writes each counter once") {
    House house;
    house.tables = {Limit{.name = "a", .recipients = {{500, 60s}}},
                    Limit{.name = "b", .provider = {"*"}, .recipients = {{500, 60s}}}};
    PassingMessage message = house.message(100);
    for (std::size_t i = 0; i < 100; ++i) {
        const std::string address = fmt::format("p@good{}.test", i);
        message.envelope.recipients[i].syntax = mail::Address::parse(address, mail::Smtputf8::No);
    }
    Booking booking;
    CHECK(house.take(message, booking) == 100);
    house.limits.left(booking, message, House::all(message));
    CHECK(house.store.sum("a", "ann") == 100);
    CHECK(house.store.sum("b", "ann") == 100);
    CHECK(house.store.changes() == 101);
}

}  // namespace holdback::flow
