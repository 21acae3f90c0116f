// SPDX-License-Identifier: Apache-2.0
#include "io/dns/domain_lookup.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "io/dns/dns_cache.hpp"
#include "io/dns/dns_engine.hpp"
#include "io/dns/dns_job.hpp"
#include "mail/dns_answer.hpp"
#include "mail/domain.hpp"
#include "mail/ip_address.hpp"
#include "mail/syntax.hpp"
#include "outbound/mail_route.hpp"
#include "tests/support/dns_message.hpp"
#include "tests/support/fake_dns_source.hpp"
#include "tests/support/scripted_dns.hpp"
#include "tests/support/temp_dir.hpp"

#include <chrono>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace holdback::io::dns {

namespace {

using mail::DnsAnswer;
using mail::DnsOutcome;
using mail::DnsType;
using std::chrono::milliseconds;

mail::Domain domain(std::string_view text) {
    return mail::Domain::parse(text, mail::Smtputf8::No).value().value;
}

DnsAnswer bare(DnsOutcome outcome) {
    DnsAnswer answer;
    answer.outcome = outcome;
    answer.ttl = std::chrono::seconds(60);
    return answer;
}

DnsAnswer mx_answer(std::string_view exchange) {
    DnsAnswer answer = bare(DnsOutcome::Found);
    answer.mx = {{10, std::string(exchange)}};
    return answer;
}

DnsAnswer address_answer() {
    DnsAnswer answer = bare(DnsOutcome::Found);
    answer.addresses = {mail::IpAddress::from_v4({198, 41, 0, 4})};
    return answer;
}

DnsAnswer no_data() {
    DnsAnswer answer = bare(DnsOutcome::NoData);
    answer.confirmed = true;
    return answer;
}

/// A resolver on a cache on a fake source.
struct Bench {
    Bench() {
        auto below = std::make_unique<support::FakeDnsSource>();
        source = below.get();
        resolver = std::make_unique<DomainLookup>(
            std::make_unique<DnsCache>(std::move(below), clock, DnsCacheLimits{}), clock);
    }

    void publish(std::string_view name, DnsType type, const DnsAnswer& answer) const {
        source->zone[{std::string(name), type}] = answer;
    }

    [[nodiscard]] std::vector<mail::DomainAnswers> collect(
        const std::vector<std::string_view>& names, milliseconds time) const {
        std::vector<mail::Domain> domains;
        domains.reserve(names.size());
        for (const std::string_view name : names) {
            domains.push_back(domain(name));
        }
        return resolver->collect(domains, clock.steady_now() + time);
    }

    core::SystemClock clock;
    support::FakeDnsSource* source;
    std::unique_ptr<DomainLookup> resolver;
};

std::string_view route(const mail::DomainAnswers& answers) {
    return wire_name(outbound::mail_route(domain(answers.domain), answers).kind);
}

}  // namespace

TEST_CASE("a lookup asks what the route needs, and no more") {
    const Bench bench;
    bench.publish("a.test", DnsType::Mx, mx_answer("m.a.test"));
    bench.publish("m.a.test", DnsType::A, address_answer());
    bench.publish("m.a.test", DnsType::Aaaa, no_data());
    bench.publish("b.test", DnsType::Mx, no_data());
    bench.publish("b.test", DnsType::A, address_answer());
    bench.publish("b.test", DnsType::Aaaa, no_data());
    const auto answers = bench.collect({"a.test", "b.test", "a.test"}, milliseconds(2000));
    REQUIRE(answers.size() == 3);
    CHECK(route(answers[0]) == "mx");
    CHECK(route(answers[1]) == "implicit");
    CHECK(route(answers[2]) == "mx");
    CHECK(bench.source->asked_count == 6);
    // All of it is in the cache now.
    CHECK(route(bench.collect({"a.test"}, milliseconds(2000)).at(0)) == "mx");
    CHECK(bench.source->asked_count == 6);
}

TEST_CASE("names that are never asked come back at once, without answers") {
    const Bench bench;
    const auto answers = bench.collect({"[198.41.0.4]", "localhost", "printer.local", "x.internal"},
                                       milliseconds(5000));
    REQUIRE(answers.size() == 4);
    for (const mail::DomainAnswers& entry : answers) {
        CHECK(entry.answers.empty());
    }
    CHECK(answers[1].domain == "localhost");
    bench.resolver->start(domain("localhost"));
    CHECK(bench.source->asked_count == 0);
}

