// SPDX-License-Identifier: Apache-2.0
#include "outbound/forecast.hpp"

#include "config/policy.hpp"
#include "outbound/findings.hpp"
#include "terms/finding.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace holdback::outbound {

namespace {

using terms::FindingName;

Outlook outlook_of(FindingName name) {
    const terms::FindingRow& row = terms::row_of(name);
    if (row.certainty == terms::Certainty::None) {
        return Outlook::Unknown;
    }
    if (row.foretells == terms::Foretells::Nothing) {
        return Outlook::Delivered;
    }
    return row.certainty == terms::Certainty::Certain ? Outlook::CertainBounce
                                                      : Outlook::LikelyBounce;
}

}  // namespace

Outlook outlook(std::span<const Finding> found) {
    Outlook gravest = Outlook::Delivered;
    for (const Finding& finding : found) {
        gravest = std::max(gravest, outlook_of(finding.name));
    }
    return gravest;
}

void Forecast::add(std::string_view key,
                   std::string_view domain,
                   std::span<const Finding> found,
                   config::PolicyAction action) {
    const Outlook expected = outlook(found);
    hashes_.push_back(std::hash<std::string_view>{}(key));
    ++outlooks_.at(static_cast<std::size_t>(expected));
    const bool gets_mail = action <= config::PolicyAction::Tag && expected <= Outlook::Unknown;
    if (domain.empty() || gets_mail) {
        return;
    }
    if (const auto known = troubled_.find(domain); known != troubled_.end()) {
        ++known->second;
    } else if (troubled_.size() < kMostTroubledDomains) {
        troubled_.emplace(domain, 1);
    }
}

std::size_t Forecast::duplicates() const {
    std::vector<std::uint64_t> sorted = hashes_;
    std::ranges::sort(sorted);
    const auto repeated = std::ranges::unique(sorted);
    return static_cast<std::size_t>(repeated.size());
}

std::vector<TroubledDomain> Forecast::troubled_domains(std::size_t most) const {
    std::vector<TroubledDomain> domains;
    domains.reserve(troubled_.size());
    for (const auto& [domain, recipients] : troubled_) {
        domains.push_back({.domain = domain, .recipients = recipients});
    }
    std::ranges::stable_sort(domains, std::greater{}, &TroubledDomain::recipients);
    domains.resize(std::min(domains.size(), most));
    return domains;
}

std::string Forecast::text() const {
    if (hashes_.empty()) {
        return {};
    }
    const std::size_t certain = of(Outlook::CertainBounce);
    const std::size_t likely = of(Outlook::LikelyBounce);
    const std::size_t bounces = certain + likely;
    std::string text =
        fmt::format("predicted bounce rate: {:.1f} % ({} of {})\n",
                    100.0 * static_cast<double>(bounces) / static_cast<double>(recipients()),
                    bounces,
                    recipients());
    text += fmt::format(
        "{:>9}  certain: the address is malformed, or its domain takes no mail\n"
        "{:>9}  likely: no usable mail server, a misspelled domain, or mail bounced before\n"
        "{:>9}  not counted: DNS gave no answer\n",
        certain,
        likely,
        of(Outlook::Unknown));
    return text;
}

}  // namespace holdback::outbound
