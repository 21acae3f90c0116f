// SPDX-License-Identifier: Apache-2.0
#include "outbound/mail_route.hpp"

#include "mail/dns_answer.hpp"
#include "mail/domain.hpp"
#include "mail/ip_address.hpp"
#include "mail/syntax.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::outbound {

namespace {

using mail::DnsAnswer;
using mail::DnsOutcome;
using mail::DnsQuestion;
using mail::DnsType;
using mail::DomainAnswers;
using mail::MxHost;

constexpr std::string_view kDomain = "example.net";

DnsQuestion ask(std::string_view name, DnsType type) {
    return {std::string(name), type};
}

DnsAnswer mx(std::vector<MxHost> hosts, std::string_view name = kDomain) {
    DnsAnswer answer{.question = ask(name, DnsType::Mx), .outcome = DnsOutcome::Found};
    answer.mx = std::move(hosts);
    return answer;
}

DnsAnswer found(DnsType type, std::string_view name, const std::vector<std::string>& addresses) {
    DnsAnswer answer{.question = ask(name, type), .outcome = DnsOutcome::Found};
    for (const std::string& text : addresses) {
        answer.addresses.push_back(mail::IpAddress::parse(text).value());
    }
    return answer;
}

DnsAnswer a(std::string_view name, const std::vector<std::string>& addresses) {
    return found(DnsType::A, name, addresses);
}

DnsAnswer aaaa(std::string_view name, const std::vector<std::string>& addresses) {
    return found(DnsType::Aaaa, name, addresses);
}

DnsAnswer no_data(DnsType type, std::string_view name = kDomain) {
    return {.question = ask(name, type), .outcome = DnsOutcome::NoData, .confirmed = true};
}

DnsAnswer no_name(DnsType type, std::string_view name = kDomain) {
    return {.question = ask(name, type), .outcome = DnsOutcome::NoSuchName, .authenticated = true};
}

DnsAnswer failed(DnsType type, std::string_view name = kDomain) {
    return {.question = ask(name, type), .outcome = DnsOutcome::Unresolved, .trouble = "servfail"};
}

DnsAnswer unconfirmed(DnsAnswer answer) {
    answer.authenticated = false;
    answer.confirmed = false;
    return answer;
}

mail::Domain domain(std::string_view text) {
    return mail::Domain::parse(text, mail::Smtputf8::No).value().value;
}

DomainAnswers answers(std::vector<DnsAnswer> list, std::string_view name = kDomain) {
    return {.domain = std::string(name), .answers = std::move(list)};
}

struct Row {
    std::string_view what;
    std::vector<DnsAnswer> answers;
    RouteKind want;
};

void check_rows(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const MailRoute route = mail_route(domain(kDomain), answers(row.answers));
        CAPTURE(route.why);
        CHECK(wire_name(route.kind) == wire_name(row.want));
        CHECK_FALSE(route.why.empty());
    }
}

}  // namespace

TEST_CASE("a domain with a usable MX host takes mail by MX") {
    check_rows({
        {"public A", {mx({{10, "m1.test"}}), a("m1.test", {"198.41.0.4"})}, RouteKind::Mx},
        {"public AAAA alone",
         {mx({{10, "m1.test"}}),
          no_data(DnsType::A, "m1.test"),
          aaaa("m1.test", {"2001:503:ba3e::2:30"})},
         RouteKind::Mx},
        {"the second host is enough",
         {mx({{10, "m1.test"}, {20, "m2.test"}}),
          no_name(DnsType::A, "m1.test"),
          no_name(DnsType::Aaaa, "m1.test"),
          a("m2.test", {"198.41.0.4"})},
         RouteKind::Mx},
        {"beside a host whose lookup failed",
         {mx({{10, "m1.test"}, {20, "m2.test"}}),
          failed(DnsType::A, "m1.test"),
          failed(DnsType::Aaaa, "m1.test"),
          a("m2.test", {"198.41.0.4"})},
         RouteKind::Mx},
        {"one public address among private ones",
         {mx({{10, "m1.test"}}), a("m1.test", {"10.1.2.3", "198.41.0.4"})},
         RouteKind::Mx},
        {"loopback first, public second",
         {mx({{10, "lo.test"}, {20, "m2.test"}}),
          a("lo.test", {"127.0.0.1"}),
          no_data(DnsType::Aaaa, "lo.test"),
          a("m2.test", {"198.41.0.4"})},
         RouteKind::Mx},
        {"the domain is its own MX host",
         {mx({{0, "example.net"}}), a("example.net", {"198.41.0.4"})},
         RouteKind::Mx},
    });
}

