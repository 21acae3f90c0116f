// SPDX-License-Identifier: Apache-2.0
#pragma once
// A resolver that can be exchanged while sessions use it.

#include "core/clock.hpp"
#include "io/dns/domain_lookup.hpp"
#include "mail/dns_answer.hpp"
#include "mail/domain.hpp"
#include "ports/resolver.hpp"

#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace holdback::milter::daemon {

/// Forwards to the current resolver. Without one, every domain is unresolved. A resolver that is
/// replaced lives until its last caller is done.
class SwappableResolver final : public ports::Resolver {
public:
    void replace(std::shared_ptr<io::dns::DomainLookup> next) {
        const std::scoped_lock lock(mutex_);
        current_.swap(next);
    }

    /// The current resolver; nullptr when there is none.
    [[nodiscard]] std::shared_ptr<io::dns::DomainLookup> current() const {
        const std::scoped_lock lock(mutex_);
        return current_;
    }

    void start(const mail::Domain& domain) override {
        if (const auto resolver = current()) {
            resolver->start(domain);
        }
    }

    [[nodiscard]] std::vector<mail::DomainAnswers> collect(std::span<const mail::Domain> domains,
                                                           core::SteadyPoint deadline) override {
        if (const auto resolver = current()) {
            return resolver->collect(domains, deadline);
        }
        std::vector<mail::DomainAnswers> nothing;
        for (const mail::Domain& domain : domains) {
            nothing.push_back({.domain = domain.text(), .answers = {}});
        }
        return nothing;
    }

private:
    mutable std::mutex mutex_;
    std::shared_ptr<io::dns::DomainLookup> current_;
};

}  // namespace holdback::milter::daemon
