// SPDX-License-Identifier: Apache-2.0
#include "flow/facts.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "mail/address.hpp"
#include "mail/dns_answer.hpp"
#include "mail/domain.hpp"
#include "mail/envelope.hpp"
#include "mail/suppression.hpp"
#include "mail/suppression_subject.hpp"
#include "outbound/findings.hpp"
#include "outbound/mail_route.hpp"
#include "ports/journal.hpp"
#include "ports/resolver.hpp"
#include "ports/suppression_store.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace holdback::flow {

namespace {

using RoutesByDomain = std::map<std::string, outbound::MailRoute, std::less<>>;

/// Routes of all domains that DNS has to be asked about, each once.
RoutesByDomain routes_of(std::span<const mail::Recipient> recipients,
                         const config::Settings& settings,
                         ports::Resolver& resolver,
                         core::SteadyPoint deadline) {
    RoutesByDomain routes;
    std::vector<mail::Domain> domains;
    for (const mail::Recipient& recipient : recipients) {
        if (!outbound::needs_route(recipient, settings)) {
            continue;
        }
        const mail::Domain& domain = recipient.syntax->value.domain();
        if (routes.try_emplace(domain.text()).second) {
            domains.push_back(domain);
        }
    }
    const std::vector<mail::DomainAnswers> answers = resolver.collect(domains, deadline);
    for (std::size_t i = 0; i < domains.size(); ++i) {
        routes[domains[i].text()] = outbound::mail_route(domains[i], answers.at(i));
    }
    return routes;
}

/// The route of one recipient: looked up, or plain without DNS; nullopt when it was not asked.
std::optional<outbound::MailRoute> route_of(const mail::Recipient& recipient,
                                            const config::Settings& settings,
                                            const RoutesByDomain& routes) {
    const mail::Domain& domain = recipient.syntax->value.domain();
    if (outbound::needs_route(recipient, settings)) {
        const auto known = routes.find(domain.text());
        return known == routes.end() ? std::nullopt : std::optional(known->second);
    }
    outbound::MailRoute route;
    if (domain.is_literal()) {
        route.kind = outbound::RouteKind::Literal;
    } else if (outbound::is_local(domain, recipient.mailer, settings.outgoing.local_domains)) {
        route.kind = outbound::RouteKind::Local;
    } else {
        return std::nullopt;
    }
    return route;
}

/// What the list says of each recipient; those without an address are left out, and all of them
/// when the store is out of reach.
using Suppressions = std::map<std::size_t, ports::SuppressionLookup>;

Suppressions add_suppressions(std::span<const mail::Recipient> recipients,
                              const mail::EnvelopeSender& sender,
                              ports::SuppressionStore& store,
                              core::TimePoint now,
                              GatheredFacts& facts) {
    Suppressions found;
    std::vector<mail::Address> addresses;
    std::vector<std::size_t> positions;
    for (std::size_t i = 0; i < recipients.size(); ++i) {
        if (recipients[i].syntax.has_value()) {
            addresses.push_back(recipients[i].syntax->value);
            positions.push_back(i);
        }
    }
    auto known = store.look_up(addresses, sender, now);
    if (!known.has_value()) {
        facts.store_trouble = known.error().what;
        return found;
    }
    for (std::size_t k = 0; k < positions.size(); ++k) {
        const ports::SuppressionLookup& lookup = known->at(k);
        outbound::RecipientFacts& recipient = facts.recipients.at(positions[k]);
        recipient.allowed_by_store = lookup.allow.has_value();
        recipient.suppression = ports::deciding_entry(lookup);
        if (lookup.domain.has_value()) {
            found.emplace(positions[k], lookup);
        }
    }
    return found;
}

/// An entry that a bounce made about a domain stands only while DNS does not say otherwise.
void drop_refuted(Suppressions& suppressions, GatheredFacts& facts) {
    for (auto& [position, lookup] : suppressions) {
        outbound::RecipientFacts& recipient = facts.recipients.at(position);
        const bool takes_mail =
            recipient.route.has_value() && (recipient.route->kind == outbound::RouteKind::Mx ||
                                            recipient.route->kind == outbound::RouteKind::Implicit);
        const bool is_learned = lookup.domain.has_value() &&
                                lookup.domain->kind == mail::SubjectKind::Domain &&
                                lookup.domain->source == mail::SuppressionSource::Learned &&
                                lookup.domain->reason == mail::SuppressionReason::Bounce;
        if (!takes_mail || !is_learned) {
            continue;
        }
        lookup.domain.reset();
        recipient.suppression = ports::deciding_entry(lookup);
        const mail::Domain& domain = recipient.syntax->value.domain();
        if (std::ranges::find(facts.refuted, domain) == facts.refuted.end()) {
            facts.refuted.push_back(domain);
        }
    }
}

/// Asks the journal about the few domains that look misspelled.
void add_acceptances(const config::Settings& settings,
                     const ports::Journal& journal,
                     GatheredFacts& facts) {
    std::map<std::string, bool, std::less<>> known;
    for (outbound::RecipientFacts& recipient : facts.recipients) {
        if (!outbound::suspected_misspelling(recipient, settings).has_value()) {
            continue;
        }
        const std::string& domain = recipient.syntax->value.domain().text();
        auto found = known.find(domain);
        if (found == known.end()) {
            const auto accepted = journal.accepted_in(domain);
            // What can't be found out speaks for the domain: unknown is not invalid.
            const bool took_mail = !accepted.has_value() || accepted->has_value();
            found = known.emplace(domain, took_mail).first;
        }
        recipient.domain_took_mail = found->second;
    }
}

}  // namespace

GatheredFacts gather_facts(std::span<const mail::Recipient> recipients,
                           const mail::EnvelopeSender& sender,
                           const config::Settings& settings,
                           const FactSources& sources,
                           core::SteadyPoint deadline,
                           core::TimePoint now) {
    GatheredFacts facts;
    facts.recipients.reserve(recipients.size());
    if (sources.resolver != nullptr) {
        for (const mail::Recipient& recipient : recipients) {
            if (outbound::needs_route(recipient, settings)) {
                sources.resolver->start(recipient.syntax->value.domain());
            }
        }
    }
    for (const mail::Recipient& recipient : recipients) {
        const bool has_lists = sources.lists != nullptr && recipient.syntax.has_value();
        facts.recipients.push_back(
            {.syntax = recipient.syntax,
             .route = {},
             .allowed_by_store = false,
             .suppression = {},
             .domain_took_mail = false,
             .is_role = has_lists && sources.lists->is_role(recipient.syntax->value),
             .is_disposable = has_lists && sources.lists->is_disposable(recipient.syntax->value)});
    }
    // The store is asked while the answers of DNS are on their way.
    Suppressions suppressions;
    if (sources.suppressions != nullptr) {
        suppressions = add_suppressions(recipients, sender, *sources.suppressions, now, facts);
    }
    const RoutesByDomain routes =
        sources.resolver == nullptr ? RoutesByDomain{}
                                    : routes_of(recipients, settings, *sources.resolver, deadline);
    for (std::size_t i = 0; i < recipients.size(); ++i) {
        if (recipients[i].syntax.has_value()) {
            facts.recipients[i].route = route_of(recipients[i], settings, routes);
        }
    }
    drop_refuted(suppressions, facts);
    if (sources.journal != nullptr) {
        add_acceptances(settings, *sources.journal, facts);
    }
    return facts;
}

}  // namespace holdback::flow
