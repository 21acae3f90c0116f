// SPDX-License-Identifier: Apache-2.0
#pragma once
// Remembers DNS answers for the length of a command.

#include "core/clock.hpp"
#include "mail/dns_answer.hpp"
#include "mail/domain.hpp"
#include "ports/resolver.hpp"

#include <cstddef>
#include <map>
#include <span>
#include <utility>
#include <vector>

namespace holdback::milter::ctl {

/// Asks another resolver once about each domain. So all addresses of a domain are judged alike, and
/// the list is checked faster. Remembers up to `kMostDomains`. For one thread; the other resolver
/// outlives the object.
class RememberingResolver final : public ports::Resolver {
public:
    static constexpr std::size_t kMostDomains = 50'000;

    explicit RememberingResolver(ports::Resolver& other) : other_(&other) {}

    void start(const mail::Domain& domain) override {
        if (!known_.contains(domain)) {
            other_->start(domain);
        }
    }

    [[nodiscard]] std::vector<mail::DomainAnswers> collect(std::span<const mail::Domain> domains,
                                                           core::SteadyPoint deadline) override {
        std::vector<mail::Domain> unknown;
        for (const mail::Domain& domain : domains) {
            if (!known_.contains(domain)) {
                unknown.push_back(domain);
            }
        }
        std::map<mail::Domain, mail::DomainAnswers> fresh;
        if (!unknown.empty()) {
            std::vector<mail::DomainAnswers> answers = other_->collect(unknown, deadline);
            for (std::size_t i = 0; i < unknown.size(); ++i) {
                auto& kept = known_.size() < kMostDomains ? known_ : fresh;
                kept.insert_or_assign(unknown[i], std::move(answers.at(i)));
            }
        }
        std::vector<mail::DomainAnswers> collected;
        collected.reserve(domains.size());
        for (const mail::Domain& domain : domains) {
            const auto found = known_.find(domain);
            collected.push_back(found == known_.end() ? fresh.at(domain) : found->second);
        }
        return collected;
    }

private:
    ports::Resolver* other_;
    std::map<mail::Domain, mail::DomainAnswers> known_;
};

}  // namespace holdback::milter::ctl
