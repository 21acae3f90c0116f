// SPDX-License-Identifier: Apache-2.0
#pragma once
// Who answers single DNS questions: the engine, and what decorates it.

#include "core/clock.hpp"
#include "mail/dns_answer.hpp"

#include <cstdint>
#include <functional>

namespace holdback::io {

/// Takes an answer; must not block, and must not throw.
using DnsCallback = std::function<void(mail::DnsAnswer)>;

/// What happened since the start, and how much is there now. For `status` and metrics.
struct DnsCounters {
    std::uint64_t questions = 0;   ///< put to the engine
    std::uint64_t queries = 0;     ///< sent to nameservers, retransmissions included
    std::uint64_t tcp = 0;         ///< of these, over TCP
    std::uint64_t ignored = 0;     ///< datagrams dropped as malformed or not ours
    std::uint64_t unresolved = 0;  ///< questions that ended without an answer
    std::uint64_t running = 0;     ///< questions in flight or queued now
    std::uint64_t hits = 0;        ///< answered from the cache
    std::uint64_t misses = 0;      ///< not in the cache, or too old
    std::uint64_t stale = 0;       ///< of the misses, answered with an old entry in the end
    std::uint64_t entries = 0;     ///< answers in the cache now
};

/// Answers questions one by one. Safe from several threads.
class DnsSource {
public:
    DnsSource() = default;
    DnsSource(const DnsSource&) = delete;
    DnsSource& operator=(const DnsSource&) = delete;
    DnsSource(DnsSource&&) = delete;
    DnsSource& operator=(DnsSource&&) = delete;
    /// Waits for a callback that is running; none runs afterwards.
    virtual ~DnsSource() = default;

    /// Calls `callback` once, from this or another thread, with the answer or with `Unresolved`
    /// when there was none by `deadline`.
    virtual void ask(const mail::DnsQuestion& question,
                     core::SteadyPoint deadline,
                     DnsCallback callback) = 0;

    [[nodiscard]] virtual DnsCounters counters() const = 0;
};

}  // namespace holdback::io
