// SPDX-License-Identifier: Apache-2.0
#pragma once
// A resolver that answers from a small table, for tests of use cases.

#include "core/clock.hpp"
#include "mail/dns_answer.hpp"
#include "mail/domain.hpp"
#include "ports/resolver.hpp"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace holdback::support {

/// How a domain stands in the table.
enum class ZoneState : std::uint8_t { Good, NullMx, Absent, NoHost, Silent };

/// Domains that are not in the table are absent. `Silent` ones have no answer.
class ZoneResolver final : public ports::Resolver {
public:
    void set(std::string domain, ZoneState state) { zone_[std::move(domain)] = state; }

    void start(const mail::Domain& domain) override { started_.push_back(domain.text()); }
    [[nodiscard]] std::vector<mail::DomainAnswers> collect(std::span<const mail::Domain> domains,
                                                           core::SteadyPoint deadline) override;

    /// The domains whose look-up was begun, in order.
    [[nodiscard]] const std::vector<std::string>& started() const { return started_; }

private:
    std::map<std::string, ZoneState, std::less<>> zone_;
    std::vector<std::string> started_;
};

}  // namespace holdback::support
