// SPDX-License-Identifier: Apache-2.0
#include "flow/facts.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/text.hpp"
#include "mail/address.hpp"
#include "mail/dns_answer.hpp"
#include "mail/domain.hpp"
#include "mail/envelope.hpp"
#include "mail/mta_names.hpp"
#include "mail/syntax.hpp"
#include "outbound/findings.hpp"
#include "outbound/local_route.hpp"
#include "outbound/mail_route.hpp"
#include "ports/journal.hpp"
#include "ports/mta_tables.hpp"
#include "ports/resolver.hpp"
#include "ports/suppression_store.hpp"
#include "terms/suppression.hpp"
#include "terms/suppression_subject.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::flow {

namespace {

constexpr std::string_view kOff = "off";  // [outgoing] mta_domains

using RoutesByDomain = std::map<std::string, outbound::MailRoute, std::less<>>;

/// The routes of all domains that need DNS. Each domain is asked once.
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

/// The route of one recipient, from DNS or without it; nullopt when DNS was needed and not asked.
std::optional<outbound::MailRoute> route_of(const mail::Recipient& recipient,
                                            const config::Settings& settings,
                                            const RoutesByDomain& routes) {
    const mail::Domain& domain = recipient.syntax->value.domain();
    if (outbound::needs_route(recipient, settings)) {
        const auto known = routes.find(domain.text());
        return known == routes.end() ? std::nullopt : std::optional(known->second);
    }
    return outbound::route_without_dns(domain, recipient.mailer, settings);
}

/// True when the MTA says that it looks up the mail exchanger of the domain itself. A non-ASCII
/// domain appears in the MTA's words as it was spelled.
bool goes_by_dns(const mail::Recipient& recipient) {
    const auto next =
        mail::Domain::parse(core::without_root(recipient.next_hop), mail::Smtputf8::Yes);
    return next.has_value() && next->value == recipient.syntax->value.domain();
}

/// True for a next hop that the MTA uses for some domains only.
bool is_named_hop(const std::string& next_hop, const config::Settings& settings) {
    const auto& usual = settings.mta.default_hops;
    return settings.mta.knows_hops && !next_hop.empty() &&
           std::ranges::none_of(usual, [&](std::string_view hop) {
               return core::equals_ignoring_case(core::without_root(hop),
                                                 core::without_root(next_hop));
           });
}

/// What DNS says against a domain counts only if the MTA has no route of its own for it.
void doubt_route(const mail::Recipient& recipient,
                 const ports::OwnRoute& own,
                 const config::Settings& settings,
                 outbound::MailRoute& route) {
    constexpr std::string_view kNextHop = "next-hop";
    switch (own.membership) {
        case mail::Membership::Yes:
            route = {outbound::RouteKind::Local, {}, own.list};
            return;
        case mail::Membership::No:
            // Sendmail's tables can't be asked: only the next hop shows what they say.
            if (settings.mta.kind == mail::MtaKind::Sendmail &&
                is_named_hop(recipient.next_hop, settings)) {
                route = {outbound::RouteKind::Local, {}, std::string(kNextHop)};
            }
            return;
        case mail::Membership::Unknown:
            break;
    }
    if (is_named_hop(recipient.next_hop, settings)) {
        route = {outbound::RouteKind::Local, {}, std::string(kNextHop)};
    } else if (recipient.mailer.empty() && settings.outgoing.mta_domains != kOff) {
        route.perhaps_local = true;
    }
}

/// Asks the MTA about the few recipients whose domains take no mail according to DNS.
void add_own_routes(std::span<const mail::Recipient> recipients,
                    const config::Settings& settings,
                    const FactSources& sources,
                    core::SteadyPoint deadline,
                    GatheredFacts& facts) {
    std::vector<std::size_t> positions;
    std::vector<mail::Address> addresses;
    for (std::size_t i = 0; i < recipients.size(); ++i) {
        const auto& route = facts.recipients[i].route;
        if (route.has_value() && outbound::takes_no_mail(route->kind) &&
            !recipients[i].syntax->value.domain().is_literal() && !goes_by_dns(recipients[i])) {
            positions.push_back(i);
            addresses.push_back(recipients[i].syntax->value);
        }
    }
    if (addresses.empty()) {
        return;
    }
    std::vector<ports::OwnRoute> own(addresses.size());
    if (sources.mta != nullptr && settings.mta.kind != mail::MtaKind::None &&
        settings.mta.are_of(sources.mta_name)) {
        own = sources.mta->ask(addresses, deadline);
    }
    for (std::size_t k = 0; k < positions.size(); ++k) {
        if (auto& route = facts.recipients[positions[k]].route; route.has_value()) {
            doubt_route(recipients[positions[k]], own.at(k), settings, *route);
        }
    }
}

/// What the suppression list says about a recipient.
struct Suppression {
    ports::SuppressionLookup lookup;
    bool is_of_mailbox = false;  ///< its entry for the address is that of `RecipientFacts::mailbox`
};

/// The entries of the recipients whose domain is on the list; empty when the store is out of reach.
using Suppressions = std::map<std::size_t, Suppression>;

void note_deciding(const Suppression& known, outbound::RecipientFacts& recipient) {
    recipient.suppression = ports::deciding_entry(known.lookup);
    recipient.suppressed_as_mailbox = known.is_of_mailbox && recipient.suppression.has_value() &&
                                      recipient.suppression->kind == terms::SubjectKind::Address;
}

/// Looks tagged addresses up twice, in one query with all others: as they are, and as the mailboxes
/// that they reach.
Suppressions add_suppressions(std::span<const mail::Recipient> recipients,
                              const mail::EnvelopeSender& sender,
                              const config::SuppressSettings& settings,
                              ports::SuppressionStore& store,
                              core::TimePoint now,
                              GatheredFacts& facts) {
    Suppressions found;
    std::vector<mail::Address> addresses;
    std::vector<std::size_t> positions;
    for (std::size_t i = 0; i < recipients.size(); ++i) {
        if (!recipients[i].syntax.has_value()) {
            continue;
        }
        const mail::Address& address = recipients[i].syntax->value;
        addresses.push_back(address);
        positions.push_back(i);
        if (auto mailbox = settings.untagged(address)) {
            facts.recipients.at(i).mailbox = mailbox->key();
            addresses.push_back(*std::move(mailbox));
            positions.push_back(i);
        }
    }
    const auto known = store.look_up(addresses, sender, now);
    if (!known.has_value()) {
        facts.store_trouble = known.error().what;
        return found;
    }
    for (std::size_t k = 0; k < positions.size(); ++k) {
        const std::size_t position = positions[k];
        Suppression known_of{.lookup = known->at(k)};
        if (k + 1 < positions.size() && positions[k + 1] == position) {
            ++k;
            known_of.is_of_mailbox = ports::take_of_mailbox(known_of.lookup, known->at(k));
        }
        outbound::RecipientFacts& recipient = facts.recipients.at(position);
        recipient.allowed_by_store = known_of.lookup.allow.has_value();
        note_deciding(known_of, recipient);
        if (known_of.lookup.domain.has_value()) {
            found.emplace(position, std::move(known_of));
        }
    }
    return found;
}

/// Drops entries that bounces made about a domain when DNS says that the domain takes mail.
void drop_refuted(Suppressions& suppressions, GatheredFacts& facts) {
    for (auto& [position, known] : suppressions) {
        outbound::RecipientFacts& recipient = facts.recipients.at(position);
        ports::SuppressionLookup& lookup = known.lookup;
        const bool takes_mail =
            recipient.route.has_value() && (recipient.route->kind == outbound::RouteKind::Mx ||
                                            recipient.route->kind == outbound::RouteKind::Implicit);
        const bool is_learned = lookup.domain.has_value() &&
                                lookup.domain->kind == terms::SubjectKind::Domain &&
                                lookup.domain->source == terms::SuppressionSource::Learned &&
                                lookup.domain->reason == terms::SuppressionReason::Bounce;
        if (!takes_mail || !is_learned) {
            continue;
        }
        lookup.domain.reset();
        note_deciding(known, recipient);
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
            // Without an answer the domain counts as good: unknown is not invalid.
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
             .mailbox = {},
             .domain_took_mail = false,
             .is_role = has_lists && sources.lists->is_role(recipient.syntax->value),
             .is_disposable = has_lists && sources.lists->is_disposable(recipient.syntax->value)});
    }
    // The store is asked while DNS answers are on their way.
    Suppressions suppressions;
    if (sources.suppressions != nullptr) {
        suppressions = add_suppressions(
            recipients, sender, settings.suppress, *sources.suppressions, now, facts);
    }
    const RoutesByDomain routes =
        sources.resolver == nullptr ? RoutesByDomain{}
                                    : routes_of(recipients, settings, *sources.resolver, deadline);
    for (std::size_t i = 0; i < recipients.size(); ++i) {
        if (recipients[i].syntax.has_value()) {
            facts.recipients[i].route = route_of(recipients[i], settings, routes);
        }
    }
    add_own_routes(recipients, settings, sources, deadline, facts);
    drop_refuted(suppressions, facts);
    if (sources.journal != nullptr) {
        add_acceptances(settings, *sources.journal, facts);
    }
    return facts;
}

}  // namespace holdback::flow
