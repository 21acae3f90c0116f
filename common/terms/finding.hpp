// SPDX-License-Identifier: Apache-2.0
#pragma once
// The names of what can be found out about a recipient: in logs, settings and stores.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace holdback::terms {

enum class FindingName : std::uint8_t {
    MalformedAddress,
    UnusualAddress,
    NoSuchDomain,
    NoMailHost,
    NullMx,
    ReservedDomain,
    UnusableMx,
    MisspelledDomain,
    SuppressedBounce,
    SuppressedComplaint,
    SuppressedUnsubscribe,
    SuppressedManual,
    BlockedByAdmin,
    AlreadySent,      ///< the recipient got this campaign lately
    CampaignStopped,  ///< too many recipients of this campaign are bad
    RoleAddress,
    DisposableDomain,
    MissingUnsubscribe,  ///< from here on: about the message, found for each recipient alike
    ForeignFrom,
    MissingSignature,
    MissingPlainText,
    UnusableReplyTo,
    UnresolvedDomain,
};

inline constexpr std::array kAllFindings{
    FindingName::MalformedAddress,
    FindingName::UnusualAddress,
    FindingName::NoSuchDomain,
    FindingName::NoMailHost,
    FindingName::NullMx,
    FindingName::ReservedDomain,
    FindingName::UnusableMx,
    FindingName::MisspelledDomain,
    FindingName::SuppressedBounce,
    FindingName::SuppressedComplaint,
    FindingName::SuppressedUnsubscribe,
    FindingName::SuppressedManual,
    FindingName::BlockedByAdmin,
    FindingName::AlreadySent,
    FindingName::CampaignStopped,
    FindingName::RoleAddress,
    FindingName::DisposableDomain,
    FindingName::MissingUnsubscribe,
    FindingName::ForeignFrom,
    FindingName::MissingSignature,
    FindingName::MissingPlainText,
    FindingName::UnusableReplyTo,
    FindingName::UnresolvedDomain,
};

/// How sure a finding is that mail would fail.
enum class Certainty : std::uint8_t { None, Hint, Likely, Certain };

/// kebab-case: "no-such-domain".
[[nodiscard]] std::string_view wire_name(FindingName name);
[[nodiscard]] std::string_view wire_name(Certainty certainty);
[[nodiscard]] std::optional<FindingName> parse_finding_name(std::string_view name);

/// False for what the sender of the mail can't release, by an answer or an override: what the
/// administrator blocked, and what is no address that a server would take.
[[nodiscard]] bool sender_may_release(FindingName name);

}  // namespace holdback::terms
