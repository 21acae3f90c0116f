// SPDX-License-Identifier: Apache-2.0
#include "io/dns/resolv_conf.hpp"

#include "config/settings.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::io::dns {

TEST_CASE("nameservers are read as the C library reads them") {
    struct Row {
        std::string_view text;
        std::vector<std::string> want;
    };
    const std::vector<Row> rows{
        {"", {}},
        {"nameserver 192.0.2.53\n", {"192.0.2.53"}},
        {"nameserver\t192.0.2.53", {"192.0.2.53"}},
        {"search example.net\nnameserver ::1\noptions edns0\nnameserver 192.0.2.53 # second\n",
         {"::1", "192.0.2.53"}},
        {"#nameserver 192.0.2.1\n;nameserver 192.0.2.2\n", {}},
        {"nameserver192.0.2.1\nnameservers 192.0.2.2\n", {}},
        {"nameserver fe80::1%eth0\nnameserver dns.example.net\nnameserver 192.0.2.53\n",
         {"192.0.2.53"}},
        {"nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.3\nnameserver 192.0.2.4\n",
         {"192.0.2.1", "192.0.2.2", "192.0.2.3"}},
        {"nameserver 192.0.2.1\r\n", {"192.0.2.1"}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        std::vector<std::string> texts;
        for (const config::NameServer& server : parse_resolv_conf(row.text)) {
            texts.push_back(server.address.text());
            CHECK(server.port == 53);
        }
        CHECK(texts == row.want);
    }
}

TEST_CASE("a resolv.conf that is not there is an error in plain words") {
    const auto read = read_resolv_conf("/nonexistent/resolv.conf");
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error() == "/nonexistent/resolv.conf cannot be read");
}

}  // namespace holdback::io::dns
