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
    config::BulkSettings settings;
    settings.senders = {"news@a.test", "bulk.test"};
    settings.users = {"mailer"};
    settings.daemons = {"CAMPAIGN"};
    settings.clients = {mail::Network::parse("192.0.2.0/24").value()};
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
