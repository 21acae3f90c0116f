// SPDX-License-Identifier: Apache-2.0
#pragma once
// The findings about a recipient or a message, and all that is said and done about each: one row
// each.

#include "core/enum_rows.hpp"
#include "terms/failure_code.hpp"
#include "terms/policy_action.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace holdback::terms {

/// In the order of reports. Where several ask for the same action, the first one is the reason.
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
    MissingUnsubscribe,
    ForeignFrom,
    UnalignedFrom,
    MissingSignature,
    MissingPlainText,
    UnusableReplyTo,
    UnresolvedDomain,  ///< stays the last of those with a policy: nothing was found out
    OverLimit,         ///< a limit of the sender is reached, which says what to do; the last
};

inline constexpr auto kAllFindings = core::all_up_to<FindingName::OverLimit>();
/// Those for which `[policy]` has an action.
inline constexpr auto kPolicyFindings = core::all_up_to<FindingName::UnresolvedDomain>();

/// How sure a finding is that mail would fail.
enum class Certainty : std::uint8_t { None, Hint, Likely, Certain };

/// Whether mail that is sent all the same would come back.
enum class Foretells : std::uint8_t { Nothing, Bounce };

/// The thing that a finding is about.
enum class Concern : std::uint8_t {
    Address,   ///< the recipient, whatever is sent there
    Domain,    ///< its domain: nobody there gets mail
    Lists,     ///< the recipient's wish about mail of lists
    Campaign,  ///< what else was sent
    Message,   ///< the message, equally for each of its recipients
};

/// The place where the cause of a finding can go away while mail is held for it.
enum class Cause : std::uint8_t {
    Stays,
    Dns,
    Entry,     ///< in the suppression list
    Settings,  ///< in what the administrator allows and blocks
    Limit,     ///< in what the sender has sent: time opens the limit again
};

/// Those who may release mail that is held for a finding. `Sender`: its sender too, by an answer or
/// an override. `Admin`: only the administrator.
enum class Releaser : std::uint8_t { Sender, Admin };

/// The reply code and the enhanced status of a refusal.
struct RefusalCode {
    int reply = 550;
    std::string_view status = "5.7.1";
};

/// One finding. A row leaves out the values that most findings have.
struct FindingRow {
    FindingName name;
    std::string_view wire_name;  ///< kebab-case: "no-such-domain"
    /// The failure to expect. For suppressed recipients, the entry has the code.
    std::optional<FailureCode> code = std::nullopt;
    Certainty certainty = Certainty::Hint;
    Foretells foretells = Foretells::Nothing;
    PolicyAction bulk = PolicyAction::Pass;    ///< the default of `[policy.bulk]`
    PolicyAction direct = PolicyAction::Pass;  ///< the default of `[policy.direct]`
    RefusalCode refusal = {};
    Concern concern = Concern::Address;
    Cause cause = Cause::Stays;
    Releaser releaser = Releaser::Sender;
    std::string_view meaning;  ///< for people, in a few words: "the domain does not exist"
    /// The advice to the sender, one clause for replies and notices. Empty: the facts tell.
    std::string_view advice;
    /// The remedy, for people who look the finding up; empty: the advice.
    std::string_view remedy;
};

[[nodiscard]] const FindingRow& row_of(FindingName name);

/// False for mail that its sender can't release: to recipients that the administrator blocked, and
/// to addresses that no server would take.
[[nodiscard]] bool sender_may_release(FindingName name);

[[nodiscard]] std::string_view wire_name(FindingName name);
[[nodiscard]] std::string_view wire_name(Certainty certainty);
[[nodiscard]] std::optional<FindingName> parse_finding_name(std::string_view name);

}  // namespace holdback::terms
