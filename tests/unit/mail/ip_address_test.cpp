// SPDX-License-Identifier: Apache-2.0
#include "mail/ip_address.hpp"

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace holdback::mail {

namespace {

IpAddress address_of(std::string_view text) {
    const auto address = IpAddress::parse(text);
    if (!address.has_value()) {
        throw std::invalid_argument(std::string(text));
    }
    return *address;
}

Network network_of(std::string_view text) {
    const auto network = Network::parse(text);
    if (!network.has_value()) {
        throw std::invalid_argument(std::string(text));
    }
    return *network;
}

}  // namespace

TEST_CASE("an address has one text, that of RFC 5952") {
    struct Row {
        std::string_view text;
        std::string_view want;
    };
    constexpr std::array kRows{
        Row{"192.0.2.1", "192.0.2.1"},
        Row{"0.0.0.0", "0.0.0.0"},
        Row{"::", "::"},
        Row{"::1", "::1"},
        Row{"1::", "1::"},
        Row{"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
        Row{"2001:0db8::0001", "2001:db8::1"},
        Row{"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
        Row{"2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
        Row{"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
        Row{"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
        Row{"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
        Row{"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
        Row{"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
        Row{"::ffff:c000:201", "::ffff:192.0.2.1"},
        Row{"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
        Row{"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.text);
        const IpAddress address = address_of(row.text);
        CHECK(address.text() == row.want);
        CHECK(IpAddress::parse(row.want) == address);
    }
}

TEST_CASE("what is no address is not read") {
    constexpr std::array<std::string_view, 33> kTexts{"",
                                                      "1.2.3",
                                                      "1.2.3.4.5",
                                                      "1.2.3.256",
                                                      "01.2.3.4",
                                                      "1.2.3.",
                                                      " 1.2.3.4",
                                                      "1.2.3.4 ",
                                                      "1.2.3.-4",
                                                      "a.b.c.d",
                                                      ":",
                                                      ":::",
                                                      "1:2",
                                                      "1:2:3:4:5:6:7",
                                                      "1:2:3:4:5:6:7:8:9",
                                                      "1::2::3",
                                                      ":1::2",
                                                      "1::2:",
                                                      "12345::",
                                                      "g::",
                                                      "::1%eth0",
                                                      "[::1]",
                                                      "1.2.3.4::",
                                                      "::1.2.3.4:5",
                                                      "1:2:3:4:5:6:7:1.2.3.4",
                                                      "::1.2.3",
                                                      "::1.2.3.04",
                                                      "1:2:3:4:5:6:7:8::",
                                                      "::1:2:3:4:5:6:7:8",
                                                      "fe80",
                                                      "1:2:3:4::5:6:7:8",
                                                      "::1/128",
                                                      "0x7f.0.0.1"};
    for (const std::string_view text : kTexts) {
        CAPTURE(text);
        CHECK_FALSE(IpAddress::parse(text).has_value());
    }
}

TEST_CASE("an address knows its form and octets") {
    const auto v4 = IpAddress::from_v4({192, 0, 2, 1});
    CHECK(v4.is_v4());
    CHECK(v4.octets()[3] == 1);
    CHECK(v4 == IpAddress::parse("192.0.2.1"));
    const IpAddress mapped = address_of("::ffff:192.0.2.1");
    CHECK_FALSE(mapped.is_v4());
    CHECK(mapped != v4);
    CHECK(IpAddress::from_v6(mapped.octets()) == mapped);
}

TEST_CASE("the scope follows the registries of special-purpose addresses") {
    struct Row {
        std::string_view text;
        AddressScope want;
    };
    constexpr std::array kRows{
        Row{"198.41.0.4", AddressScope::Global},
        Row{"1.0.0.0", AddressScope::Global},
        Row{"223.255.255.255", AddressScope::Global},
        Row{"127.0.0.1", AddressScope::Loopback},
        Row{"127.255.255.255", AddressScope::Loopback},
        Row{"0.0.0.0", AddressScope::Loopback},
        Row{"0.1.2.3", AddressScope::Loopback},
        Row{"10.0.0.1", AddressScope::Private},
        Row{"11.0.0.1", AddressScope::Global},
        Row{"172.15.255.255", AddressScope::Global},
        Row{"172.16.0.0", AddressScope::Private},
        Row{"172.31.255.255", AddressScope::Private},
        Row{"172.32.0.0", AddressScope::Global},
        Row{"192.168.1.1", AddressScope::Private},
        Row{"192.169.0.1", AddressScope::Global},
        Row{"100.63.255.255", AddressScope::Global},
        Row{"100.64.0.1", AddressScope::Private},
        Row{"100.127.255.255", AddressScope::Private},
        Row{"100.128.0.0", AddressScope::Global},
        Row{"169.254.1.1", AddressScope::Private},
        Row{"192.0.0.8", AddressScope::Special},
        Row{"192.0.0.9", AddressScope::Global},
        Row{"192.0.2.1", AddressScope::Special},
        Row{"198.18.0.1", AddressScope::Special},
        Row{"198.19.255.255", AddressScope::Special},
        Row{"198.20.0.0", AddressScope::Global},
        Row{"198.51.100.1", AddressScope::Special},
        Row{"203.0.113.1", AddressScope::Special},
        Row{"224.0.0.1", AddressScope::Special},
        Row{"240.0.0.1", AddressScope::Special},
        Row{"255.255.255.255", AddressScope::Special},
        Row{"::1", AddressScope::Loopback},
        Row{"::", AddressScope::Loopback},
        Row{"::2", AddressScope::Special},
        Row{"::ffff:127.0.0.1", AddressScope::Loopback},
        Row{"::ffff:10.1.2.3", AddressScope::Private},
        Row{"::ffff:198.41.0.4", AddressScope::Global},
        Row{"64:ff9b::c629:4", AddressScope::Global},
        Row{"64:ff9b::7f00:1", AddressScope::Loopback},
        Row{"64:ff9b:1::1", AddressScope::Private},
        Row{"100::1", AddressScope::Special},
        Row{"2001:500:2f::f", AddressScope::Global},
        Row{"2001::1", AddressScope::Global},
        Row{"2001:1::1", AddressScope::Global},
        Row{"2001:1::4", AddressScope::Special},
        Row{"2001:2::1", AddressScope::Special},
        Row{"2001:1ff:ffff::", AddressScope::Special},
        Row{"2001:200::1", AddressScope::Global},
        Row{"2001:db8::1", AddressScope::Special},
        Row{"2001:db9::1", AddressScope::Global},
        Row{"2002:c629:4::1", AddressScope::Global},
        Row{"2002:a00:1::1", AddressScope::Private},
        Row{"3fff:fff::1", AddressScope::Special},
        Row{"3fff:1000::1", AddressScope::Global},
        Row{"5f00::1", AddressScope::Special},
        Row{"fc00::1", AddressScope::Private},
        Row{"fdff::1", AddressScope::Private},
        Row{"fe80::1", AddressScope::Private},
        Row{"febf::1", AddressScope::Private},
        Row{"fec0::1", AddressScope::Private},
        Row{"ff02::1", AddressScope::Special},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.text);
        CHECK(address_of(row.text).scope() == row.want);
    }
}

TEST_CASE("a network contains the addresses behind its prefix") {
    struct Row {
        std::string_view network;
        std::string_view address;
        bool want;
    };
    constexpr std::array kRows{
        Row{"192.0.2.0/24", "192.0.2.255", true},
        Row{"192.0.2.0/24", "192.0.3.0", false},
        Row{"192.0.2.128/25", "192.0.2.128", true},
        Row{"192.0.2.128/25", "192.0.2.127", false},
        Row{"192.0.2.1", "192.0.2.1", true},
        Row{"192.0.2.1", "192.0.2.2", false},
        Row{"0.0.0.0/0", "203.0.113.9", true},
        Row{"0.0.0.0/0", "2001:db8::1", false},
        Row{"127.0.0.0/8", "::ffff:127.0.0.1", true},
        Row{"127.0.0.0/8", "::ffff:128.0.0.1", false},
        Row{"2001:db8::/33", "2001:db8:7fff::1", true},
        Row{"2001:db8::/33", "2001:db8:8000::1", false},
        Row{"::/0", "2001:db8::1", true},
        Row{"::/0", "192.0.2.1", false},
        Row{"::1", "::1", true},
        Row{"2001:db8::1/128", "2001:db8::2", false},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.network);
        CAPTURE(row.address);
        CHECK(network_of(row.network).contains(address_of(row.address)) == row.want);
    }
}

TEST_CASE("a network is written as it is read, a single address without a prefix") {
    CHECK(network_of("192.0.2.0/24").text() == "192.0.2.0/24");
    CHECK(network_of("192.0.2.1/32").text() == "192.0.2.1");
    CHECK(network_of("2001:DB8::/32").text() == "2001:db8::/32");
    CHECK(Network::parse("::1/128") == Network::parse("::1"));
}

TEST_CASE("a network has no bits behind its prefix") {
    constexpr std::array<std::string_view, 10> kTexts{"",
                                                      "/8",
                                                      "192.0.2.1/24",
                                                      "192.0.2.0/",
                                                      "192.0.2.0/33",
                                                      "192.0.2.0/-1",
                                                      "192.0.2.0/24/24",
                                                      "2001:db8::1/64",
                                                      "::/129",
                                                      "192.0.2.0/ 24"};
    for (const std::string_view text : kTexts) {
        CAPTURE(text);
        CHECK_FALSE(Network::parse(text).has_value());
    }
}

}  // namespace holdback::mail
