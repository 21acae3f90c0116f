// SPDX-License-Identifier: Apache-2.0
#pragma once
// Gathers what is known about recipients: the route of their domains and the suppression store, in
// parallel, under one deadline.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "mail/domain.hpp"
#include "mail/envelope.hpp"
#include "outbound/address_lists.hpp"
#include "outbound/findings.hpp"
#include "ports/journal.hpp"
#include "ports/mta_tables.hpp"
#include "ports/resolver.hpp"
#include "ports/suppression_store.hpp"

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::flow {

/// Where facts come from. A source that is not there (an offline check) is nullptr; its facts are
/// then unknown. All outlive the gathering.
struct FactSources {
    ports::Resolver* resolver = nullptr;
    ports::SuppressionStore* suppressions = nullptr;
    const ports::Journal* journal = nullptr;
    const outbound::AddressLists* lists = nullptr;
    ports::MtaTables* mta = nullptr;
    /// The name ({j}) of the MTA that asks, which may be another one than was read. Empty: it is
    /// that one.
    std::string_view mta_name;
};

struct GatheredFacts {
    std::vector<outbound::RecipientFacts> recipients;  ///< in the order asked
    /// Why the suppression store could not be asked; nullopt when all went well.
    std::optional<std::string> store_trouble;
    /// Domains that bounces taught to hold back and that take mail by DNS: they hold back nobody,
    /// and what was learned about them is to be lifted.
    std::vector<mail::Domain> refuted;
};

/// Facts about each recipient of mail from `sender`. What did not come by `deadline` is unresolved.
[[nodiscard]] GatheredFacts gather_facts(std::span<const mail::Recipient> recipients,
                                         const mail::EnvelopeSender& sender,
                                         const config::Settings& settings,
                                         const FactSources& sources,
                                         core::SteadyPoint deadline,
                                         core::TimePoint now);

}  // namespace holdback::flow
