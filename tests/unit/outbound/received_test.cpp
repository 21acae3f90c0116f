// SPDX-License-Identifier: Apache-2.0
#include "outbound/received.hpp"

#include "mail/header.hpp"
#include "mail/ip_address.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::outbound {

namespace {

using From = Entry::From;

mail::HeaderList traced(const std::vector<std::string_view>& hops) {
    mail::HeaderList headers;
    for (const std::string_view hop : hops) {
        headers.add("Received", hop);
    }
    headers.add("Subject", " hello");
    return headers;
}

std::string address(const ReceivedHop& hop) {
    return hop.from.has_value() ? hop.from->text() : "none";
}

}  // namespace

TEST_CASE("a trace field tells the client's address, the host, the protocol and the queue id") {
    struct Row {
        std::string_view value;
        std::string_view from;
        std::string_view by;
        std::string_view with;
        std::string_view id;
    };
    const auto rows = std::to_array<Row>({
        {"from client.test (client.7.test [198.51.100.7]) by mta.home.test (Postfix) with ESMTPSA "
         "id "
         "4Xk2 for <bo@home.test>; Mon, 6 Jul 2026 10:00:00 +0000 (UTC)",
         "198.51.100.7",
         "mta.home.test",
         "ESMTPSA",
         "4Xk2"},
        {"by mta.home.test (Postfix, from userid 0) id 4Xk3; Mon, 6 Jul 2026 10:00:00 +0000",
         "none",
         "mta.home.test",
         "",
         "4Xk3"},
        {"from a.test (h.test [IPv6:2001:db8::1] (may be forged)) (authenticated bits=0) by "
         "sm.lab.example (8.17.1.9/8.17.1.9) with ESMTPA id 66A1; Mon, 6 Jul 2026 10:00:00 GMT",
         "2001:db8::1",
         "sm.lab.example",
         "ESMTPA",
         "66A1"},
        {"from [192.0.2.9] (helo=[10.0.0.1]) by mx.test with esmtps (TLS1.3) tls "
         "TLS_AES_256_GCM_SHA384 (Exim 4.96) (envelope-from <a@b.test>) id 1r-2; Mon, 6 Jul 2026",
         "192.0.2.9",
         "mx.test",
         "ESMTPS",
         "1r-2"},
        {"from [10.0.0.5] (unknown [192.0.2.9]) by mx.test with SMTP id x",
         "192.0.2.9",
         "mx.test",
         "SMTP",
         "x"},
        {"from unknown (HELO foo) (192.0.2.9) by 0 with SMTP; 6 Jul 2026 10:00:00 -0000",
         "192.0.2.9",
         "0",
         "SMTP",
         ""},
        {"from pop.test [192.0.2.9] by localhost with POP3 (fetchmail-6.4.37) for <bo@localhost>",
         "192.0.2.9",
         "localhost",
         "POP3",
         ""},
        {"from 192.0.2.9 ([192.0.2.9]) by web.test (Horde Framework) with HTTPS",
         "192.0.2.9",
         "web.test",
         "HTTPS",
         ""},
        {"from from (from [192.0.2.9]) by by with with id id", "192.0.2.9", "by", "WITH", "id"},
        {"", "none", "", "", ""},
        {"from", "none", "", "", ""},
        {"from ((((( [192.0.2.9", "none", "", "", ""},
        {"from a ([300.1.2.3]) by b", "none", "b", "", ""},
    });
    for (const Row& row : rows) {
        CAPTURE(row.value);
        const ReceivedHop hop = parse_received(row.value);
        CHECK(address(hop) == row.from);
        CHECK(hop.by == row.by);
        CHECK(hop.with == row.with);
        CHECK(hop.id == row.id);
    }
}

