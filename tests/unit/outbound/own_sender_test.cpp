// SPDX-License-Identifier: Apache-2.0
#include "outbound/own_sender.hpp"

#include "config/settings.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/ip_address.hpp"
#include "mail/syntax.hpp"
#include "outbound/direction.hpp"
#include "outbound/received.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::outbound {

namespace {

using From = Entry::From;

const std::vector<std::string> kNames{"mta.home.test"};

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
    for (const Row& row : rows) {
        CAPTURE(row.sender);
        CHECK(is_own_sender(sender(row.sender), some_settings(), kNames) == row.want);
    }
    // A host with a short name has no domain above it but the top one.
    CHECK_FALSE(is_own_sender(sender("a@test"), {}, std::vector<std::string>{"home.test"}));
}

TEST_CASE("what came in from outside and comes again is not outgoing") {
    struct Row {
        std::string_view what;
        Origin origin;
        std::string_view from;
        Entry entry;
        bool want;
    };
    Origin program = by_smtp("127.0.0.1");
    program.over_smtp = false;
    Origin submission = by_smtp("127.0.0.1");
    submission.daemon = "ORIGINATING";
    constexpr Entry kHere{};
    constexpr Entry kOutside{.from = From::Outside};
    constexpr Entry kOutsideByUs{.from = From::Outside, .by_us = true};
    const auto rows = std::to_array<Row>({
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
    config::Settings settings = some_settings();
    for (const Row& row : rows) {
        CAPTURE(row.what);
        CHECK(came_in_before(row.origin, sender(row.from), row.entry, settings, kNames) ==
              row.want);
    }
    settings.outgoing.reinjected = config::Reinjected::Outgoing;
    for (const Row& row : rows) {
        CHECK_FALSE(came_in_before(row.origin, sender(row.from), row.entry, settings, kNames));
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
    constexpr Entry kHere{};
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
    for (const Row& row : rows) {
        CAPTURE(row.what);
        CHECK(may_be_told(row.origin, sender(row.from), row.entry, some_settings(), kNames) ==
              row.want);
    }
}

}  // namespace holdback::outbound
