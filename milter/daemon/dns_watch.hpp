// SPDX-License-Identifier: Apache-2.0
#pragma once
// Logs when the nameservers stop answering, and when they answer again.

#include "core/clock.hpp"
#include "core/guarded.hpp"
#include "io/dns/dns_health.hpp"
#include "milter/control_protocol.hpp"
#include "milter/daemon/swappable_resolver.hpp"
#include "ports/log.hpp"
#include "report/metrics.hpp"

#include <memory>
#include <stop_token>
#include <thread>
#include <vector>

namespace holdback::milter::daemon {

/// Checks the resolver once a second, in a thread of its own.
class DnsWatch {
public:
    /// All outlive the object.
    DnsWatch(const SwappableResolver& resolver, const core::Clock& clock, ports::Log& log);

    /// The lines of `status`: whether a nameserver answers, and how many questions were asked and
    /// answered in the last minute. Any thread.
    [[nodiscard]] std::vector<ControlLine> status() const;
    [[nodiscard]] std::vector<report::Metric> metrics() const;

    /// Asks the thread to end, without waiting.
    void request_stop() { thread_.request_stop(); }

private:
    struct Seen {
        io::dns::DnsHealth health;
        std::shared_ptr<io::dns::DomainLookup> resolver;  ///< whose counters these are
    };

    void run(const std::stop_token& stop);
    void look();

    const SwappableResolver* resolver_;
    const core::Clock* clock_;
    ports::Log* log_;
    core::Guarded<Seen> seen_;
    std::jthread thread_;  // last: ends before what it uses
};

}  // namespace holdback::milter::daemon
