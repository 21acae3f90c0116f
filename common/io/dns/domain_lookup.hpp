// SPDX-License-Identifier: Apache-2.0
#pragma once
// The resolver port on a source of DNS answers: asks what the mail route of each domain needs.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/dns/dns_cache.hpp"
#include "io/dns/dns_source.hpp"
#include "mail/dns_answer.hpp"
#include "mail/domain.hpp"
#include "ports/resolver.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace holdback::io::dns {

struct DomainLookupOptions {
    /// Time for one domain while there are few questions, however long its collector waits: an
    /// answer too late for one message is in the cache for the next.
    std::chrono::milliseconds patience{10'000};
    /// Time for a domain that is looked up before anybody waits for it, even with many questions.
    std::chrono::milliseconds ahead{2'000};
    /// With this many domains in progress, none is looked up before somebody waits for it, so that
    /// a message with many domains can't get ahead of later ones.
    std::size_t domains_ahead = 256;
    /// With this many domains in progress, further ones are not begun and come back without
    /// answers.
    std::size_t domains = 50'000;
};

/// `ports::Resolver` on a cache. Domains that are never asked in DNS come back at once without
/// answers. Safe from several threads.
class DomainLookup final : public ports::Resolver {
public:
    /// `clock` outlives the object.
    DomainLookup(std::unique_ptr<DnsCache> cache,
                 const core::Clock& clock,
                 DomainLookupOptions options = {});
    DomainLookup(const DomainLookup&) = delete;
    DomainLookup& operator=(const DomainLookup&) = delete;
    DomainLookup(DomainLookup&&) = delete;
    DomainLookup& operator=(DomainLookup&&) = delete;
    /// No thread may be in `collect` any more.
    ~DomainLookup() override = default;

    void start(const mail::Domain& domain) override;
    [[nodiscard]] std::vector<mail::DomainAnswers> collect(std::span<const mail::Domain> domains,
                                                           core::SteadyPoint deadline) override;

    [[nodiscard]] DnsCounters counters() const { return cache_->counters(); }
    /// See `DnsCache`.
    void ask_for_a_sign(core::SteadyPoint deadline) { cache_->ask_for_a_sign(deadline); }
    [[nodiscard]] DnsCache& cache() { return *cache_; }

private:
    using LookupId = std::uint64_t;
    /// The asker of lookups that nobody waits for yet.
    static constexpr std::uint64_t kNobody = 0;
    /// One thread in `collect`.
    struct Collector {
        std::condition_variable finished;
        std::size_t left = 0;
    };
    struct Lookup {
        Lookup(LookupId number, const DnsTerms& first) : id(number), terms(first) {}

        LookupId id;
        DnsTerms terms;  ///< those of whoever waits longest
        mail::DomainAnswers answers;
        std::set<mail::DnsQuestion> asked;
        std::vector<Collector*> collectors;
        bool done = false;
    };
    using Lookups = std::map<std::string, Lookup, std::less<>>;

    void begin(const std::string& domain, const DnsTerms& terms, Collector* collector);
    void advance(const std::string& domain, LookupId id);
    void on_answer(const std::string& domain, LookupId id, mail::DnsAnswer answer);
    static void conclude(Lookup& lookup);
    void erase_if_idle(Lookups::iterator lookup);

    const core::Clock& clock_;
    DomainLookupOptions options_;
    std::mutex mutex_;  // guards what follows
    Lookups lookups_;
    LookupId last_id_ = 0;
    std::uint64_t last_asker_ = kNobody;
    std::unique_ptr<DnsCache> cache_;  // last: its callbacks end before the rest goes
};

/// A resolver for the settings: it asks the nameservers named there, else those of `resolv_conf`.
/// It believes the AD bit of named and loopback servers. The error is one clause in plain words.
/// `clock` outlives the resolver.
[[nodiscard]] core::Result<std::unique_ptr<DomainLookup>, std::string> make_resolver(
    const config::DnsSettings& settings,
    const core::Clock& clock,
    const std::string& resolv_conf = "/etc/resolv.conf");

}  // namespace holdback::io::dns