TEST_CASE("what does not come in time is missing, and goes on in the background") {
    const Bench bench;
    bench.publish("m.slow.test", DnsType::A, address_answer());
    bench.publish("m.slow.test", DnsType::Aaaa, no_data());
    bench.publish("quick.test", DnsType::Mx, mx_answer("."));
    const auto start = bench.clock.steady_now();
    const auto answers = bench.collect({"slow.test", "quick.test"}, milliseconds(50));
    CHECK(bench.clock.steady_now() - start >= milliseconds(50));
    CHECK(answers.at(0).answers.empty());
    CHECK(route(answers.at(0)) == "unresolved");
    CHECK(route(answers.at(1)) == "null-mx");
    CHECK(bench.source->waiting.size() == 1);
    bench.source->answer_next(mx_answer("m.slow.test"));
    CHECK(bench.source->asked_count == 4);
    CHECK(route(bench.collect({"slow.test"}, milliseconds(2000)).at(0)) == "mx");
    CHECK(bench.source->asked_count == 4);
}

TEST_CASE("a lookup begun at RCPT is joined, not begun again") {
    const Bench bench;
    bench.publish("a.test", DnsType::Mx, mx_answer("."));
    bench.resolver->start(domain("a.test"));
    bench.resolver->start(domain("b.test"));
    bench.resolver->start(domain("b.test"));
    CHECK(bench.source->asked_count == 2);
    CHECK(route(bench.collect({"a.test", "b.test"}, milliseconds(20)).at(0)) == "null-mx");
    CHECK(bench.source->asked_count == 2);
    CHECK(bench.source->waiting.at(0).late > bench.clock.steady_now() + milliseconds(5000));
}

TEST_CASE("a message with thousands of silent domains takes nothing from the others") {
    using support::DnsQueryView;
    using support::DnsReaction;
    const support::ScriptedDns server([](const DnsQueryView& query) {
        return query.name.find("silent") != std::string::npos
                   ? std::vector<DnsReaction>{}
                   : std::vector<DnsReaction>{
                         {.octets =
                              support::DnsMessage(
                                  query.id, support::kResponse, query.name, query.type)
                                  .answer(query.name, support::kTypeMx, support::mx_data(0, ""))
                                  .octets()}};
    });
    const core::SystemClock clock;
    DomainLookup resolver(
        std::make_unique<DnsCache>(
            std::make_unique<DnsEngine>(std::vector<DnsServer>{{server.address(), AdTrust::No}}),
            clock,
            DnsCacheLimits{}),
        clock);
    const auto names = [](std::string_view kind, int from, int count) {
        std::vector<mail::Domain> domains;
        for (int i = from; i < from + count; ++i) {
            domains.push_back(domain(fmt::format("{}{}.test", kind, i)));
        }
        return domains;
    };
    std::jthread hostile([&] {
        const auto domains = names("silent", 0, 5000);
        for (const mail::Domain& one : domains) {
            resolver.start(one);
        }
        static_cast<void>(resolver.collect(domains, clock.steady_now() + milliseconds(2000)));
    });
    std::this_thread::sleep_for(milliseconds(300));
    for (int message = 0; message < 20; ++message) {
        const auto domains = names("good", 10 * message, 10);
        for (const mail::Domain& one : domains) {
            resolver.start(one);
        }
        const auto begin = clock.steady_now();
        const auto answers = resolver.collect(domains, begin + milliseconds(2000));
        CHECK(clock.steady_now() - begin < milliseconds(1000));
        for (const mail::DomainAnswers& one : answers) {
            CHECK(route(one) == "null-mx");
        }
    }
    hostile.join();
    // Nobody waits any more.
    for (int tries = 0; tries < 50 && resolver.counters().running > 256; ++tries) {
        std::this_thread::sleep_for(milliseconds(100));
    }
    CHECK(resolver.counters().running <= 256);
}

TEST_CASE("a resolver is made from the settings, or from resolv.conf") {
    const core::SystemClock clock;
    const support::TempDir folder;
    const std::string path = folder.file("resolv.conf");
    CHECK_FALSE(make_resolver({}, clock, path).has_value());
    std::ofstream(path) << "search example.net\n";
    const auto none = make_resolver({}, clock, path);
    REQUIRE_FALSE(none.has_value());
    CHECK(none.error() == path + " names no nameserver");
    std::ofstream(path) << "nameserver 127.0.0.1\n";
    CHECK(make_resolver({}, clock, path).has_value());
    config::DnsSettings settings;
    settings.nameservers = {{mail::IpAddress::from_v4({127, 0, 0, 1}), 5353}};
    CHECK(make_resolver(settings, clock, "/nonexistent").has_value());
}

}  // namespace holdback::io::dns
