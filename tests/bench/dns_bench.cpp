// SPDX-License-Identifier: Apache-2.0
// How many domains per second the resolver looks up: cold, and from the cache. Starts NSD with a
// zone of many domains on loopback; a nameserver may be named instead: dns_bench [COUNT [PORT]].

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/text.hpp"
#include "io/dns/domain_lookup.hpp"
#include "mail/domain.hpp"
#include "mail/ip_address.hpp"
#include "outbound/mail_route.hpp"
#include "tests/support/nsd_server.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace {

using namespace holdback;

std::string zone_text(std::size_t count) {
    std::string zone =
        "$ORIGIN bench.test.\n$TTL 300\n@ SOA ns h 1 3600 600 86400 30\n@ NS ns\nns A 127.0.0.1\n";
    for (std::size_t i = 0; i < count; ++i) {
        zone += fmt::format("d{} MX 10 m.d{}\nm.d{} A 198.41.0.4\n", i, i, i);
    }
    return zone;
}

void run_once(const char* what,
              io::dns::DomainLookup& resolver,
              std::span<const mail::Domain> domains) {
    const auto before = resolver.counters();
    const auto start = std::chrono::steady_clock::now();
    const auto answers = resolver.collect(domains, start + std::chrono::seconds(60));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    std::size_t by_mx = 0;
    for (std::size_t i = 0; i < domains.size(); ++i) {
        const outbound::MailRoute route = outbound::mail_route(domains[i], answers[i]);
        by_mx += route.kind == outbound::RouteKind::Mx ? 1U : 0U;
    }
    const auto after = resolver.counters();
    const auto count = static_cast<double>(domains.size());
    fmt::print("{}: {} domains in {:.3f} s = {:.0f}/s; {} queries = {:.0f}/s; {} by MX\n",
               what,
               domains.size(),
               took.count(),
               count / took.count(),
               after.queries - before.queries,
               static_cast<double>(after.queries - before.queries) / took.count(),
               by_mx);
}

void run(std::span<const std::string> arguments) {
    constexpr std::size_t kCount = 5000;
    const std::size_t count =
        arguments.empty() ? kCount : core::parse_decimal(arguments[0]).value_or(kCount);
    config::NameServer server{mail::IpAddress::from_v4({127, 0, 0, 1}), 53};
    std::optional<support::NsdServer> nsd;
    if (arguments.size() > 1) {
        server.port = static_cast<std::uint16_t>(core::parse_decimal(arguments[1]).value_or(53));
    } else {
        nsd.emplace("bench.test", zone_text(count));
        server = nsd->address();
    }
    config::DnsSettings settings;
    settings.nameservers = {server};
    const core::SystemClock clock;
    const auto resolver = io::dns::make_resolver(settings, clock).value();
    std::vector<mail::Domain> domains;
    domains.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        domains.push_back(mail::Domain::from_canonical(fmt::format("d{}.bench.test", i)).value());
    }
    run_once("cold", *resolver, domains);
    run_once("cached", *resolver, domains);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const std::vector<std::string> arguments(argv + 1, argv + argc);
        run(arguments);
    } catch (const std::exception& error) {
        fmt::print(stderr, "dns_bench: {}\n", error.what());
        return 1;
    }
    return 0;
}
