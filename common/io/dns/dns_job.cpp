// SPDX-License-Identifier: Apache-2.0
#include "io/dns/dns_job.hpp"

#include "io/dns/dns_socket.hpp"
#include "io/dns/dns_wire.hpp"
#include "mail/dns_answer.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace holdback::io::dns {

namespace {

using mail::DnsAnswer;
using mail::DnsOutcome;

/// Queries that one CNAME chain may cost.
constexpr std::size_t kMostChased = 16;
/// After this many refusals a server is given up for this question.
constexpr int kMostBroken = 2;

std::string_view trouble_of(DnsRcode rcode) {
    switch (rcode) {
        case DnsRcode::FormErr:
            return "formerr";
        case DnsRcode::ServFail:
            return "servfail";
        case DnsRcode::NotImp:
            return "notimp";
        case DnsRcode::Refused:
            return "refused";
        case DnsRcode::BadVersion:
            return "badvers";
        case DnsRcode::NoError:
        case DnsRcode::NxDomain:
        case DnsRcode::Other:
            break;
    }
    return "odd-rcode";
}

}  // namespace

DnsJob::DnsJob(mail::DnsQuestion question,
               std::size_t servers,
               std::size_t first,
               std::chrono::milliseconds patience)
    : question_(std::move(question)),
      current_(question_),
      first_patience_(patience),
      servers_(servers),
      server_(first) {}

std::chrono::milliseconds DnsJob::patience() const {
    constexpr std::size_t kMostDoublings = 3;
    // A handshake and a long answer take more than one datagram.
    constexpr int kTcpFactor = 4;
    if (transport_ == DnsTransport::Tcp) {
        return first_patience_ * kTcpFactor;
    }
    const auto live =
        static_cast<std::size_t>(std::ranges::count(servers_, false, &ServerState::failed));
    const std::size_t round = (sent_ - 1) / std::max<std::size_t>(live, 1);
    return first_patience_ * (1U << std::min(round, kMostDoublings));
}

DnsStep DnsJob::begin() {
    return send(server_, DnsTransport::Udp, SocketUse::Anew);
}

DnsStep DnsJob::send(std::size_t server, DnsTransport transport, SocketUse sockets) {
    server_ = server;
    transport_ = transport;
    ++sent_;
    return DnsSend{server, transport, servers_[server].edns, sockets};
}

DnsStep DnsJob::new_round(std::size_t first) {
    std::ranges::fill(servers_, ServerState{});
    sent_ = 0;
    trouble_ = "timeout";
    return send(first, DnsTransport::Udp, SocketUse::Anew);
}

std::optional<std::size_t> DnsJob::next_server() const {
    for (std::size_t i = 1; i <= servers_.size(); ++i) {
        const std::size_t candidate = (server_ + i) % servers_.size();
        if (!servers_[candidate].failed) {
            return candidate;
        }
    }
    return std::nullopt;
}

DnsStep DnsJob::fail_server(std::size_t server, std::string_view trouble) {
    servers_[server].failed = true;
    trouble_ = trouble;
    if (server != server_ && !servers_[server_].failed) {
        return DnsWait{};
    }
    if (const auto next = next_server()) {
        return send(*next, DnsTransport::Udp, SocketUse::Keep);
    }
    return give_up(trouble_);
}

DnsStep DnsJob::on_broken(std::size_t server) {
    if (transport_ == DnsTransport::Tcp && server == server_) {
        return fail_server(server, "tcp-failed");
    }
    ServerState& state = servers_[server];
    if (++state.broken >= kMostBroken) {
        return fail_server(server, "unreachable");
    }
    const auto next = next_server();
    if (server == server_ && next.has_value() && *next != server) {
        return send(*next, DnsTransport::Udp, SocketUse::Keep);
    }
    return DnsWait{};
}

DnsStep DnsJob::on_silence() {
    if (transport_ == DnsTransport::Tcp) {
        return fail_server(server_, "tcp-failed");
    }
    if (const auto next = next_server()) {
        return send(*next, DnsTransport::Udp, SocketUse::Keep);
    }
    return give_up(trouble_);
}

