// SPDX-License-Identifier: Apache-2.0
#pragma once
// One question on its way: which server is asked next, and when the question is settled. It only
// decides; the engine owns sockets and time.

#include "io/dns/dns_socket.hpp"
#include "io/dns/dns_wire.hpp"
#include "mail/dns_answer.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace holdback::io::dns {

/// Whether the AD bit of a server's replies is believed.
enum class AdTrust : std::uint8_t { No, Yes };

/// Which sockets a query goes out on.
enum class SocketUse : std::uint8_t {
    Keep,  ///< an open one to this server may be used again, others stay open for late replies
    Anew,  ///< all are closed first, so that port and id are new
};

/// Nothing to do until the next event.
struct DnsWait {};
/// Send `DnsJob::current()` to a server.
struct DnsSend {
    std::size_t server;
    DnsTransport transport;
    Edns edns;
    SocketUse sockets;
};
/// What to do after an event; an answer ends the job.
using DnsStep = std::variant<DnsWait, DnsSend, mail::DnsAnswer>;

/// Follows CNAME chains over several queries, goes from server to server, falls back to TCP and to
/// queries without EDNS, and asks a second time before a negative answer without AD is `confirmed`.
class DnsJob {
public:
    /// `first` is the one of the `servers` servers to ask first; `patience` is the time until the
    /// first retransmission, doubled in each round over the servers.
    DnsJob(mail::DnsQuestion question,
           std::size_t servers,
           std::size_t first,
           std::chrono::milliseconds patience);

    /// What the next query asks: the question, or a later name of its CNAME chain.
    [[nodiscard]] const mail::DnsQuestion& current() const { return current_; }
    /// The server that was asked last.
    [[nodiscard]] std::size_t server() const { return server_; }
    /// How long to wait for a reply to the last query.
    [[nodiscard]] std::chrono::milliseconds patience() const;

    [[nodiscard]] DnsStep begin();
    [[nodiscard]] DnsStep on_reply(std::size_t server, const DnsReply& reply, AdTrust trust);
    /// The socket to a server failed: refused, reset, or not to be had.
    [[nodiscard]] DnsStep on_broken(std::size_t server);
    /// No reply came in `patience()`.
    [[nodiscard]] DnsStep on_silence();
    /// What is known so far; for when time or ways to ask have run out.
    [[nodiscard]] mail::DnsAnswer give_up(std::string_view trouble) const;

private:
    struct ServerState {
        bool failed = false;
        int broken = 0;
        Edns edns = Edns::On;
    };

    [[nodiscard]] DnsStep send(std::size_t server, DnsTransport transport, SocketUse sockets);
    [[nodiscard]] DnsStep new_round(std::size_t first);
    [[nodiscard]] DnsStep fail_server(std::size_t server, std::string_view trouble);
    [[nodiscard]] std::optional<std::size_t> next_server() const;
    [[nodiscard]] DnsStep on_statement(std::size_t server, const DnsReply& reply, AdTrust trust);
    [[nodiscard]] DnsStep without_edns(std::size_t server, std::string_view trouble);
    [[nodiscard]] DnsStep chase(const DnsReply& reply, AdTrust trust);
    [[nodiscard]] DnsStep on_negative(mail::DnsOutcome outcome,
                                      const DnsReply& reply,
                                      AdTrust trust);
    [[nodiscard]] mail::DnsAnswer answer(mail::DnsOutcome outcome,
                                         const DnsReply& reply,
                                         AdTrust trust) const;

    mail::DnsQuestion question_;
    mail::DnsQuestion current_;
    std::chrono::milliseconds first_patience_;
    std::vector<ServerState> servers_;
    std::size_t server_;
    DnsTransport transport_ = DnsTransport::Udp;
    std::size_t sent_ = 0;  // in this round
    std::string trouble_ = "timeout";
    // The chain so far.
    std::vector<std::string> chain_;
    bool chain_authenticated_ = true;
    std::chrono::seconds chain_ttl_ = std::chrono::seconds::max();
    // A negative answer that waits to be confirmed.
    std::optional<mail::DnsAnswer> negative_;
};

}  // namespace holdback::io::dns
