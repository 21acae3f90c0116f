// SPDX-License-Identifier: Apache-2.0
#include "config/policy.hpp"

#include "core/wire_names.hpp"
#include "terms/finding.hpp"

#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace holdback::config {

namespace {

using terms::FindingName;

/// What is the same in both streams.
void set_common(PolicyTable& table) {
    table.set(FindingName::MalformedAddress, PolicyAction::Reject);
    table.set(FindingName::UnusualAddress, PolicyAction::Pass);
    table.set(FindingName::BlockedByAdmin, PolicyAction::Reject);
    table.set(FindingName::RoleAddress, PolicyAction::Pass);
    table.set(FindingName::DisposableDomain, PolicyAction::Pass);
    table.set(FindingName::UnresolvedDomain, PolicyAction::Pass);
}

}  // namespace

std::string_view wire_name(PolicyAction action) {
    switch (action) {
        case PolicyAction::Pass:
            return "pass";
        case PolicyAction::Tag:
            return "tag";
        case PolicyAction::Hold:
            return "hold";
        case PolicyAction::Defer:
            return "defer";
        case PolicyAction::Reject:
            return "reject";
    }
    std::unreachable();
}

std::optional<PolicyAction> parse_policy_action(std::string_view name) {
    return core::find_wire_name(std::array{PolicyAction::Pass,
                                           PolicyAction::Tag,
                                           PolicyAction::Hold,
                                           PolicyAction::Defer,
                                           PolicyAction::Reject},
                                name);
}

PolicyTable PolicyTable::bulk_defaults() {
    PolicyTable table;
    set_common(table);
    for (const FindingName name : {FindingName::NoSuchDomain,
                                   FindingName::NoMailHost,
                                   FindingName::NullMx,
                                   FindingName::ReservedDomain,
                                   FindingName::UnusableMx,
                                   FindingName::MisspelledDomain,
                                   FindingName::SuppressedBounce,
                                   FindingName::SuppressedComplaint,
                                   FindingName::SuppressedUnsubscribe,
                                   FindingName::SuppressedManual,
                                   FindingName::AlreadySent,
                                   FindingName::CampaignStopped}) {
        table.set(name, PolicyAction::Hold);
    }
    for (const FindingName name : {FindingName::MissingUnsubscribe,
                                   FindingName::ForeignFrom,
                                   FindingName::MissingSignature,
                                   FindingName::MissingPlainText,
                                   FindingName::UnusableReplyTo}) {
        table.set(name, PolicyAction::Tag);
    }
    return table;
}

PolicyTable PolicyTable::direct_defaults() {
    PolicyTable table;
    set_common(table);
    for (const FindingName name : {FindingName::NoSuchDomain,
                                   FindingName::NoMailHost,
                                   FindingName::NullMx,
                                   FindingName::ReservedDomain,
                                   FindingName::SuppressedBounce,
                                   FindingName::SuppressedManual}) {
        table.set(name, PolicyAction::Reject);
    }
    table.set(FindingName::UnusableMx, PolicyAction::Tag);
    table.set(FindingName::MisspelledDomain, PolicyAction::Tag);
    table.set(FindingName::SuppressedComplaint, PolicyAction::Tag);
    for (const FindingName name : {FindingName::SuppressedUnsubscribe,
                                   FindingName::AlreadySent,
                                   FindingName::CampaignStopped,
                                   FindingName::MissingUnsubscribe,
                                   FindingName::ForeignFrom,
                                   FindingName::MissingSignature,
                                   FindingName::MissingPlainText,
                                   FindingName::UnusableReplyTo}) {
        table.set(name, PolicyAction::Pass);
    }
    return table;
}

}  // namespace holdback::config