TEST_CASE("a null MX is the sole MX record, with the root as exchange") {
    check_rows({
        {"sole root exchange", {mx({{0, "."}})}, RouteKind::NullMx},
        {"preference does not matter", {mx({{10, "."}})}, RouteKind::NullMx},
        {"an address beside it does not count",
         {mx({{0, "."}}), a(kDomain, {"198.41.0.4"})},
         RouteKind::NullMx},
        {"root beside a real exchange",
         {mx({{0, "."}, {10, "m1.test"}}), a("m1.test", {"198.41.0.4"})},
         RouteKind::Mx},
        {"root beside an exchange without address",
         {mx({{0, "."}, {10, "m1.test"}}),
          no_name(DnsType::A, "m1.test"),
          no_name(DnsType::Aaaa, "m1.test")},
         RouteKind::UnusableMx},
        {"two records that name the root", {mx({{0, "."}, {10, "."}})}, RouteKind::UnusableMx},
    });
}

TEST_CASE("without MX the domain's own addresses count") {
    check_rows({
        {"A", {no_data(DnsType::Mx), a(kDomain, {"198.41.0.4"})}, RouteKind::Implicit},
        {"AAAA only",
         {no_data(DnsType::Mx), no_data(DnsType::A), aaaa(kDomain, {"2001:503:ba3e::2:30"})},
         RouteKind::Implicit},
        {"A, while AAAA failed",
         {no_data(DnsType::Mx), a(kDomain, {"198.41.0.4"}), failed(DnsType::Aaaa)},
         RouteKind::Implicit},
        {"loopback only",
         {no_data(DnsType::Mx), a(kDomain, {"127.0.0.1"}), no_data(DnsType::Aaaa)},
         RouteKind::UnusableMx},
        {"private only",
         {no_data(DnsType::Mx), a(kDomain, {"10.1.2.3"}), no_data(DnsType::Aaaa)},
         RouteKind::UnusableMx},
        {"private A, while AAAA failed",
         {no_data(DnsType::Mx), a(kDomain, {"10.1.2.3"}), failed(DnsType::Aaaa)},
         RouteKind::Unresolved},
        {"neither",
         {no_data(DnsType::Mx), no_data(DnsType::A), no_data(DnsType::Aaaa)},
         RouteKind::NoMailHost},
        {"neither, as a server says that denies the name for addresses",
         {no_data(DnsType::Mx), no_name(DnsType::A), no_data(DnsType::Aaaa)},
         RouteKind::NoMailHost},
        {"A failed",
         {no_data(DnsType::Mx), failed(DnsType::A), no_data(DnsType::Aaaa)},
         RouteKind::Unresolved},
        {"AAAA failed",
         {no_data(DnsType::Mx), no_data(DnsType::A), failed(DnsType::Aaaa)},
         RouteKind::Unresolved},
        {"AAAA not answered", {no_data(DnsType::Mx), no_data(DnsType::A)}, RouteKind::Unresolved},
    });
}

TEST_CASE("an MX query that failed never falls back to addresses") {
    check_rows({
        {"SERVFAIL", {failed(DnsType::Mx), a(kDomain, {"198.41.0.4"})}, RouteKind::Unresolved},
        {"no answer", {a(kDomain, {"198.41.0.4"})}, RouteKind::Unresolved},
        {"nothing asked", {}, RouteKind::Unresolved},
    });
}

TEST_CASE("a negative answer counts when it is authenticated or confirmed") {
    check_rows({
        {"NXDOMAIN", {no_name(DnsType::Mx)}, RouteKind::NoSuchDomain},
        {"NXDOMAIN alone", {unconfirmed(no_name(DnsType::Mx))}, RouteKind::Unresolved},
        {"NODATA for MX alone",
         {unconfirmed(no_data(DnsType::Mx)), a(kDomain, {"198.41.0.4"})},
         RouteKind::Unresolved},
        {"NODATA for A alone",
         {no_data(DnsType::Mx), unconfirmed(no_data(DnsType::A)), no_data(DnsType::Aaaa)},
         RouteKind::Unresolved},
        {"NXDOMAIN of the MX host alone",
         {mx({{10, "m1.test"}}),
          unconfirmed(no_name(DnsType::A, "m1.test")),
          no_name(DnsType::Aaaa, "m1.test")},
         RouteKind::Unresolved},
    });
}

