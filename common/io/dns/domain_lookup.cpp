// SPDX-License-Identifier: Apache-2.0
#include "io/dns/domain_lookup.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/dns/dns_cache.hpp"
#include "io/dns/dns_engine.hpp"
#include "io/dns/dns_job.hpp"
#include "io/dns/resolv_conf.hpp"
#include "mail/dns_answer.hpp"
#include "mail/domain.hpp"
#include "mail/ip_address.hpp"
#include "outbound/mail_route.hpp"

#include <algorithm>
#include <cstddef>
#include <exception>
#include <expected>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::io::dns {

using core::SteadyPoint;
using mail::DnsQuestion;

DomainLookup::DomainLookup(std::unique_ptr<DnsCache> cache,
                           const core::Clock& clock,
                           DomainLookupOptions options)
    : clock_(clock), options_(options), cache_(std::move(cache)) {}

void DomainLookup::start(const mail::Domain& domain) {
    if (!outbound::next_questions(domain.text(), {}).empty()) {
        const SteadyPoint now = clock_.steady_now();
        begin(domain.text(), {now + options_.ahead, now + options_.patience, kNobody}, nullptr);
    }
}

/// Joins a lookup in progress or begins one; the collector, if any, then waits for it.
void DomainLookup::begin(const std::string& domain, const DnsTerms& terms, Collector* collector) {
    LookupId id = 0;
    {
        const std::scoped_lock lock(mutex_);
        auto found = lookups_.find(domain);
        const bool fresh = found == lookups_.end();
        if (fresh) {
            const std::size_t most =
                collector == nullptr ? options_.domains_ahead : options_.domains;
            if (lookups_.size() >= most) {
                return;
            }
            id = ++last_id_;
            found = lookups_.try_emplace(domain, id, terms).first;
            found->second.answers.domain = domain;
        }
        Lookup& lookup = found->second;
        if (terms.until > lookup.terms.until) {
            lookup.terms = terms;
        }
        if (collector != nullptr) {
            lookup.collectors.push_back(collector);
            collector->left += lookup.done ? 0 : 1;
        }
        if (!fresh) {
            return;
        }
    }
    advance(domain, id);
}

/// Asks what has not been asked yet; concludes the lookup when nothing is missing.
void DomainLookup::advance(const std::string& domain, LookupId id) {
    std::vector<DnsQuestion> questions;
    DnsTerms terms(SteadyPoint{});
    {
        const std::scoped_lock lock(mutex_);
        const auto found = lookups_.find(domain);
        if (found == lookups_.end() || found->second.id != id || found->second.done) {
            return;
        }
        Lookup& lookup = found->second;
        questions = outbound::next_questions(domain, lookup.answers);
        if (questions.empty()) {
            conclude(lookup);
            erase_if_idle(found);
            return;
        }
        std::erase_if(questions, [&](const DnsQuestion& question) {
            return !lookup.asked.insert(question).second;
        });
        terms = lookup.terms;
    }
    for (const DnsQuestion& question : questions) {
        cache_->ask(question, terms, [this, domain, id](mail::DnsAnswer answer) {
            on_answer(domain, id, std::move(answer));
        });
    }
}

void DomainLookup::on_answer(const std::string& domain, LookupId id, mail::DnsAnswer answer) {
    {
        const std::scoped_lock lock(mutex_);
        const auto found = lookups_.find(domain);
        if (found == lookups_.end() || found->second.id != id || found->second.done) {
            return;
        }
        found->second.answers.answers.push_back(std::move(answer));
    }
    advance(domain, id);
}

void DomainLookup::conclude(Lookup& lookup) {
    lookup.done = true;
    for (Collector* const collector : lookup.collectors) {
        // Notified under the lock, so that the collector cannot be gone yet.
        if (--collector->left == 0) {
            collector->finished.notify_one();
        }
    }
}

void DomainLookup::erase_if_idle(Lookups::iterator lookup) {
    if (lookup->second.done && lookup->second.collectors.empty()) {
        lookups_.erase(lookup);
    }
}

std::vector<mail::DomainAnswers> DomainLookup::collect(std::span<const mail::Domain> domains,
                                                       SteadyPoint deadline) {
    DnsTerms terms(deadline, clock_.steady_now() + options_.patience, kNobody);
    {
        const std::scoped_lock lock(mutex_);
        terms.asker = ++last_asker_;
    }
    Collector collector;
    std::vector<std::string> wanted;
    for (const mail::Domain& domain : domains) {
        if (!outbound::next_questions(domain.text(), {}).empty()) {
            wanted.push_back(domain.text());
        }
    }
    std::ranges::sort(wanted);
    const auto twice = std::ranges::unique(wanted);
    wanted.erase(twice.begin(), twice.end());
    for (const std::string& domain : wanted) {
        begin(domain, terms, &collector);
    }

    std::unique_lock lock(mutex_);
    collector.finished.wait_until(lock, deadline, [&] { return collector.left == 0; });
    std::vector<mail::DomainAnswers> collected;
    collected.reserve(domains.size());
    for (const mail::Domain& domain : domains) {
        const auto found = lookups_.find(domain.text());
        collected.push_back(found == lookups_.end()
                                ? mail::DomainAnswers{.domain = domain.text(), .answers = {}}
                                : found->second.answers);
    }
    for (const std::string& domain : wanted) {
        const auto found = lookups_.find(domain);
        if (found != lookups_.end()) {
            std::erase(found->second.collectors, &collector);
            erase_if_idle(found);
        }
    }
    return collected;
}

core::Result<std::unique_ptr<DomainLookup>, std::string> make_resolver(
    const config::DnsSettings& settings, const core::Clock& clock, const std::string& resolv_conf) {
    std::vector<DnsServer> servers;
    if (settings.nameservers.empty()) {
        const auto found = read_resolv_conf(resolv_conf);
        if (!found.has_value()) {
            return std::unexpected(found.error());
        }
        for (const config::NameServer& server : *found) {
            const bool loopback = server.address.scope() == mail::AddressScope::Loopback;
            servers.push_back({server, loopback ? AdTrust::Yes : AdTrust::No});
        }
    } else {
        for (const config::NameServer& server : settings.nameservers) {
            servers.push_back({server, AdTrust::Yes});
        }
    }
    try {
        auto engine = std::make_unique<DnsEngine>(std::move(servers));
        auto cache = std::make_unique<DnsCache>(
            std::move(engine), clock, DnsCacheLimits{.entries = settings.cache_entries});
        return std::make_unique<DomainLookup>(std::move(cache), clock);
    } catch (const std::exception& error) {
        return std::unexpected(fmt::format("the resolver can't start: {}", error.what()));
    }
}

}  // namespace holdback::io::dns
