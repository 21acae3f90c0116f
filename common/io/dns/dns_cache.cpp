// SPDX-License-Identifier: Apache-2.0
#include "io/dns/dns_cache.hpp"

#include "core/clock.hpp"
#include "io/dns/dns_source.hpp"
#include "mail/dns_answer.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::io::dns {

namespace {

using core::SteadyPoint;
using mail::DnsAnswer;
using mail::DnsOutcome;
using mail::DnsQuestion;

bool is_timeout(const DnsAnswer& answer) {
    return answer.outcome == DnsOutcome::Unresolved && answer.trouble == "timeout";
}

/// Failures that say nothing about the domain, only that nobody answered.
bool nobody_answered(const DnsAnswer& answer) {
    return answer.outcome == DnsOutcome::Unresolved &&
           (answer.trouble == "timeout" || answer.trouble == "unreachable" ||
            answer.trouble == "overload");
}

/// Failures on our side, which are over as soon as there is less to do.
bool is_momentary(const DnsAnswer& answer) {
    return answer.outcome == DnsOutcome::Unresolved &&
           (answer.trouble == "overload" || answer.trouble == "internal");
}

}  // namespace

std::size_t DnsCache::QuestionHash::operator()(const DnsQuestion& question) const {
    constexpr std::size_t kTypes = 3;
    return (std::hash<std::string>{}(question.name) * kTypes) +
           static_cast<std::size_t>(question.type);
}

DnsCache::DnsCache(std::unique_ptr<DnsSource> upstream,
                   const core::Clock& clock,
                   DnsCacheLimits limits)
    : clock_(clock), limits_(limits), upstream_(std::move(upstream)) {}

bool DnsCache::is_hit(const Kept& kept, SteadyPoint now, SteadyPoint deadline) {
    // A timeout holds for those who would wait no longer than that question did, with some slack.
    constexpr std::chrono::seconds kSlack{1};
    return kept.fresh_until > now &&
           (!is_timeout(kept.answer) || deadline - now <= kept.waited + kSlack);
}

void DnsCache::ask(const DnsQuestion& question, const DnsTerms& terms, DnsCallback callback) {
    const SteadyPoint now = clock_.steady_now();
    std::optional<DnsAnswer> known;
    const bool must_ask = state_.with([&](State& state) {
        const auto found = state.index.find(question);
        if (found != state.index.end() && is_hit(*found->second, now, terms.until)) {
            state.kept.splice(state.kept.begin(), state.kept, found->second);
            ++state.hits;
            known = found->second->answer;
            return false;
        }
        ++state.misses;
        const auto [flight, fresh] =
            state.flights.try_emplace(question, Flight{now, terms.until, {}});
        flight->second.waiters.push_back({terms, std::move(callback)});
        return fresh;
    });
    if (known.has_value()) {
        callback(*std::move(known));
    } else if (must_ask) {
        ask_upstream(question, terms);
    }
}

void DnsCache::ask_upstream(const DnsQuestion& question, const DnsTerms& terms) {
    upstream_->ask(question, terms, [this, question](DnsAnswer answer) {
        on_answer(question, std::move(answer));
    });
}

void DnsCache::on_answer(const DnsQuestion& question, DnsAnswer answer) {
    std::vector<DnsCallback> served;
    std::optional<DnsTerms> again;
    state_.with([&](State& state) {
        const auto found = state.flights.find(question);
        if (found == state.flights.end()) {
            return;
        }
        Flight& flight = found->second;
        const SteadyPoint ended = flight.deadline;
        // A waiter that has more time than this flight had does not get its timeout.
        const bool timed_out = is_timeout(answer);
        const std::chrono::nanoseconds waited = ended - flight.begun;
        std::vector<Waiter> patient;
        for (Waiter& waiter : flight.waiters) {
            if (timed_out && waiter.terms.until > ended) {
                if (!again.has_value() || waiter.terms.until > again->until) {
                    again = waiter.terms;
                }
                patient.push_back(std::move(waiter));
            } else {
                served.push_back(std::move(waiter.callback));
            }
        }
        if (again.has_value()) {
            flight = Flight{ended, again->until, std::move(patient)};
        } else {
            state.flights.erase(found);
        }
        answer = keep(state, std::move(answer), waited);
    });
    for (const DnsCallback& callback : served) {
        callback(answer);
    }
    if (again.has_value()) {
        ask_upstream(question, *again);
    }
}

DnsAnswer DnsCache::keep(State& state, DnsAnswer answer, std::chrono::nanoseconds waited) const {
    const SteadyPoint now = clock_.steady_now();
    const auto found = state.index.find(answer.question);
    if (found != state.index.end()) {
        Kept& old = *found->second;
        if (nobody_answered(answer) && old.answer.outcome == DnsOutcome::Found &&
            now <= old.ended + limits_.stale) {
            ++state.stale;
            old.fresh_until = std::max(old.fresh_until, now + limits_.failure);
            return old.answer;
        }
        if (is_momentary(answer)) {
            return answer;
        }
        state.kept.erase(found->second);
        state.index.erase(found);
    }
    if (is_momentary(answer) || limits_.entries == 0) {
        return answer;
    }
    if (state.index.size() >= limits_.entries) {
        state.index.erase(state.kept.back().answer.question);
        state.kept.pop_back();
    }
    const SteadyPoint until = now + lifetime(answer);
    state.kept.push_front({answer, until, until, waited});
    state.index.emplace(answer.question, state.kept.begin());
    return answer;
}

std::chrono::seconds DnsCache::lifetime(const DnsAnswer& answer) const {
    if (answer.outcome == DnsOutcome::Found) {
        return std::clamp(answer.ttl, limits_.least, limits_.positive);
    }
    if (answer.is_certain_no()) {
        return std::clamp(answer.ttl, limits_.least, limits_.negative);
    }
    return limits_.failure;
}

void DnsCache::ask_for_a_sign(SteadyPoint deadline) {
    // RFC 6761 section 6.3: resolvers answer this name themselves. Even a refusal is a sign.
    upstream_->ask({"localhost", mail::DnsType::A}, deadline, [](const DnsAnswer& /*answer*/) {});
}

DnsCounters DnsCache::counters() const {
    DnsCounters all = upstream_->counters();
    state_.with([&](const State& state) {
        all.hits = state.hits;
        all.misses = state.misses;
        all.stale = state.stale;
        all.entries = state.index.size();
    });
    return all;
}

std::size_t DnsCache::clear() {
    return state_.with([](State& state) {
        const std::size_t count = state.index.size();
        state.index.clear();
        state.kept.clear();
        return count;
    });
}

std::vector<DnsCache::Entry> DnsCache::show(std::string_view name) const {
    constexpr std::array kTypes{mail::DnsType::Mx, mail::DnsType::A, mail::DnsType::Aaaa};
    const SteadyPoint now = clock_.steady_now();
    std::vector<Entry> entries;
    state_.with([&](const State& state) {
        for (const mail::DnsType type : kTypes) {
            const auto found = state.index.find(DnsQuestion{std::string(name), type});
            if (found != state.index.end()) {
                const Kept& kept = *found->second;
                entries.push_back(
                    {kept.answer,
                     std::chrono::floor<std::chrono::seconds>(kept.fresh_until - now)});
            }
        }
    });
    return entries;
}

}  // namespace holdback::io::dns