TEST_CASE("MX hosts that nobody can reach make the MX unusable") {
    struct Case {
        std::string_view what;
        std::string_view v4;
        std::string_view v6;
    };
    const auto cases = std::to_array<Case>({
        {"loopback", "127.0.0.1", ""},
        {"loopback IPv6", "", "::1"},
        {"unspecified", "0.0.0.0", ""},
        {"unspecified IPv6", "", "::"},
        {"mapped loopback", "", "::ffff:127.0.0.1"},
        {"10/8", "10.1.2.3", ""},
        {"172.16/12", "172.16.9.9", ""},
        {"192.168/16", "192.168.0.25", ""},
        {"shared address space", "100.64.0.1", ""},
        {"link-local", "169.254.1.1", "fe80::1"},
        {"unique local", "", "fd00::25"},
        {"multicast", "224.0.0.25", ""},
        {"class E", "255.255.255.255", ""},
        {"documentation", "192.0.2.25", "2001:db8::25"},
    });
    for (const Case& row : cases) {
        CAPTURE(row.what);
        std::vector<DnsAnswer> list{mx({{10, "m1.test"}})};
        list.push_back(row.v4.empty() ? no_data(DnsType::A, "m1.test")
                                      : a("m1.test", {std::string(row.v4)}));
        list.push_back(row.v6.empty() ? no_data(DnsType::Aaaa, "m1.test")
                                      : aaaa("m1.test", {std::string(row.v6)}));
        const MailRoute route = mail_route(domain(kDomain), answers(list));
        CHECK(wire_name(route.kind) == "unusable-mx");
        CHECK(route.hosts == std::vector<std::string>{"m1.test"});
    }
    check_rows({
        {"host absent",
         {mx({{10, "m1.test"}}), no_name(DnsType::A, "m1.test"), no_name(DnsType::Aaaa, "m1.test")},
         RouteKind::UnusableMx},
        {"host without addresses",
         {mx({{10, "m1.test"}}), no_data(DnsType::A, "m1.test"), no_data(DnsType::Aaaa, "m1.test")},
         RouteKind::UnusableMx},
        {"an IPv4 literal for a name", {mx({{10, "198.41.0.4"}})}, RouteKind::UnusableMx},
        {"a name under a numeric top level", {mx({{10, "mail.25"}})}, RouteKind::UnusableMx},
        {"localhost", {mx({{0, "localhost"}}), a(kDomain, {"198.41.0.4"})}, RouteKind::UnusableMx},
        {"an unusable host beside one whose lookup failed",
         {mx({{10, "198.41.0.4"}, {20, "m1.test"}}),
          failed(DnsType::A, "m1.test"),
          no_data(DnsType::Aaaa, "m1.test")},
         RouteKind::Unresolved},
        {"the address of the only host failed, the domain has one",
         {mx({{10, "m1.test"}}),
          failed(DnsType::A, "m1.test"),
          no_data(DnsType::Aaaa, "m1.test"),
          a(kDomain, {"198.41.0.4"})},
         RouteKind::Unresolved},
    });
}

TEST_CASE("a route names its hosts by preference, each once, without the root") {
    const MailRoute route =
        mail_route(domain(kDomain),
                   answers({mx({{20, "b.test"}, {0, "."}, {10, "a.test"}, {30, "a.test"}}),
                            a("b.test", {"198.41.0.4"})}));
    CHECK(route.kind == RouteKind::Mx);
    CHECK(route.hosts == std::vector<std::string>{"a.test", "b.test"});
    const MailRoute implicit =
        mail_route(domain(kDomain), answers({no_data(DnsType::Mx), a(kDomain, {"198.41.0.4"})}));
    CHECK(implicit.hosts == std::vector<std::string>{"example.net"});
}

TEST_CASE("more MX hosts than are asked about leave the domain unresolved") {
    std::vector<MxHost> hosts;
    std::vector<DnsAnswer> list;
    for (std::uint16_t i = 0; i <= kMostMxHosts; ++i) {
        const std::string name = "m" + std::to_string(i) + ".test";
        hosts.push_back({i, name});
        list.push_back(no_name(DnsType::A, name));
        list.push_back(no_name(DnsType::Aaaa, name));
    }
    list.push_back(mx(hosts));
    CHECK(mail_route(domain(kDomain), answers(list)).kind == RouteKind::Unresolved);
    CHECK(next_questions(kDomain, answers(list)).empty());
}

TEST_CASE("special-use names are not for DNS to answer, and are never asked") {
    for (const std::string_view text :
         {"localhost", "pc.localhost", "printer.local", "x.internal", "home.arpa", "a.onion"}) {
        CAPTURE(text);
        const DomainAnswers said = answers({no_name(DnsType::Mx, text)}, text);
        CHECK(mail_route(domain(text), said).kind == RouteKind::Local);
        CHECK(next_questions(text, {}).empty());
    }
    CHECK_FALSE(is_special_use("onion.example"));
    CHECK_FALSE(is_special_use("notlocal"));
}

