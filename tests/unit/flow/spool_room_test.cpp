// SPDX-License-Identifier: Apache-2.0
#include "flow/spool_room.hpp"

#include "config/settings.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/folded_sender.hpp"
#include "mail/syntax.hpp"
#include "tests/support/memory_stores.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

namespace holdback::flow {

namespace {

using namespace std::chrono_literals;

struct House {
    void turn() {
        clock.advance(11s);
        room.work(settings);
    }
    [[nodiscard]] auto count(std::string_view part) const {
        const auto lines = log.lines();
        return std::ranges::count_if(
            lines, [&](const auto& line) { return line.text.find(part) != std::string::npos; });
    }

    support::ManualClock clock;
    support::RecordingLog log;
    support::MemoryHeldStore held;
    support::MemorySpool spool;
    config::HoldSettings settings;
    SpoolRoom room{{.held = &held, .spool = &spool, .log = &log, .clock = &clock}};
};

}  // namespace

TEST_CASE("the flood of one sender leaves room for the others") {
    House house;
    house.settings.max_size = 1000;
    house.turn();
    house.room.took("flood", 500);
    CHECK(house.room.refusal("flood", house.settings).has_value());
    CHECK(house.room.refusal("flood", house.settings).has_value());
    CHECK_FALSE(house.room.refusal("other", house.settings).has_value());
    CHECK(house.count("has reached max_size_per_sender") == 1);
    CHECK(house.room.state(house.settings).senders_over == 1);
    CHECK(house.room.state(house.settings).full.empty());
    CHECK(house.room.state(house.settings).room == 500);

    // Nothing is in the store of this test: what was held has gone.
    house.room.shrunk();
    house.turn();
    CHECK_FALSE(house.room.refusal("flood", house.settings).has_value());
    CHECK(house.count("there is room again for \"flood\"") == 1);
}

TEST_CASE("a sender with another address for each recipient is one sender") {
    House house;
    house.settings.max_size = 1000;
    house.turn();
    const auto sharer = [](std::string sender, std::string recipient, std::string user = {}) {
        mail::Envelope envelope;
        envelope.sender = mail::Address::parse(sender, mail::Smtputf8::No).value().value;
        mail::Recipient one{.verbatim = "<" + recipient + ">",
                            .syntax = mail::Address::parse(recipient, mail::Smtputf8::No)};
        envelope.recipients.push_back(std::move(one));
        return SpoolRoom::sender_of({.user = std::move(user)}, envelope);
    };
    house.room.took(sharer("news-1-bo=b.test@a.test", "bo@b.test"), 250);
    house.room.took(sharer("news-2-eva=b.test@a.test", "eva@b.test"), 250);
    CHECK(house.room.refusal(sharer("news-3-ida=b.test@a.test", "ida@b.test"), house.settings));
    CHECK(sharer("bounce.bo.b.test.17@a.test", "bo@b.test") ==
          sharer("bounce.eva.b.test.99@a.test", "eva@b.test"));
    CHECK(sharer("bo@a.test", "eva@b.test", "Shop") == "Shop");
    CHECK_FALSE(house.room.refusal(sharer("bo@a.test", "eva@b.test"), house.settings));
}

TEST_CASE("a limit that was reached counts until a tenth has gone") {
    House house;
    house.settings.max_size = 1000;
    house.settings.max_size_per_sender = 1000;
    house.turn();
    house.room.took("a", 600);
    house.room.took("b", 400);
    CHECK(house.room.refusal("c", house.settings).has_value());
    CHECK(house.count("spool: full: the spool has reached max_size") == 1);
    house.turn();
    CHECK(house.room.refusal("c", house.settings).has_value());
    house.settings.max_size = 1100;  // a raised limit is 91 % used
    house.turn();
    CHECK(house.room.refusal("c", house.settings).has_value());
    house.settings.max_size = 1200;
    house.turn();
    CHECK_FALSE(house.room.refusal("c", house.settings).has_value());
    CHECK(house.count("spool: full") == 1);
    CHECK(house.count("there is room again: mail is held") == 1);
}

TEST_CASE("a disk that is nearly full takes no more held mail") {
    House house;
    house.settings.min_free = 100;
    house.spool.set_free_octets(100);
    CHECK(house.room.refusal("a", house.settings).has_value());
    CHECK(house.count("less than min_free") == 1);
    house.spool.set_free_octets(105);
    house.turn();
    CHECK(house.room.refusal("a", house.settings).has_value());
    house.spool.set_free_octets(200);
    house.turn();
    CHECK_FALSE(house.room.refusal("a", house.settings).has_value());
}

TEST_CASE("a disk that is not to be looked at limits nothing") {
    House house;
    house.settings.min_free = 0;
    house.spool.set_free_octets(0);
    CHECK_FALSE(house.room.refusal("a", house.settings).has_value());
    house.turn();
    CHECK(house.room.state(house.settings).full.empty());
}

TEST_CASE("who shares the spool is the user, or the sender in any letter case") {
    CHECK(mail::spool_sharer("anna", "News@Example.org", "") == "anna");
    CHECK(mail::spool_sharer("", "News@Example.org", "") == "news@example.org");
}

}  // namespace holdback::flow
