// SPDX-License-Identifier: Apache-2.0
#include "config/value_text.hpp"

#include "config/settings.hpp"
#include "mail/ip_address.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace holdback::config {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("a duration is a whole number and its unit, and is written in the largest that fits") {
    struct Row {
        std::string_view text;
        std::int64_t milliseconds;
        std::string_view canonical;
    };
    const auto rows = std::to_array<Row>({
        {"500ms", 500, "500ms"},
        {"2s", 2'000, "2s"},
        {"2000ms", 2'000, "2s"},
        {"10m", 600'000, "10m"},
        {"90m", 5'400'000, "90m"},
        {"1h", 3'600'000, "1h"},
        {"7d", 604'800'000, "7d"},
        {"168h", 604'800'000, "7d"},
        {"0s", 0, "0s"},
        {"36525d", 3'155'760'000'000, "36525d"},
    });
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const auto duration = parse_duration(row.text);
        CHECK(duration == std::optional(milliseconds(row.milliseconds)));
        CHECK(duration_text(milliseconds(row.milliseconds)) == row.canonical);
    }
}

TEST_CASE("anything else is no duration") {
    for (const std::string_view text : {"",
                                        "2",
                                        "s",
                                        "2 s",
                                        " 2s",
                                        "2s ",
                                        "-2s",
                                        "+2s",
                                        "2.5s",
                                        "2S",
                                        "2sec",
                                        "1h30m",
                                        "2w",
                                        "36526d",
                                        "18446744073709551616s",
                                        "99999999999999999d"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_duration(text).has_value());
    }
}

TEST_CASE("a size is a whole number and its unit of octets") {
    struct Row {
        std::string_view text;
        std::uint64_t octets;
        std::string_view canonical;
    };
    const auto rows = std::to_array<Row>({
        {"0B", 0, "0B"},
        {"512B", 512, "512B"},
        {"64KiB", 65'536, "64KiB"},
        {"1024KiB", 1'048'576, "1MiB"},
        {"10MiB", 10'485'760, "10MiB"},
        {"3GiB", 3'221'225'472, "3GiB"},
        {"1025B", 1'025, "1025B"},
    });
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(parse_size(row.text) == std::optional(row.octets));
        CHECK(size_text(row.octets) == row.canonical);
    }
    for (const std::string_view text :
         {"", "10", "10MB", "10M", "10mib", "MiB", "10 MiB", "1.5MiB", "8589934592GiB"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_size(text).has_value());
    }
}

TEST_CASE("a rate is a number of events and a window, both above zero") {
    CHECK(parse_rate("100/10m") == std::optional(Rate{100, std::chrono::minutes(10)}));
    CHECK(parse_rate("1/1s") == std::optional(Rate{1, seconds(1)}));
    CHECK(rate_text({100, seconds(600)}) == "100/10m");
    for (const std::string_view text : {"",
                                        "100",
                                        "100/",
                                        "/10m",
                                        "0/10m",
                                        "100/0s",
                                        "100/1500ms",
                                        "100/10",
                                        "100 / 10m",
                                        "100/10m/2",
                                        "-1/10m"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_rate(text).has_value());
    }
}

TEST_CASE("a nameserver is an address, with a port where it is not 53") {
    struct Row {
        std::string_view text;
        std::string_view address;
        std::uint16_t port;
        std::string_view canonical;
    };
    const auto rows = std::to_array<Row>({
        {"192.0.2.53", "192.0.2.53", 53, "192.0.2.53"},
        {"127.0.0.1:5310", "127.0.0.1", 5310, "127.0.0.1:5310"},
        {"127.0.0.1:53", "127.0.0.1", 53, "127.0.0.1"},
        {"2001:db8::1", "2001:db8::1", 53, "2001:db8::1"},
        {"[2001:db8::1]:53", "2001:db8::1", 53, "2001:db8::1"},
        {"[2001:db8::1]:5310", "2001:db8::1", 5310, "[2001:db8::1]:5310"},
    });
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const auto server = parse_name_server(row.text);
        const auto address = mail::IpAddress::parse(row.address);
        if (!server.has_value() || !address.has_value()) {
            FAIL_CHECK("was not read");
            continue;
        }
        CHECK(*server == NameServer{.address = *address, .port = row.port});
        CHECK(name_server_text(*server) == row.canonical);
    }
    for (const std::string_view text : {"",
                                        "ns.example.net",
                                        "192.0.2.53:",
                                        "192.0.2.53:0",
                                        "192.0.2.53:65536",
                                        "192.0.2.53:dns",
                                        "[192.0.2.53]:53",
                                        "[2001:db8::1]",
                                        "192.0.2.53/32",
                                        ":53"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_name_server(text).has_value());
    }
}

TEST_CASE("a socket is a path, a port on a host, or an inherited descriptor") {
    CHECK(parse_socket_spec("unix:/run/x.sock") ==
          std::optional<SocketSpec>(UnixSocket{"/run/x.sock"}));
    CHECK(parse_socket_spec("inet:8891@127.0.0.1") ==
          std::optional<SocketSpec>(InetSocket{.v6 = false, .port = 8891, .host = "127.0.0.1"}));
    CHECK(parse_socket_spec("inet6:8891@::1") ==
          std::optional<SocketSpec>(InetSocket{.v6 = true, .port = 8891, .host = "::1"}));
    CHECK(parse_socket_spec("inet:8891@localhost") ==
          std::optional<SocketSpec>(InetSocket{.v6 = false, .port = 8891, .host = "localhost"}));
    CHECK(parse_socket_spec("fd:3") == std::optional<SocketSpec>(InheritedSocket{3}));
    for (const std::string_view text : {"",
                                        "/run/x.sock",
                                        "unix:",
                                        "unix:x.sock",
                                        "unix:/run/../x.sock",
                                        "inet:8891",
                                        "inet:@127.0.0.1",
                                        "inet:0@127.0.0.1",
                                        "inet:65536@127.0.0.1",
                                        "inet:8891@",
                                        "inet:8891@::1",
                                        "inet6:8891@127.0.0.1",
                                        "inet:127.0.0.1:8891",
                                        "fd:",
                                        "fd:-1",
                                        "fd:x",
                                        "tcp:8891@127.0.0.1"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_socket_spec(text).has_value());
    }
}

TEST_CASE("a socket path fits the address of a socket") {
    const std::string longest = "/" + std::string(106, 'a');
    CHECK(parse_socket_spec("unix:" + longest).has_value());
    CHECK_FALSE(parse_socket_spec("unix:" + longest + "a").has_value());
}

TEST_CASE("mail is re-injected by SMTP or by a program") {
    CHECK(parse_reinject("smtp:127.0.0.1:25") ==
          std::optional<ReinjectTarget>(SmtpTarget{.host = "127.0.0.1", .port = 25}));
    CHECK(parse_reinject("smtp:[::1]:10025") ==
          std::optional<ReinjectTarget>(SmtpTarget{.host = "::1", .port = 10025}));
    CHECK(parse_reinject("smtp:mx.example.net:25") ==
          std::optional<ReinjectTarget>(SmtpTarget{.host = "mx.example.net", .port = 25}));
    CHECK(parse_reinject("sendmail:/usr/sbin/sendmail") ==
          std::optional<ReinjectTarget>(SendmailTarget{"/usr/sbin/sendmail"}));
    for (const std::string_view text : {"",
                                        "smtp:",
                                        "smtp:127.0.0.1",
                                        "smtp::25",
                                        "smtp:127.0.0.1:0",
                                        "smtp:::1:25",
                                        "smtp:a b:25",
                                        "sendmail:",
                                        "sendmail:sendmail",
                                        "lmtp:127.0.0.1:24"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_reinject(text).has_value());
    }
}

TEST_CASE("an absolute path has no detours and no control characters") {
    CHECK(is_absolute_path("/"));
    CHECK(is_absolute_path("/var/lib/holdback/held"));
    CHECK(is_absolute_path("/a..b/.c"));
    for (const std::string_view text : {"", "a", "./a", "../a", "/a/../b", "/a/./b", "/a\nb"}) {
        CAPTURE(text);
        CHECK_FALSE(is_absolute_path(text));
    }
    CHECK_FALSE(is_absolute_path(std::string_view("/a\0b", 4)));
}

TEST_CASE("times of day go there and back") {
    using std::chrono::minutes;
    CHECK(parse_time_of_day("00:00") == minutes(0));
    CHECK(parse_time_of_day("06:05") == minutes(365));
    CHECK(parse_time_of_day("23:59") == minutes(1439));
    for (const std::string_view text : {"", "6:00", "24:00", "12:60", "12-00", "1200", "12:0a"}) {
        CAPTURE(text);
        CHECK(parse_time_of_day(text) == std::nullopt);
    }
    CHECK(time_of_day_text(minutes(365)) == "06:05");
}

}  // namespace
}  // namespace holdback::config
