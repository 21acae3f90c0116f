// SPDX-License-Identifier: Apache-2.0
#include "mail/next_hop.hpp"

#include "mail/ip_address.hpp"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::mail {

namespace {

/// "host NAME", "mx NAME", "address TEXT" or "nothing".
std::string said(std::string_view text) {
    const auto hop = parse_next_hop(text);
    if (!hop.has_value()) {
        return "nothing";
    }
    if (const auto* address = std::get_if<IpAddress>(&*hop)) {
        return "address " + address->text();
    }
    const auto& named = std::get<NamedHop>(*hop);
    return (named.by == NamedHop::By::Host ? "host " : "mx ") + named.name.text();
}

}  // namespace

TEST_CASE("the next hop of an MTA is a host, the MX hosts of a domain, or an address") {
    struct Row {
        std::string_view text;
        std::string_view want;
    };
    const std::vector<Row> rows{
        {"smart.test", "mx smart.test"},
        {"Smart.Test:submission", "mx smart.test"},
        {"[smart.test]", "host smart.test"},
        {" [smart.test]:587 ", "host smart.test"},
        {"[192.0.2.9]:25", "address 192.0.2.9"},
        {"192.0.2.9", "address 192.0.2.9"},
        {"[ipv6:2001:db8::1]:25", "address 2001:db8::1"},
        {"[2001:db8::1]", "address 2001:db8::1"},
        {"/var/run/socket", "nothing"},
        {"[smart.test", "nothing"},
        {"", "nothing"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(said(row.text) == row.want);
    }
}

}  // namespace holdback::mail
