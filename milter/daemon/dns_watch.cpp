// SPDX-License-Identifier: Apache-2.0
#include "milter/daemon/dns_watch.hpp"

#include "core/clock.hpp"
#include "core/text.hpp"
#include "io/dns/dns_health.hpp"
#include "io/dns/dns_source.hpp"
#include "io/system/rest.hpp"
#include "milter/control_protocol.hpp"
#include "milter/daemon/swappable_resolver.hpp"
#include "ports/log.hpp"
#include "report/metrics.hpp"

#include <chrono>
#include <cstdint>
#include <exception>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter::daemon {

DnsWatch::DnsWatch(const SwappableResolver& resolver, const core::Clock& clock, ports::Log& log)
    : resolver_(&resolver),
      clock_(&clock),
      log_(&log),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void DnsWatch::run(const std::stop_token& stop) {
    constexpr std::chrono::seconds kRest{1};
    while (!stop.stop_requested()) {
        try {
            look();
        } catch (const std::exception& error) {
            log_->write(ports::Severity::Error,
                        fmt::format("dns: internal error: {}", core::log_safe(error.what())));
        }
        io::system::rest(kRest, stop);
    }
}

void DnsWatch::look() {
    const auto resolver = resolver_->current();
    const auto news = seen_.with([&](Seen& seen) {
        if (seen.resolver != resolver) {
            seen = {.health = {}, .resolver = resolver};
        }
        return resolver == nullptr ? io::dns::DnsHealth::News::None
                                   : seen.health.look(resolver->counters(), clock_->steady_now());
    });
    switch (news) {
        case io::dns::DnsHealth::News::None:
            break;
        case io::dns::DnsHealth::News::Ask:
            resolver->ask_for_a_sign(clock_->steady_now() + io::dns::DnsHealth::kForAnswer);
            break;
        case io::dns::DnsHealth::News::Silent:
            log_->write(ports::Severity::Error,
                        "dns: no nameserver answers, all domains are unresolved: check the servers "
                        "in [dns] nameservers or resolv.conf");
            break;
        case io::dns::DnsHealth::News::Heard:
            log_->write(ports::Severity::Info, "dns: a nameserver answers again");
            break;
    }
}

std::vector<ControlLine> DnsWatch::status() const {
    const bool is_there = resolver_->current() != nullptr;
    return seen_.with([is_there](const Seen& seen) {
        const io::dns::DnsHealth::Share share = seen.health.last_minute();
        std::string state = seen.health.is_silent() ? "no answer" : "ok";
        if (!is_there) {
            state = "no nameserver";
        }
        return std::vector<ControlLine>{
            {"dns", std::move(state)},
            {"dns_answered_last_minute", fmt::format("{}/{}", share.answered, share.asked)}};
    });
}

std::vector<report::Metric> DnsWatch::metrics() const {
    const auto resolver = resolver_->current();
    const io::dns::DnsCounters counters =
        resolver == nullptr ? io::dns::DnsCounters{} : resolver->counters();
    const bool is_silent = seen_.with([](const Seen& seen) { return seen.health.is_silent(); });
    const auto count = [](std::uint64_t value) {
        return std::vector<report::MetricValue>{{.label = {}, .value = value}};
    };
    return {{.name = "holdback_dns_questions_total",
             .help = "Questions to nameservers that ended, with an answer or without.",
             .values = count(counters.ended)},
            {.name = "holdback_dns_answered_total",
             .help = "Questions that a nameserver answered.",
             .values = count(counters.answered)},
            {.name = "holdback_dns_silent",
             .help = "1 while no nameserver answers.",
             .type = report::MetricType::Gauge,
             .values = count(is_silent || resolver == nullptr ? 1 : 0)}};
}

}  // namespace holdback::milter::daemon
