// SPDX-License-Identifier: Apache-2.0
#pragma once
// Sources of answers to single DNS questions: the engine, and what decorates it.

#include "core/clock.hpp"
#include "mail/dns_answer.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>

namespace holdback::io::dns {

/// Takes an answer; must not block, and must not throw.
using DnsCallback = std::function<void(mail::DnsAnswer)>;

/// Counts since the start, and the present load. For `status` and metrics.
struct DnsCounters {
    std::uint64_t questions = 0;   ///< put to the engine
    std::uint64_t queries = 0;     ///< sent to nameservers, retransmissions included
    std::uint64_t tcp = 0;         ///< of these, over TCP
    std::uint64_t ignored = 0;     ///< datagrams dropped as malformed or not ours
    std::uint64_t replies = 0;     ///< from nameservers, whatever they say
    std::uint64_t unresolved = 0;  ///< questions that ended without an answer
    std::uint64_t ended = 0;       ///< questions that ended
    std::uint64_t answered = 0;    ///< of these, with a reply, be it a failure
    std::uint64_t running = 0;     ///< questions in flight or queued now
    std::uint64_t hits = 0;        ///< answered from the cache
    std::uint64_t misses = 0;      ///< not in the cache, or too old
    std::uint64_t stale = 0;       ///< misses that an old entry answered in the end
    std::uint64_t entries = 0;     ///< answers in the cache now
};

/// How long a question may take, and for whom it is asked.
struct DnsTerms {
    /// A question of the asker 0 that ends at `deadline`.
    // NOLINTNEXTLINE(google-explicit-constructor): a deadline is all that most callers know
    DnsTerms(core::SteadyPoint deadline) : until(deadline), late(deadline) {}
    DnsTerms(core::SteadyPoint deadline, core::SteadyPoint latest, std::uint64_t who)
        : until(deadline), late(std::max(deadline, latest)), asker(who) {}

    core::SteadyPoint until;  ///< somebody waits for the answer until then
    /// From `until` on nobody waits, and the answer only serves the next asker. The question goes
    /// on until `late` as long as it takes nothing away from others.
    core::SteadyPoint late;
    /// Askers (messages) get equal shares of what is scarce, however much each of them asks.
    std::uint64_t asker = 0;
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

    /// Calls `callback` once, on this or another thread, with the answer, or with `Unresolved` when
    /// there was none in the time of `terms`.
    virtual void ask(const mail::DnsQuestion& question,
                     const DnsTerms& terms,
                     DnsCallback callback) = 0;

    [[nodiscard]] virtual DnsCounters counters() const = 0;
};

}  // namespace holdback::io::dns
