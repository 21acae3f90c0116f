// SPDX-License-Identifier: Apache-2.0
#include "terms/finding.hpp"

#include "core/wire_names.hpp"

#include <optional>
#include <string_view>
#include <utility>

namespace holdback::terms {

std::string_view wire_name(FindingName name) {
    switch (name) {
        case FindingName::MalformedAddress:
            return "malformed-address";
        case FindingName::UnusualAddress:
            return "unusual-address";
        case FindingName::NoSuchDomain:
            return "no-such-domain";
        case FindingName::NoMailHost:
            return "no-mail-host";
        case FindingName::NullMx:
            return "null-mx";
        case FindingName::ReservedDomain:
            return "reserved-domain";
        case FindingName::UnusableMx:
            return "unusable-mx";
        case FindingName::MisspelledDomain:
            return "misspelled-domain";
        case FindingName::SuppressedBounce:
            return "suppressed-bounce";
        case FindingName::SuppressedComplaint:
            return "suppressed-complaint";
        case FindingName::SuppressedUnsubscribe:
            return "suppressed-unsubscribe";
        case FindingName::SuppressedManual:
            return "suppressed-manual";
        case FindingName::BlockedByAdmin:
            return "blocked-by-admin";
        case FindingName::AlreadySent:
            return "already-sent";
        case FindingName::CampaignStopped:
            return "campaign-stopped";
        case FindingName::RoleAddress:
            return "role-address";
        case FindingName::DisposableDomain:
            return "disposable-domain";
        case FindingName::MissingUnsubscribe:
            return "missing-unsubscribe";
        case FindingName::ForeignFrom:
            return "foreign-from";
        case FindingName::MissingSignature:
            return "missing-signature";
        case FindingName::MissingPlainText:
            return "missing-plain-text";
        case FindingName::UnusableReplyTo:
            return "unusable-reply-to";
        case FindingName::UnresolvedDomain:
            return "unresolved-domain";
    }
    std::unreachable();
}

std::string_view wire_name(Certainty certainty) {
    switch (certainty) {
        case Certainty::None:
            return "none";
        case Certainty::Hint:
            return "hint";
        case Certainty::Likely:
            return "likely";
        case Certainty::Certain:
            return "certain";
    }
    std::unreachable();
}

bool sender_may_release(FindingName name) {
    return name != FindingName::BlockedByAdmin && name != FindingName::MalformedAddress;
}

std::optional<FindingName> parse_finding_name(std::string_view name) {
    return core::find_wire_name(kAllFindings, name);
}

}  // namespace holdback::terms