TEST_CASE("literals and numeric names are decided without DNS") {
    CHECK(mail_route(domain("[198.41.0.4]"), {}).kind == RouteKind::Literal);
    CHECK(mail_route(domain("[IPv6:2001:db8::1]"), {}).kind == RouteKind::Literal);
    CHECK(next_questions("[198.41.0.4]", {}).empty());
    CHECK(next_questions("198.41.0.4", {}).empty());
    const auto numeric = mail::Domain::from_canonical("198.41.0.4");
    if (numeric.has_value()) {
        CHECK(mail_route(*numeric, {}).kind == RouteKind::NoSuchDomain);
    }
    CHECK(next_questions("mail.25", {}).empty());
    CHECK(next_questions("mail.25a", {}).size() == 1);
}

TEST_CASE("what must be asked next follows from what is known") {
    const DnsQuestion about_mx = ask(kDomain, DnsType::Mx);
    const std::vector<MxHost> three{{10, "m1.test"}, {20, "m2.test"}, {30, "m3.test"}};
    struct Step {
        std::string_view what;
        std::vector<DnsAnswer> known;
        std::vector<DnsQuestion> want;
    };
    const std::vector<Step> steps{
        {"nothing known", {}, {about_mx}},
        {"the best two hosts first",
         {mx(three)},
         {ask("m1.test", DnsType::A),
          ask("m1.test", DnsType::Aaaa),
          ask("m2.test", DnsType::A),
          ask("m2.test", DnsType::Aaaa)}},
        {"one usable host ends it", {mx(three), a("m2.test", {"198.41.0.4"})}, {}},
        {"what is missing of the first two",
         {mx(three), failed(DnsType::A, "m1.test"), a("m2.test", {"10.0.0.1"})},
         {ask("m1.test", DnsType::Aaaa), ask("m2.test", DnsType::Aaaa)}},
        {"the others when the first two are of no use",
         {mx(three),
          failed(DnsType::A, "m1.test"),
          failed(DnsType::Aaaa, "m1.test"),
          no_name(DnsType::A, "m2.test"),
          no_name(DnsType::Aaaa, "m2.test")},
         {ask("m3.test", DnsType::A), ask("m3.test", DnsType::Aaaa)}},
        {"address literals and localhost are not asked",
         {mx({{10, "198.41.0.4"}, {20, "localhost"}})},
         {}},
        {"null MX", {mx({{0, "."}})}, {}},
        {"no MX", {no_data(DnsType::Mx)}, {ask(kDomain, DnsType::A), ask(kDomain, DnsType::Aaaa)}},
        {"no MX, A known", {no_data(DnsType::Mx), a(kDomain, {"198.41.0.4"})}, {}},
        {"no MX, unconfirmed", {unconfirmed(no_data(DnsType::Mx))}, {}},
        {"no such name", {no_name(DnsType::Mx)}, {}},
        {"MX failed", {failed(DnsType::Mx)}, {}},
    };
    for (const Step& step : steps) {
        CAPTURE(step.what);
        CHECK(next_questions(kDomain, answers(step.known)) == step.want);
    }
}

TEST_CASE("foreign names in the reason of a route are printable") {
    const MailRoute route = mail_route(domain(kDomain),
                                       answers({mx({{10, "m\x1b[2J.test"}}),
                                                no_name(DnsType::A, "m\x1b[2J.test"),
                                                no_name(DnsType::Aaaa, "m\x1b[2J.test")}));
    CHECK(route.why == "m\\x1b[2J.test does not exist");
}

TEST_CASE("route kinds go by the names of the product, there and back") {
    constexpr std::array<std::string_view, 9> kNames{"mx",
                                                     "implicit",
                                                     "null-mx",
                                                     "no-such-domain",
                                                     "no-mail-host",
                                                     "unusable-mx",
                                                     "unresolved",
                                                     "local",
                                                     "literal"};
    REQUIRE(kAllRouteKinds.size() == kNames.size());
    for (std::size_t i = 0; i < kNames.size(); ++i) {
        CHECK(wire_name(kAllRouteKinds.at(i)) == kNames.at(i));
        CHECK(parse_route_kind(kNames.at(i)) == kAllRouteKinds.at(i));
    }
    CHECK_FALSE(parse_route_kind("mxx").has_value());
}

}  // namespace holdback::outbound
