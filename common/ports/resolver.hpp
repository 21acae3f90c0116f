// SPDX-License-Identifier: Apache-2.0
#pragma once
// How a use case asks about domains.

#include "core/clock.hpp"
#include "mail/dns_answer.hpp"
#include "mail/domain.hpp"

#include <span>
#include <vector>

namespace holdback::ports {

/// Finds out what DNS says about the mail route of domains. Safe from several threads.
class Resolver {
public:
    Resolver() = default;
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;
    Resolver(Resolver&&) = delete;
    Resolver& operator=(Resolver&&) = delete;
    virtual ~Resolver() = default;

    /// Starts to look a domain up in the background and returns at once. Never fails.
    virtual void start(const mail::Domain& domain) = 0;

    /// Waits until all domains are looked up or `deadline` is reached. Starts the look-ups that
    /// were not started. Gives one entry per domain, in their order. An answer that did not come in
    /// time is missing, which leaves the domain unresolved.
    [[nodiscard]] virtual std::vector<mail::DomainAnswers> collect(
        std::span<const mail::Domain> domains, core::SteadyPoint deadline) = 0;
};

}  // namespace holdback::ports
