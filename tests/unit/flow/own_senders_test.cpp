// SPDX-License-Identifier: Apache-2.0
#include "flow/own_senders.hpp"

#include "config/settings.hpp"
#include "flow/own_name.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "mail/ip_address.hpp"
#include "mail/mta_names.hpp"
#include "mail/syntax.hpp"
#include "outbound/direction.hpp"
#include "outbound/received.hpp"
#include "ports/mta_tables.hpp"
#include "terms/held.hpp"
#include "tests/support/memory_stores.hpp"
#include "tests/support/one_route.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::flow {

namespace {

using outbound::Entry;
using outbound::Origin;
using From = Entry::From;

/// Senders, on a host whose MTA has said a name.
struct House {
    explicit House(std::string_view name = "mta.home.test") { own_name.learn(name); }

    OwnName own_name{"host"};
    support::OneRoute mta;
    support::ManualClock clock;
    OwnSenders senders{{.own_name = own_name, .mta = mta, .clock = clock}};
};

mail::EnvelopeSender sender(std::string_view text) {
    if (text.empty()) {
        return mail::NullSender{};
    }
    const auto address = mail::Address::parse(text, mail::Smtputf8::No);
    return address.has_value() ? mail::EnvelopeSender(address->value)
                               : mail::EnvelopeSender(std::string(text));
}

Origin by_smtp(std::string_view client, std::string user = {}) {
    return {.user = std::move(user),
            .daemon = "mta.home.test",
            .client = mail::IpAddress::parse(client),
            .over_smtp = true};
}

config::Settings some_settings() {
    config::Settings settings;
    settings.outgoing.own_domains = {"shop.test"};
    settings.outgoing.local_domains = {"inside.test"};
    settings.outgoing.sender_domains = {"news.test"};
    return settings;
}

}  // namespace

TEST_CASE("a sender is of this house by his domain") {
    struct Row {
        std::string_view sender;
        bool want;
    };
    const auto rows = std::to_array<Row>({
        {"a@mta.home.test", true},
        {"a@home.test", true},
        {"a@other.home.test", false},
        {"a@shop.test", true},
        {"a@mail.shop.test", true},
        {"a@inside.test", true},
        {"a@news.test", true},
        {"a@x.news.test", false},
        {"a@test", false},
        {"a@good.test", false},
        {"nonsense", false},
        {"", false},
    });
    const House house;
    for (const Row& row : rows) {
        CAPTURE(row.sender);
        CHECK(house.senders.has(sender(row.sender), some_settings()) == row.want);
    }
    CHECK(house.mta.asked.empty());
    // A host with a short name has no domain above it but the top one.
    CHECK_FALSE(House("home.test").senders.has(sender("a@test"), {}));
}

TEST_CASE("what the MTA serves is of this house, and the domain above its name need not be") {
    House house;
    config::Settings settings = some_settings();
    settings.mta.kind = mail::MtaKind::Postfix;
    settings.mta.host_name = "mta.home.test";
    settings.mta.origin = "lab.test";
    settings.mta.lists.emplace_back("mydestination", mail::Subdomains::Never);
    settings.mta.lists.back().add_name("served.test", false);
    CHECK(house.senders.has(sender("a@mta.home.test"), settings));
    CHECK(house.senders.has(sender("a@lab.test"), settings));
    CHECK(house.senders.has(sender("a@served.test"), settings));
    CHECK(house.senders.has(sender("a@shop.test"), settings));
    CHECK(house.mta.asked.empty());
    CHECK_FALSE(house.senders.has(sender("a@home.test"), settings));
    CHECK(house.mta.asked == std::vector<std::string>{"home.test"});
    house.mta.answer = {
        .membership = mail::Membership::Yes, .list = "virtual_mailbox_domains", .is_served = true};
    CHECK(house.senders.has(sender("a@table.test"), settings));
    // To have a route is not to be served.
    house.mta.answer = {.membership = mail::Membership::Yes, .list = "transport_maps"};
    CHECK_FALSE(house.senders.has(sender("a@table.test"), settings));
}

