// SPDX-License-Identifier: Apache-2.0
#pragma once
// Remembers DNS answers, in memory and bounded.

#include "core/clock.hpp"
#include "core/guarded.hpp"
#include "io/dns/dns_source.hpp"
#include "mail/dns_answer.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace holdback::io::dns {

/// How long answers are kept.
struct DnsCacheLimits {
    std::size_t entries = 100'000;
    std::chrono::seconds positive = std::chrono::hours(1);
    std::chrono::seconds negative{300};
    std::chrono::seconds failure{15};
    /// No answer is kept for less, so that a TTL of 0 lasts from the first question of a message to
    /// the collection of its answers.
    std::chrono::seconds least{5};
    /// How long after its end an entry may stand in when no nameserver answers (RFC 8767).
    std::chrono::seconds stale = std::chrono::days(1);
};

/// Decorates a source: answers by TTL, asks a question only once at a time, remembers failures for
/// a short time, and falls back to old positive answers when the nameservers are gone. Drops the
/// least recently used entries first.
class DnsCache final : public DnsSource {
public:
    /// `clock` outlives the cache.
    DnsCache(std::unique_ptr<DnsSource> upstream, const core::Clock& clock, DnsCacheLimits limits);

    /// When the answer is known, the callback runs at once and on this thread. A caller that joins
    /// a question in flight may be called after its own deadline, at that of the question. If its
    /// deadline is later, its question is asked again after a timeout.
    void ask(const mail::DnsQuestion& question,
             const DnsTerms& terms,
             DnsCallback callback) override;

    /// Asks the source itself a question that every nameserver can answer, so that it counts a
    /// reply when there is any.
    void ask_for_a_sign(core::SteadyPoint deadline);

    /// The counters of the source together with the cache's own.
    [[nodiscard]] DnsCounters counters() const override;

    /// Forgets all answers and gives their number; questions in flight go on.
    std::size_t clear();

    /// An answer in the cache and its time left; below zero when stale.
    struct Entry {
        mail::DnsAnswer answer;
        std::chrono::seconds left;
    };
    /// The answers about one name (canonical).
    [[nodiscard]] std::vector<Entry> show(std::string_view name) const;

private:
    struct Kept {
        mail::DnsAnswer answer;
        core::SteadyPoint fresh_until;    ///< may be extended while the nameservers are gone
        core::SteadyPoint ended;          ///< by its TTL; staleness counts from here
        std::chrono::nanoseconds waited;  ///< the time that the question had before it timed out
    };
    struct Waiter {
        DnsTerms terms;
        DnsCallback callback;
    };
    struct Flight {
        core::SteadyPoint begun;
        core::SteadyPoint deadline;
        std::vector<Waiter> waiters;
    };
    struct QuestionHash {
        std::size_t operator()(const mail::DnsQuestion& question) const;
    };
    using Recency = std::list<Kept>;  // most recently used first
    struct State {
        Recency kept;
        std::unordered_map<mail::DnsQuestion, Recency::iterator, QuestionHash> index;
        std::unordered_map<mail::DnsQuestion, Flight, QuestionHash> flights;
        std::uint64_t hits = 0;
        std::uint64_t misses = 0;
        std::uint64_t stale = 0;
    };

    [[nodiscard]] static bool is_hit(const Kept& kept,
                                     core::SteadyPoint now,
                                     core::SteadyPoint deadline);
    void ask_upstream(const mail::DnsQuestion& question, const DnsTerms& terms);
    void on_answer(const mail::DnsQuestion& question, mail::DnsAnswer answer);
    [[nodiscard]] mail::DnsAnswer keep(State& state,
                                       mail::DnsAnswer answer,
                                       std::chrono::nanoseconds waited) const;
    [[nodiscard]] std::chrono::seconds lifetime(const mail::DnsAnswer& answer) const;

    const core::Clock& clock_;
    DnsCacheLimits limits_;
    core::Guarded<State> state_;
    std::unique_ptr<DnsSource> upstream_;  // last: its callbacks end before the rest goes
};

}  // namespace holdback::io::dns
