// SPDX-License-Identifier: Apache-2.0
#include "config/policy.hpp"

#include "terms/finding.hpp"
#include "terms/policy_action.hpp"

#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

namespace holdback::config {

TEST_CASE("policy actions go to the wire and back") {
    constexpr std::array<std::pair<PolicyAction, std::string_view>, 5> kNames{{
        {PolicyAction::Pass, "pass"},
        {PolicyAction::Tag, "tag"},
        {PolicyAction::Hold, "hold"},
        {PolicyAction::Defer, "defer"},
        {PolicyAction::Reject, "reject"},
    }};
    for (const auto& [action, name] : kNames) {
        CAPTURE(name);
        CHECK(wire_name(action) == name);
        CHECK(terms::parse_policy_action(name) == action);
    }
    CHECK(terms::parse_policy_action("strip") == std::nullopt);
    CHECK(terms::parse_policy_action("Hold") == std::nullopt);
}

TEST_CASE("by default bulk mail is held where direct mail is refused at once") {
    using terms::FindingName;
    struct Row {
        FindingName name;
        PolicyAction bulk;
        PolicyAction direct;
    };
    constexpr std::array kRows{
        Row{FindingName::MalformedAddress, PolicyAction::Reject, PolicyAction::Reject},
        Row{FindingName::UnusualAddress, PolicyAction::Pass, PolicyAction::Pass},
        Row{FindingName::NoSuchDomain, PolicyAction::Hold, PolicyAction::Reject},
        Row{FindingName::NoMailHost, PolicyAction::Hold, PolicyAction::Reject},
        Row{FindingName::NullMx, PolicyAction::Hold, PolicyAction::Reject},
        Row{FindingName::ReservedDomain, PolicyAction::Hold, PolicyAction::Reject},
        Row{FindingName::UnusableMx, PolicyAction::Hold, PolicyAction::Tag},
        Row{FindingName::MisspelledDomain, PolicyAction::Hold, PolicyAction::Tag},
        Row{FindingName::SuppressedBounce, PolicyAction::Hold, PolicyAction::Reject},
        Row{FindingName::SuppressedComplaint, PolicyAction::Hold, PolicyAction::Tag},
        Row{FindingName::SuppressedUnsubscribe, PolicyAction::Hold, PolicyAction::Pass},
        Row{FindingName::SuppressedManual, PolicyAction::Hold, PolicyAction::Reject},
        Row{FindingName::BlockedByAdmin, PolicyAction::Reject, PolicyAction::Reject},
        Row{FindingName::AlreadySent, PolicyAction::Hold, PolicyAction::Pass},
        Row{FindingName::CampaignStopped, PolicyAction::Hold, PolicyAction::Pass},
        Row{FindingName::RoleAddress, PolicyAction::Pass, PolicyAction::Pass},
        Row{FindingName::DisposableDomain, PolicyAction::Pass, PolicyAction::Pass},
        Row{FindingName::MissingUnsubscribe, PolicyAction::Tag, PolicyAction::Pass},
        Row{FindingName::ForeignFrom, PolicyAction::Tag, PolicyAction::Pass},
        Row{FindingName::UnalignedFrom, PolicyAction::Pass, PolicyAction::Pass},
        Row{FindingName::MissingSignature, PolicyAction::Tag, PolicyAction::Pass},
        Row{FindingName::MissingPlainText, PolicyAction::Tag, PolicyAction::Pass},
        Row{FindingName::UnusableReplyTo, PolicyAction::Tag, PolicyAction::Pass},
        Row{FindingName::UnresolvedDomain, PolicyAction::Pass, PolicyAction::Pass},
    };
    static_assert(kRows.size() == terms::kPolicyFindings.size());
    const PolicyTable bulk = PolicyTable::bulk_defaults();
    const PolicyTable direct = PolicyTable::direct_defaults();
    for (const Row& row : kRows) {
        CAPTURE(wire_name(row.name));
        CHECK(bulk[row.name] == row.bulk);
        CHECK(direct[row.name] == row.direct);
    }
}

TEST_CASE("a policy table changes at one finding only") {
    PolicyTable table = PolicyTable::direct_defaults();
    table.set(terms::FindingName::NullMx, PolicyAction::Defer);
    CHECK(table[terms::FindingName::NullMx] == PolicyAction::Defer);
    CHECK(table[terms::FindingName::NoMailHost] == PolicyAction::Reject);
    CHECK(table != PolicyTable::direct_defaults());
}

}  // namespace holdback::config