TEST_CASE("what came in from outside and comes again is not outgoing") {
    struct Row {
        std::string_view what;
        Origin origin;
        std::string_view from;
        Entry entry;
        bool want;
        SenderIs sender_is = SenderIs::Unknown;
    };
    Origin program = by_smtp("127.0.0.1");
    program.over_smtp = false;
    Origin submission = by_smtp("127.0.0.1");
    submission.daemon = "ORIGINATING";
    const Entry kHere{};
    const Entry kOutside{.from = From::Outside};
    const Entry kOutsideByUs{.from = From::Outside, .by_us = true};
    const Entry kBeforeQueue{.from = From::Outside, .by_us = true, .before_queue = true};
    const auto rows = std::to_array<Row>({
        {"a forged sender of ours behind a proxy",
         by_smtp("127.0.0.1"),
         "boss@home.test",
         kBeforeQueue,
         true},
        {"a forged sender of ours behind a filter",
         by_smtp("127.0.0.1"),
         "boss@home.test",
         kOutsideByUs,
         true,
         SenderIs::TheSame},
        {"a proxy", by_smtp("127.0.0.1"), "bo@good.test", kOutsideByUs, true},
        {"fetchmail", by_smtp("::1"), "bo@good.test", kOutside, true},
        {"a DSN", by_smtp("127.0.0.1"), "", kOutsideByUs, true},
        {"a pipe and sendmail(1)", program, "bo@good.test", kOutsideByUs, true},
        {"a filter on another host", by_smtp("10.0.0.2"), "bo@good.test", kOutsideByUs, true},
        {"what another host forwards", by_smtp("10.0.0.2"), "bo@good.test", kOutside, false},
        {"an application", by_smtp("127.0.0.1"), "bo@good.test", kHere, false},
        {"a list manager", by_smtp("127.0.0.1"), "list@home.test", kOutsideByUs, false},
        {"a login", by_smtp("127.0.0.1", "joe"), "bo@good.test", kOutsideByUs, false},
        {"a service that is listed", submission, "bo@good.test", kOutsideByUs, false},
        {"a login before the filter",
         by_smtp("127.0.0.1"),
         "bo@good.test",
         {.from = From::Own, .by_us = true, .login = true},
         false},
    });
    const House house;
    config::Settings settings = some_settings();
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const Way way =
            house.senders.way_of(row.origin, sender(row.from), row.entry, row.sender_is, settings);
        CHECK((way == Way::CameIn) == row.want);
        CHECK((way == Way::OwnByName) == (row.what == "a list manager"));
    }
    settings.outgoing.reinjected = config::Reinjected::Outgoing;
    for (const Row& row : rows) {
        CHECK(house.senders.way_of(
                  row.origin, sender(row.from), row.entry, row.sender_is, settings) ==
              Way::Outgoing);
    }
}

TEST_CASE("mail of ours goes to senders who are known to be ours") {
    struct Row {
        std::string_view what;
        Origin origin;
        std::string_view from;
        Entry entry;
        bool want;
    };
    const Entry kHere{};
    const auto rows = std::to_array<Row>({
        {"own domain", by_smtp("127.0.0.1"), "joe@home.test", kHere, true},
        {"own domain, by a list",
         by_smtp("127.0.0.1"),
         "l@home.test",
         {.from = From::Outside},
         true},
        {"a login", by_smtp("198.51.100.7", "joe"), "joe@else.test", kHere, true},
        {"a login with the null sender", by_smtp("198.51.100.7", "joe"), "", kHere, false},
        {"an application of this host", by_smtp("127.0.0.1"), "joe@else.test", kHere, false},
        {"a login before the filter",
         by_smtp("127.0.0.1"),
         "joe@else.test",
         {.from = From::Own, .by_us = true, .login = true},
         true},
        {"a host of ours", by_smtp("10.0.0.2"), "joe@else.test", kHere, true},
        {"a host of ours, after a login there",
         by_smtp("10.0.0.2"),
         "joe@else.test",
         {.from = From::Outside, .login = true},
         true},
        {"a host of ours that forwards",
         by_smtp("10.0.0.2"),
         "joe@else.test",
         {.from = From::Outside},
         false},
    });
    const House house;
    for (const Row& row : rows) {
        CAPTURE(row.what);
        CHECK(house.senders.may_be_told(row.origin, sender(row.from), row.entry, some_settings()) ==
              row.want);
    }
}

TEST_CASE("who could be told when his mail was held can be told later") {
    const House house;
    terms::HeldMessage message;
    message.sender = "joe@else.test";
    message.client = "127.0.0.1";
    CHECK_FALSE(house.senders.may_be_told(message, mail::HeaderList(), some_settings()));
    message.vouched = true;
    CHECK(house.senders.may_be_told(message, mail::HeaderList(), some_settings()));
    // His domain has been added to the settings since then.
    message.vouched = false;
    config::Settings settings = some_settings();
    settings.outgoing.own_domains.emplace_back("else.test");
    CHECK(house.senders.may_be_told(message, mail::HeaderList(), settings));
}

}  // namespace holdback::flow