TEST_CASE("the first trace field that names another host tells where a message entered") {
    struct Row {
        std::string_view what;
        std::vector<std::string_view> hops;
        From want;
        bool by_us = false;
        bool login = false;
    };
    constexpr std::string_view kBorder =
        "from border (border [10.0.0.2]) by mta.home.test (Postfix) with ESMTP id C";
    constexpr std::string_view kFilter =
        "from localhost (localhost [127.0.0.1]) by mta.home.test (Postfix) with ESMTP id B";
    constexpr std::string_view kStranger =
        "from x (x [198.51.100.7]) by mta.home.test (Postfix) with ESMTP id A";
    const auto rows = std::to_array<Row>({
        {"no trace", {}, From::Here},
        {"made here", {"by mta.home.test (Postfix, from userid 33) id A"}, From::Here},
        {"over loopback alone", {kFilter}, From::Here},
        {"by this MTA from a stranger", {kStranger}, From::Outside, true},
        {"behind the hop of a filter", {kFilter, kStranger}, From::Outside, true},
        {"from a login",
         {"from x (x [198.51.100.7]) by mta.home.test (Postfix) with ESMTPSA id A"},
         From::Own,
         true,
         true},
        {"from a web mail of this host that logs in",
         {"from web (localhost [127.0.0.1]) by mta.home.test (Postfix) with ESMTPA id A"},
         From::Own,
         true,
         true},
        {"a login elsewhere is no login here",
         {"from x (x [198.51.100.7]) by mx.other.test with ESMTPSA id A"},
         From::Outside,
         false,
         true},
        {"a login below a stranger's hop",
         {kStranger, "from y (y [203.0.113.5]) by mta.home.test (Postfix) with ESMTPSA id C"},
         From::Outside,
         true},
        {"from a network of ours",
         {"from app (app [10.1.2.3]) by MTA.home.test (Postfix) with SMTP id A"},
         From::Own,
         true},
        {"from a host of ours that has it from a stranger",
         {kBorder, "from x (x [198.51.100.7]) by border.home.test with ESMTP id A"},
         From::Outside,
         true},
        {"through its filter",
         {kBorder,
          "from localhost (localhost [127.0.0.1]) by border.home.test with ESMTP id B",
          "from x (x [198.51.100.7]) by border.home.test with ESMTP id A"},
         From::Outside,
         true},
        {"through two of ours",
         {"from relay (relay [10.0.0.3]) by mta.home.test with ESMTP id D",
          "from border (border [10.0.0.2]) by relay.home.test with ESMTP id C",
          "from x (x [198.51.100.7]) by border.home.test with ESMTP id A"},
         From::Outside,
         true},
        {"from a host of ours with a login",
         {kBorder, "from x (x [198.51.100.7]) by border.home.test with ESMTPSA id A"},
         From::Own,
         true,
         true},
        {"from a host of ours with a login at its loopback",
         {kBorder, "from web (localhost [127.0.0.1]) by border.home.test with ESMTPA id A"},
         From::Own,
         true,
         true},
        {"from a host of ours with a web mail",
         {kBorder, "from 198.51.100.7 ([198.51.100.7]) by border.home.test with HTTP"},
         From::Own,
         true},
        {"made on a host of ours",
         {kBorder, "by border.home.test (Postfix, from userid 33) id A"},
         From::Own,
         true},
        {"from web mail",
         {"from 198.51.100.7 ([198.51.100.7]) by web.home.test with HTTP"},
         From::Own},
        {"by fetchmail", {"from pop.test [192.0.2.9] by localhost with IMAP"}, From::Outside},
    });
    const std::vector<std::string> names{"mta.home.test"};
    const std::vector<mail::Network> networks{mail::Network::parse("127.0.0.0/8").value(),
                                              mail::Network::parse("10.0.0.0/8").value()};
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const Entry entry = entry_of(traced(row.hops), names, networks);
        CHECK(entry.from == row.want);
        CHECK(entry.by_us == row.by_us);
        CHECK(entry.login == row.login);
    }
}

TEST_CASE("who has logged in stands in the last comment about the client") {
    const std::vector<std::string> names{"mta.home.test"};
    const auto user_of = [&](std::string_view hop) {
        return entry_of(traced({hop}), names, {}).user;
    };
    CHECK(user_of("from x (x [198.51.100.7]) (using TLSv1.3) (No client certificate requested) "
                  "(Authenticated sender: joe) by mta.home.test (Postfix) with ESMTPSA id A") ==
          "joe");
    CHECK(user_of("from x (Authenticated sender: boss) (x [198.51.100.7]) by mta.home.test "
                  "(Postfix) with ESMTPSA id A") == "");
    CHECK(user_of("from x (x [198.51.100.7]) by mta.home.test (Authenticated sender: boss) with "
                  "ESMTPSA id A") == "");
    CHECK(user_of("from x (x [198.51.100.7]) (Authenticated sender: boss) by mta.home.test "
                  "(Postfix) with ESMTP id A") == "");
    CHECK(user_of("from x (x [198.51.100.7]) (Authenticated sender: boss) by mx.else.test with "
                  "ESMTPSA id A") == "");
}

TEST_CASE("a message that was in no queue of this MTA has still the envelope with which it came") {
    struct Row {
        std::string_view what;
        std::vector<std::string_view> hops;
        bool want;
    };
    constexpr std::string_view kProxy =
        "from x (x [198.51.100.7]) by mta.home.test (Postfix) with ESMTP";
    const auto rows = std::to_array<Row>({
        {"behind a proxy", {kProxy}, true},
        {"behind a proxy that writes a field",
         {"from mta (localhost [127.0.0.1]) by localhost (amavisd-new, port 10024) with ESMTP id "
          "7",
          kProxy},
         true},
        {"queued", {"from x (x [198.51.100.7]) by mta.home.test (Postfix) with ESMTP id A"}, false},
        {"queued behind the proxy",
         {"from localhost (localhost [127.0.0.1]) by mta.home.test (Postfix) with ESMTP id B",
          kProxy},
         false},
        {"elsewhere", {"from x (x [198.51.100.7]) by mx.else.test with ESMTP"}, false},
    });
    const std::vector<std::string> names{"mta.home.test"};
    for (const Row& row : rows) {
        CAPTURE(row.what);
        CHECK(entry_of(traced(row.hops), names, {}).before_queue == row.want);
    }
}

TEST_CASE("queue ids come from the topmost trace fields alone") {
    CHECK(trace_ids(traced({"by a id A; x", "from b by c with ESMTP id C", "by d id D"}), 2) ==
          std::vector<std::string>{"A", "C"});
    CHECK(trace_ids(traced({"from nowhere"})).empty());
}

}  // namespace holdback::outbound
