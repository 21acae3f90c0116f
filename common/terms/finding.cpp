// SPDX-License-Identifier: Apache-2.0
#include "terms/finding.hpp"

#include "core/enum_rows.hpp"
#include "core/wire_names.hpp"
#include "terms/failure_code.hpp"
#include "terms/policy_action.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace holdback::terms {

namespace {

constexpr FailureCode kSenderNotPermitted{6002};
constexpr FailureCode kAlreadySent{6012};
constexpr FailureCode kSenderLimitReached{6003};
constexpr std::string_view kCheckDomain = "check the part of the address behind the @";

constexpr std::array<FindingRow, kAllFindings.size()> kRows{{
    {.name = FindingName::MalformedAddress,
     .wire_name = "malformed-address",
     .code = kAddressMalformed,
     .certainty = Certainty::Certain,
     .foretells = Foretells::Bounce,
     .bulk = PolicyAction::Reject,
     .direct = PolicyAction::Reject,
     .refusal = {553, "5.1.3"},
     .releaser = Releaser::Admin,
     .meaning = "the address violates the grammar",
     .advice = "correct the address"},
    {.name = FindingName::UnusualAddress,
     .wire_name = "unusual-address",
     .refusal = {553, "5.1.3"},
     .meaning = "an unusual address",
     .advice = "check the address"},
    {.name = FindingName::NoSuchDomain,
     .wire_name = "no-such-domain",
     .code = kDomainInvalid,
     .certainty = Certainty::Certain,
     .foretells = Foretells::Bounce,
     .bulk = PolicyAction::Hold,
     .direct = PolicyAction::Reject,
     .refusal = {550, "5.1.2"},
     .concern = Concern::Domain,
     .cause = Cause::Dns,
     .meaning = "the domain does not exist",
     .advice = kCheckDomain},
    {.name = FindingName::NoMailHost,
     .wire_name = "no-mail-host",
     .code = kDomainInvalid,
     .certainty = Certainty::Certain,
     .foretells = Foretells::Bounce,
     .bulk = PolicyAction::Hold,
     .direct = PolicyAction::Reject,
     .refusal = {550, "5.1.2"},
     .concern = Concern::Domain,
     .cause = Cause::Dns,
     .meaning = "the domain has no mail server",
     .advice = kCheckDomain},
    {.name = FindingName::NullMx,
     .wire_name = "null-mx",
     .code = kDomainInvalid,
     .certainty = Certainty::Certain,
     .foretells = Foretells::Bounce,
     .bulk = PolicyAction::Hold,
     .direct = PolicyAction::Reject,
     .refusal = {556, "5.1.10"},
     .concern = Concern::Domain,
     .cause = Cause::Dns,
     .meaning = "the domain states that it takes no mail",
     .advice = kCheckDomain},
    {.name = FindingName::ReservedDomain,
     .wire_name = "reserved-domain",
     .code = kDomainInvalid,
     .certainty = Certainty::Certain,
     .foretells = Foretells::Bounce,
     .bulk = PolicyAction::Hold,
     .direct = PolicyAction::Reject,
     .refusal = {550, "5.1.2"},
     .concern = Concern::Domain,
     .meaning = "the domain is reserved and takes no mail",
     .advice = kCheckDomain},
    {.name = FindingName::UnusableMx,
     .wire_name = "unusable-mx",
     .code = kDomainInvalid,
     .certainty = Certainty::Likely,
     .foretells = Foretells::Bounce,
     .bulk = PolicyAction::Hold,
     .direct = PolicyAction::Tag,
     .refusal = {550, "5.4.4"},
     .concern = Concern::Domain,
     .cause = Cause::Dns,
     .meaning = "no mail server of the domain can be reached",
     .advice = kCheckDomain},
    {.name = FindingName::MisspelledDomain,
     .wire_name = "misspelled-domain",
     .code = kDomainInvalid,
     .certainty = Certainty::Likely,
     .foretells = Foretells::Bounce,
     .bulk = PolicyAction::Hold,
     .direct = PolicyAction::Tag,
     .refusal = {550, "5.1.2"},
     .cause = Cause::Dns,
     .meaning = "the domain looks misspelled",
     .advice = "",
     .remedy = "correct the domain as suggested, or release the mail if it is meant so"},
    {.name = FindingName::SuppressedBounce,
     .wire_name = "suppressed-bounce",
     .certainty = Certainty::Likely,
     .foretells = Foretells::Bounce,
     .bulk = PolicyAction::Hold,
     .direct = PolicyAction::Reject,
     .cause = Cause::Entry,
     .meaning = "mail to it bounced before",
     .advice = "ask the recipient for a working address",
     .remedy = "ask the recipient for a working address, or lift the suppression"},
    {.name = FindingName::SuppressedComplaint,
     .wire_name = "suppressed-complaint",
     .certainty = Certainty::Likely,
     .bulk = PolicyAction::Hold,
     .direct = PolicyAction::Tag,
     .concern = Concern::Lists,
     .cause = Cause::Entry,
     .meaning = "the recipient complained",
     .advice = "take the recipient off the list"},
    {.name = FindingName::SuppressedUnsubscribe,
     .wire_name = "suppressed-unsubscribe",
     .certainty = Certainty::Likely,
     .bulk = PolicyAction::Hold,
     .concern = Concern::Lists,
     .cause = Cause::Entry,
     .meaning = "the recipient unsubscribed",
     .advice = "take the recipient off the list"},
    {.name = FindingName::SuppressedManual,
     .wire_name = "suppressed-manual",
     .certainty = Certainty::Likely,
     .bulk = PolicyAction::Hold,
     .direct = PolicyAction::Reject,
     .cause = Cause::Entry,
     .meaning = "suppressed by the administrator",
     .advice = "ask the mail administrator"},
    {.name = FindingName::BlockedByAdmin,
     .wire_name = "blocked-by-admin",
     .code = kRejectedOther,
     .certainty = Certainty::Certain,
     .bulk = PolicyAction::Reject,
     .direct = PolicyAction::Reject,
     .cause = Cause::Settings,
     .releaser = Releaser::Admin,
     .meaning = "blocked by the administrator",
     .advice = "ask the mail administrator"},
    {.name = FindingName::AlreadySent,
     .wire_name = "already-sent",
     .code = kAlreadySent,
     .certainty = Certainty::Certain,
     .bulk = PolicyAction::Hold,
     .concern = Concern::Campaign,
     .meaning = "got this campaign already",
     .advice = "nothing, unless it is to be sent twice",
     .remedy = "release it if it is to be sent twice"},
    {.name = FindingName::CampaignStopped,
     .wire_name = "campaign-stopped",
     .code = kRejectedOther,
     .certainty = Certainty::Certain,
     .bulk = PolicyAction::Hold,
     .concern = Concern::Campaign,
     .meaning = "too many recipients of the campaign are bad",
     .advice = "clean the list before you go on with the campaign",
     .remedy = "clean the list, or release the campaign to go on with it"},
    {.name = FindingName::RoleAddress,
     .wire_name = "role-address",
     .meaning = "a role, not a person",
     .advice = "check whether the role wants this mail",
     .remedy = "see whether this recipient belongs on the list"},
    {.name = FindingName::DisposableDomain,
     .wire_name = "disposable-domain",
     .meaning = "a disposable address",
     .advice = "ask the recipient for a lasting address",
     .remedy = "see whether this recipient belongs on the list"},
    {.name = FindingName::MissingUnsubscribe,
     .wire_name = "missing-unsubscribe",
     .bulk = PolicyAction::Tag,
     .concern = Concern::Message,
     .meaning = "bulk mail without a way to unsubscribe",
     .advice = "add List-Unsubscribe with an https URI, and List-Unsubscribe-Post",
     .remedy = "add List-Unsubscribe and List-Unsubscribe-Post to the mail"},
    {.name = FindingName::ForeignFrom,
     .wire_name = "foreign-from",
     .bulk = PolicyAction::Tag,
     .concern = Concern::Message,
     .meaning = "the From address is of a foreign domain",
     .advice = "name an address of an own domain in From",
     .remedy = "send from a domain of your own"},
    {.name = FindingName::UnalignedFrom,
     .wire_name = "unaligned-from",
     .code = kSenderNotPermitted,
     .concern = Concern::Message,
     .releaser = Releaser::Admin,
     .meaning = "the From address has nothing to do with the sender",
     .advice = "name an address of your own in From",
     .remedy = "name an address in From that belongs to the account, or have its domain enrolled"},
    {.name = FindingName::MissingSignature,
     .wire_name = "missing-signature",
     .bulk = PolicyAction::Tag,
     .concern = Concern::Message,
     .meaning = "the mail has no DKIM signature",
     .advice = "have it signed before it comes here",
     .remedy = "sign the mail with DKIM before it comes here"},
    {.name = FindingName::MissingPlainText,
     .wire_name = "missing-plain-text",
     .bulk = PolicyAction::Tag,
     .concern = Concern::Message,
     .meaning = "HTML without a text part",
     .advice = "send the same as text/plain beside it, in multipart/alternative",
     .remedy = "add a text part beside the HTML"},
    {.name = FindingName::UnusableReplyTo,
     .wire_name = "unusable-reply-to",
     .bulk = PolicyAction::Tag,
     .concern = Concern::Message,
     .meaning = "no answer can reach the Reply-To address",
     .advice = "name an address in Reply-To that takes mail"},
    {.name = FindingName::UnresolvedDomain,
     .wire_name = "unresolved-domain",
     .certainty = Certainty::None,
     .meaning = "DNS gave no answer",
     .advice = "nothing: the mail goes out unchecked"},
    {.name = FindingName::OverLimit,
     .wire_name = "over-limit",
     .code = kSenderLimitReached,
     .certainty = Certainty::None,
     .concern = Concern::Campaign,
     .cause = Cause::Limit,
     .releaser = Releaser::Admin,
     .meaning = "the sender has reached a limit",
     .advice = "",
     .remedy = "wait until the limit opens, or ask the mail administrator for a higher one"},
}};
static_assert(core::in_order(kRows, &FindingRow::name), "each finding has its row, in order");

}  // namespace

const FindingRow& row_of(FindingName name) {
    return kRows.at(static_cast<std::size_t>(name));
}

bool sender_may_release(FindingName name) {
    return row_of(name).releaser == Releaser::Sender;
}

std::string_view wire_name(FindingName name) {
    return row_of(name).wire_name;
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

std::optional<FindingName> parse_finding_name(std::string_view name) {
    return core::find_wire_name(kAllFindings, name);
}

}  // namespace holdback::terms
