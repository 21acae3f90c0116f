// SPDX-License-Identifier: Apache-2.0
#include "outbound/bulk.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "mail/header.hpp"
#include "mail/ip_address.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::outbound {

using std::chrono::minutes;
using std::chrono::seconds;

TEST_CASE("each signal of the envelope makes a message bulk and is named") {
    config::Settings settings;
    settings.bulk.senders = {"news@a.test", "bulk.test"};
    settings.bulk.users = {"mailer"};
    settings.bulk.daemons = {"CAMPAIGN"};
    settings.bulk.clients = {mail::Network::parse("192.0.2.0/24").value()};
    struct Row {
        std::string_view what;
        EnvelopeSigns signs;
        std::string_view want;
    };
    const std::vector<Row> rows{
        {"nothing", {.sender = "ann@a.test", .recipients = 24, .window_recipients = 99}, "none"},
        {"listed address", {.sender = "News@A.test"}, "sender"},
        {"listed domain", {.sender = "anyone@BULK.test"}, "sender"},
        {"below a listed domain", {.sender = "a@sub.bulk.test"}, "none"},
        {"user", {.sender = "ann@a.test", .user = "mailer"}, "user"},
        {"daemon", {.sender = "ann@a.test", .daemon = "campaign"}, "daemon"},
        {"client",
         {.sender = "ann@a.test", .client = mail::IpAddress::parse("192.0.2.7")},
         "client"},
        {"recipients", {.sender = "ann@a.test", .recipients = 25}, "recipients:25"},
        {"rate", {.sender = "ann@a.test", .window_recipients = 100}, "rate:100/600s"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const StreamDecision decision = stream_by_envelope(row.signs, settings);
        CHECK(decision.signal == row.want);
        CHECK(decision.is_bulk() == (row.want != "none"));
    }
}

TEST_CASE("who is listed in [direct] is direct, whatever else is known of the message") {
    config::Settings settings;
    settings.bulk.senders = {"a.test"};
    settings.bulk.clients = {mail::Network::parse("192.0.2.0/24").value()};
    settings.direct.senders = {"reset@a.test", "shop.test"};
    settings.direct.users = {"webshop"};
    settings.direct.daemons = {"RECEIPTS"};
    settings.direct.clients = {mail::Network::parse("192.0.2.7").value()};
    struct Row {
        std::string_view what;
        EnvelopeSigns signs;
        std::string_view want;
    };
    const std::vector<Row> rows{
        {"address in a bulk domain", {.sender = "Reset@A.test"}, "direct:sender"},
        {"domain", {.sender = "x@shop.test"}, "direct:sender"},
        {"user", {.sender = "x@a.test", .user = "WebShop"}, "direct:user"},
        {"daemon", {.sender = "x@a.test", .daemon = "receipts"}, "direct:daemon"},
        {"host of a bulk network",
         {.sender = "x@b.test", .client = mail::IpAddress::parse("192.0.2.7")},
         "direct:client"},
        {"numbers",
         {.sender = "x@shop.test", .recipients = 500, .window_recipients = 5000},
         "direct:sender"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const StreamDecision decision = stream_by_envelope(row.signs, settings);
        CHECK(decision.signal == row.want);
        CHECK_FALSE(decision.is_bulk());
        CHECK(decision.is_always_direct());
    }
    const StreamDecision other = stream_by_envelope({.sender = "news@a.test"}, settings);
    CHECK(other.signal == "sender");
    CHECK_FALSE(other.is_always_direct());
}

TEST_CASE("mail is a list's when it says so or its sender is listed, and to many by its own size") {
    config::BulkSettings settings;
    settings.headers.emplace_back("X-Mailing");
    settings.senders = {"news@a.test"};
    struct Row {
        std::string_view sender;
        std::string_view name;
        std::string_view value;
        SentTo want;
        std::size_t recipients = 1;
    };
    const std::vector<Row> rows{
        {"a@a.test", "Subject", " x", SentTo::Person},
        {"a@a.test", "Subject", " x", SentTo::Person, 24},
        {"a@a.test", "Subject", " x", SentTo::Many, 25},
        {"a@a.test", "Feedback-ID", " 1:2:3", SentTo::Many},
        {"a@a.test", "X-Mailing", " 1", SentTo::Many},
        {"a@a.test", "Precedence", " first-class", SentTo::Person},
        {"a@a.test", "X-List-Id", " x", SentTo::Person},
        {"a@a.test", "Precedence", " list", SentTo::List},
        {"a@a.test", "Precedence", " Bulk", SentTo::List},
        {"a@a.test", "list-id", " <x.a.test>", SentTo::List},
        {"a@a.test", "List-Post", " <mailto:x@a.test>", SentTo::List},
        {"a@a.test", "X-Campaign-ID", " spring", SentTo::List},
        {"a@a.test", "List-Id", " <x.a.test>", SentTo::List, 900},
        {"news@a.test", "Subject", " x", SentTo::List},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        mail::HeaderList headers;
        headers.add(row.name, row.value);
        const EnvelopeSigns often{.sender = std::string(row.sender),
                                  .recipients = row.recipients,
                                  .window_recipients = 900};
        CHECK(sent_to(often, headers, settings) == row.want);
    }
}

TEST_CASE("each signal of the headers makes a message bulk and is named") {
    struct Row {
        std::string_view name;
        std::string_view value;
        std::string_view want;
    };
    const std::vector<Row> rows{
        {"Subject", " hello", "none"},
        {"list-unsubscribe", " <mailto:u@a.test>", "header:List-Unsubscribe"},
        {"List-Id", " <x.a.test>", "header:List-Id"},
        {"Feedback-ID", " 1:2:3", "header:Feedback-ID"},
        {"X-Campaign-ID", " spring", "header:X-Campaign-ID"},
        {"Precedence", " Bulk", "header:Precedence"},
        {"Precedence", " list", "header:Precedence"},
        {"Precedence", " first-class", "none"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        mail::HeaderList headers;
        headers.add(row.name, row.value);
        CHECK(stream_by_headers(headers, {}).signal == row.want);
    }
}

TEST_CASE("a sender's window forgets what is older than it") {
    SenderWindows windows;
    const core::SteadyPoint start{};
    CHECK(windows.observe("a@a.test", 60, minutes(10), start) == 60);
    CHECK(windows.observe("b@a.test", 1, minutes(10), start) == 1);
    CHECK(windows.observe("a@a.test", 30, minutes(10), start + minutes(5)) == 90);
    CHECK(windows.observe("a@a.test", 1, minutes(10), start + minutes(10)) == 31);
    CHECK(windows.observe("a@a.test", 1, minutes(10), start + minutes(30)) == 1);
}

TEST_CASE("the windows keep a bounded number of senders") {
    SenderWindows windows(2);
    const core::SteadyPoint start{};
    CHECK(windows.observe("a", 5, minutes(10), start) == 5);
    CHECK(windows.observe("b", 5, minutes(10), start) == 5);
    CHECK(windows.observe("a", 1, minutes(10), start) == 6);
    CHECK(windows.observe("c", 1, minutes(10), start) == 1);  // b makes room
    CHECK(windows.observe("a", 1, minutes(10), start) == 7);
    CHECK(windows.observe("b", 1, minutes(10), start) == 1);
}

TEST_CASE("a campaign is named by the configured field, Feedback-ID or List-Id, in this order") {
    mail::HeaderList headers;
    CHECK(campaign_name(headers, {}).empty());
    headers.add("List-Id", " <news.a.test>");
    CHECK(campaign_name(headers, {}) == "<news.a.test>");
    headers.add("Feedback-ID", " fb");
    CHECK(campaign_name(headers, {}) == "fb");
    headers.add("X-Campaign-ID", " spring");
    CHECK(campaign_name(headers, {}) == "spring");
}

TEST_CASE("long names of campaigns are cut, and told apart by what is cut off") {
    const auto name_of = [](const std::string& value) {
        mail::HeaderList headers;
        headers.add("X-Campaign-ID", " " + value);
        return campaign_name(headers, {});
    };
    const std::string same(200, 'c');
    CHECK(name_of(same) == same);
    CHECK(name_of(same + "1").size() == 200);
    CHECK(name_of(same + "1").starts_with(std::string(187, 'c') + "~"));
    CHECK(name_of(same + "1") != name_of(same + "2"));
    CHECK(name_of(std::string(2000, 'c')) == name_of(std::string(2000, 'c')));
}

}  // namespace holdback::outbound
