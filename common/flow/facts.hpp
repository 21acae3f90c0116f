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

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::flow {

/// The sources of facts. A missing source (in an offline check) is nullptr; its facts are then
/// unknown. All outlive the gathering.
struct FactSources {
    ports::Resolver* resolver = nullptr;
    ports::SuppressionStore* suppressions = nullptr;
    const ports::Journal* journal = nullptr;
    const outbound::AddressLists* lists = nullptr;
    ports::MtaTables* mta = nullptr;
    /// The name ({j}) of the MTA that asks; it may be another MTA than the one that was read.
    /// Empty: it is the same.
    std::string_view mta_name;
};

struct GatheredFacts {
    std::vector<outbound::RecipientFacts> recipients;  ///< in the order asked
    /// Why the suppression store could not be asked; nullopt when all went well.
    std::optional<std::string> store_trouble;
    /// Domains that take mail according to DNS although bounces taught otherwise. They hold back
    /// nobody, and their learned entries are to be lifted.
    std::vector<mail::Domain> refuted;
};

/// Facts about each recipient of mail from `sender`. What did not arrive by `deadline` is
/// unresolved.
[[nodiscard]] GatheredFacts gather_facts(std::span<const mail::Recipient> recipients,
                                         const mail::EnvelopeSender& sender,
                                         const config::Settings& settings,
                                         const FactSources& sources,
                                         core::SteadyPoint deadline,
                                         core::TimePoint now);

}  // namespace holdback::flow
