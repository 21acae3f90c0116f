// SPDX-License-Identifier: Apache-2.0
#include "tests/support/zone_resolver.hpp"

#include "core/clock.hpp"
#include "mail/dns_answer.hpp"
#include "mail/domain.hpp"
#include "mail/ip_address.hpp"

#include <span>
#include <string>
#include <utility>
#include <vector>

namespace holdback::support {

namespace {

mail::DnsAnswer no(const std::string& name, mail::DnsType type, mail::DnsOutcome outcome) {
    mail::DnsAnswer answer;
    answer.question = {.name = name, .type = type};
    answer.outcome = outcome;
    answer.confirmed = true;
    return answer;
}

mail::DnsAnswer mx(const std::string& name, std::string exchange) {
    mail::DnsAnswer answer;
    answer.question = {.name = name, .type = mail::DnsType::Mx};
    answer.outcome = mail::DnsOutcome::Found;
    answer.mx = {{.preference = 10, .exchange = std::move(exchange)}};
    return answer;
}

std::vector<mail::DnsAnswer> answers_of(const std::string& name, ZoneState state) {
    using enum mail::DnsOutcome;
    using enum mail::DnsType;
    switch (state) {
        case ZoneState::Good: {
            mail::DnsAnswer address;
            address.question = {.name = "mx.good.test", .type = A};
            address.outcome = Found;
            address.addresses = {mail::IpAddress::parse("198.41.0.4").value()};
            return {mx(name, "mx.good.test"), address, no("mx.good.test", Aaaa, NoData)};
        }
        case ZoneState::NullMx:
            return {mx(name, ".")};
        case ZoneState::Absent:
            return {no(name, Mx, NoSuchName)};
        case ZoneState::NoHost:
            return {no(name, Mx, NoData), no(name, A, NoData), no(name, Aaaa, NoData)};
        case ZoneState::Silent:
            return {};
    }
    return {};
}

}  // namespace

std::vector<mail::DomainAnswers> ZoneResolver::collect(std::span<const mail::Domain> domains,
                                                       core::SteadyPoint /*deadline*/) {
    std::vector<mail::DomainAnswers> all;
    for (const mail::Domain& domain : domains) {
        const auto known = zone_.find(domain.text());
        const ZoneState state = known == zone_.end() ? ZoneState::Absent : known->second;
        all.push_back({.domain = domain.text(), .answers = answers_of(domain.text(), state)});
    }
    return all;
}

}  // namespace holdback::support