DnsStep DnsJob::on_reply(std::size_t server, const DnsReply& reply, AdTrust trust) {
    if (reply.truncated) {
        if (transport_ == DnsTransport::Tcp) {
            return fail_server(server, "truncated");
        }
        return send(server, DnsTransport::Tcp, SocketUse::Anew);
    }
    switch (reply.rcode) {
        case DnsRcode::NoError:
        case DnsRcode::NxDomain:
            return on_statement(server, reply, trust);
        case DnsRcode::FormErr:
        case DnsRcode::NotImp:
        case DnsRcode::BadVersion:
            return without_edns(server, trouble_of(reply.rcode));
        case DnsRcode::ServFail:
        case DnsRcode::Refused:
        case DnsRcode::Other:
            break;
    }
    return fail_server(server, trouble_of(reply.rcode));
}

DnsStep DnsJob::without_edns(std::size_t server, std::string_view trouble) {
    if (servers_[server].edns == Edns::Off) {
        return fail_server(server, trouble);
    }
    servers_[server].edns = Edns::Off;
    return send(server, transport_, SocketUse::Anew);
}

DnsStep DnsJob::on_statement(std::size_t server, const DnsReply& reply, AdTrust trust) {
    const bool no_such_name = reply.rcode == DnsRcode::NxDomain;
    switch (reply.content) {
        case DnsContent::CnameLoop:
            return give_up("cname-chain");
        case DnsContent::Records:
            if (no_such_name) {
                return fail_server(server, "contradiction");
            }
            return answer(DnsOutcome::Found, reply, trust);
        case DnsContent::Negative:
            return on_negative(
                no_such_name ? DnsOutcome::NoSuchName : DnsOutcome::NoData, reply, trust);
        case DnsContent::Unfinished:
            // The response code is about the last name of the chain (RFC 2308 section 2.1).
            return no_such_name ? on_negative(DnsOutcome::NoSuchName, reply, trust)
                                : chase(reply, trust);
        case DnsContent::NoStatement:
            return no_such_name ? on_negative(DnsOutcome::NoSuchName, reply, trust)
                                : fail_server(server, "lame");
    }
    return DnsWait{};
}

DnsStep DnsJob::chase(const DnsReply& reply, AdTrust trust) {
    if (negative_.has_value()) {
        return give_up("contradiction");
    }
    chain_.push_back(current_.name);
    if (chain_.size() >= kMostChased ||
        std::ranges::find(chain_, reply.last_name) != chain_.end()) {
        return give_up("cname-chain");
    }
    chain_authenticated_ = chain_authenticated_ && reply.authenticated && trust == AdTrust::Yes;
    chain_ttl_ = std::min(chain_ttl_, reply.ttl);
    current_.name = reply.last_name;
    return new_round(server_);
}

DnsStep DnsJob::on_negative(DnsOutcome outcome, const DnsReply& reply, AdTrust trust) {
    DnsAnswer no = answer(outcome, reply, trust);
    if (no.authenticated) {
        return no;
    }
    if (!negative_.has_value()) {
        negative_ = std::move(no);
        return new_round(next_server().value_or(server_));
    }
    no.confirmed = negative_->outcome == outcome;
    no.ttl = std::min(no.ttl, negative_->ttl);
    return no;
}

DnsAnswer DnsJob::answer(DnsOutcome outcome, const DnsReply& reply, AdTrust trust) const {
    DnsAnswer settled{.question = question_, .outcome = outcome};
    settled.mx = reply.mx;
    settled.addresses = reply.addresses;
    settled.authenticated = chain_authenticated_ && reply.authenticated && trust == AdTrust::Yes;
    settled.ttl = std::min(reply.ttl, chain_ttl_);
    return settled;
}

DnsAnswer DnsJob::give_up(std::string_view trouble) const {
    if (negative_.has_value()) {
        return *negative_;
    }
    DnsAnswer unresolved{.question = question_};
    unresolved.trouble = trouble;
    return unresolved;
}

}  // namespace holdback::io::dns
