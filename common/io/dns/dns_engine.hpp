// SPDX-License-Identifier: Apache-2.0
#pragma once
// The asynchronous resolver: one thread that asks the configured nameservers.

#include "config/settings.hpp"
#include "io/dns/dns_job.hpp"
#include "io/dns/dns_source.hpp"
#include "mail/dns_answer.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

namespace holdback::io::dns {

/// A recursive nameserver.
struct DnsServer {
    config::NameServer address;
    AdTrust trust;
};

struct DnsEngineOptions {
    /// Sockets open at one time; further questions wait for their turn. An asker may open another
    /// one while it has fewer than are free, so that some are always left for the next asker.
    std::size_t sockets = 512;
    /// Questions in flight and waiting; further ones are `Unresolved` at once ("overload").
    std::size_t questions = 100'000;
    /// Time until the first retransmission.
    std::chrono::milliseconds patience{400};
};

/// Asks over UDP from an unpredictable port for each query. Matches id and question; ignores what
/// does not match and goes on waiting. Retransmits with back-off over the servers, and uses TCP
/// after truncated replies. While questions wait for a socket, those of all askers begin in turn; a
/// question without a reply in `patience` gives its socket back and waits for its next turn.
/// `trouble` of an unresolved answer is one of: timeout, servfail, refused, formerr, notimp,
/// badvers, odd-rcode, lame, cname-chain, contradiction, truncated, tcp-failed, unreachable,
/// overload, unaskable-name, internal.
class DnsEngine final : public DnsSource {
public:
    /// Starts the thread. `servers` is not empty and stands in order of preference. Throws
    /// std::system_error when the kernel refuses epoll or eventfd.
    explicit DnsEngine(std::vector<DnsServer> servers, DnsEngineOptions options = {});
    DnsEngine(const DnsEngine&) = delete;
    DnsEngine& operator=(const DnsEngine&) = delete;
    DnsEngine(DnsEngine&&) = delete;
    DnsEngine& operator=(DnsEngine&&) = delete;
    /// Joins the thread. Drops the questions in flight and does not call their callbacks.
    ~DnsEngine() override;

    /// The callback runs on the engine's thread, except for "overload".
    void ask(const mail::DnsQuestion& question,
             const DnsTerms& terms,
             DnsCallback callback) override;

    [[nodiscard]] DnsCounters counters() const override;

private:
    class Loop;
    std::unique_ptr<Loop> loop_;
};

}  // namespace holdback::io::dns
