// SPDX-License-Identifier: Apache-2.0
#pragma once
// A DNS server on loopback that does to each query what the test wants, right or wrong.

#include "config/settings.hpp"
#include "tests/support/dns_message.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

namespace holdback::support {

/// One thing that the server does about a query. No reaction at all is silence; over TCP the
/// connection then stays open.
struct DnsReaction {
    enum class Way : std::uint8_t {
        Send,
        SendFromOtherPort,  ///< UDP alone
        Close,              ///< TCP alone
    };
    Octets octets;
    std::chrono::milliseconds delay{0};
    Way way = Way::Send;
};

/// Called on the server's thread.
using DnsScript = std::function<std::vector<DnsReaction>(const DnsQueryView&)>;

/// Listens on one port of 127.0.0.1 for UDP and TCP until destroyed.
class ScriptedDns {
public:
    explicit ScriptedDns(DnsScript script);
    ScriptedDns(const ScriptedDns&) = delete;
    ScriptedDns& operator=(const ScriptedDns&) = delete;
    ScriptedDns(ScriptedDns&&) = delete;
    ScriptedDns& operator=(ScriptedDns&&) = delete;
    ~ScriptedDns();

    [[nodiscard]] config::NameServer address() const;
    /// Queries so far, over UDP and TCP.
    [[nodiscard]] std::size_t queries() const { return queries_.load(); }
    [[nodiscard]] std::size_t tcp_queries() const { return tcp_queries_.load(); }

private:
    class Loop;

    std::uint16_t port_;
    std::atomic<std::size_t> queries_{0};
    std::atomic<std::size_t> tcp_queries_{0};
    std::jthread thread_;
};

}  // namespace holdback::support
