// SPDX-License-Identifier: Apache-2.0
#pragma once
// Facts about one recipient -> findings.

#include "config/policy.hpp"
#include "config/settings.hpp"
#include "core/clock.hpp"
#include "limits/over_limit.hpp"
#include "mail/envelope.hpp"
#include "mail/smtp_reply.hpp"
#include "outbound/lookalike.hpp"
#include "outbound/mail_route.hpp"
#include "terms/failure_code.hpp"
#include "terms/finding.hpp"
#include "terms/suppression.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace holdback::outbound {

/// A campaign that was stopped: nobody else gets it.
struct StoppedCampaign {
    std::string name;
    std::uint64_t recipients = 0;  ///< so far
    std::uint64_t bad = 0;

    bool operator==(const StoppedCampaign&) const = default;
};

/// The facts about one recipient at the time of the decision. They are recorded: the same facts
/// give the same findings later.
struct RecipientFacts {
    mail::RecipientSyntax syntax;
    /// The route of the domain; nullopt when it was not looked up: malformed address, reserved
    /// domain, or offline.
    std::optional<MailRoute> route;
    /// An allow entry of the suppression store covers the recipient.
    bool allowed_by_store = false;
    /// The suppression entry in force that decides, for the mailbox or for its domain.
    std::optional<terms::SuppressionEntry> suppression;
    /// The `Address::key()` of the mailbox without the tag of the recipient's address, when the
    /// store was asked about it too; empty otherwise.
    std::string mailbox;
    /// `suppression` is the entry of `mailbox`.
    bool suppressed_as_mailbox = false;
    /// A server of the domain has taken mail lately. Looked up only for a `suspected_misspelling`.
    bool domain_took_mail = false;
    /// The administrator's lists have it.
    bool is_role = false;
    bool is_disposable = false;
    /// The time when the recipient got the same campaign; nullopt when not within `[bulk]
    /// repeat_window`.
    std::optional<core::TimePoint> sent_at = std::nullopt;
    /// The campaign of the message, when it is stopped.
    std::optional<StoppedCampaign> stopped = std::nullopt;
    /// The limit that had no room for the recipient. Asked last, for those who would get the mail.
    std::optional<limits::OverLimit> over_limit = std::nullopt;
};

/// One thing found out about a recipient.
struct Finding {
    terms::FindingName name;
    std::optional<terms::FailureCode> code;  ///< the expected failure
    terms::Certainty certainty;
    std::string reason;      ///< one clause in plain words: "the domain x.example does not exist"
    std::string advice;      ///< one clause: "check the spelling of the domain"
    std::string suggestion;  ///< the address that was probably meant, or empty
    /// The facts behind it may not apply to this recipient, so it can at most tag.
    bool only_tags = false;
    /// What to do, where the policy does not say it.
    std::optional<config::PolicyAction> action = std::nullopt;
    bool in_shadow = false;  ///< as if it stood in `[policy] shadow`

    bool operator==(const Finding&) const = default;
};

/// A finding with this reason; its row of the table gives the rest.
[[nodiscard]] Finding finding_of(terms::FindingName name, std::string reason);

/// True when an allow entry, of the settings or of the store, covers the recipient.
[[nodiscard]] bool is_allowed(const RecipientFacts& facts, const config::Settings& settings);

/// The provider's domain of which the recipient's is probably a misspelling: a common misspelling,
/// or a near one whose route takes no mail. A domain that has taken mail before is no misspelling,
/// but the caller checks that.
[[nodiscard]] std::optional<Lookalike> suspected_misspelling(const RecipientFacts& facts,
                                                             const config::Settings& settings);

/// All findings about a recipient, in the order of `FindingName`. An allow entry of the settings or
/// the store leaves none; no entry covers a malformed address.
[[nodiscard]] std::vector<Finding> findings(const RecipientFacts& facts,
                                            const config::Settings& settings);

/// True when DNS has to be asked about this recipient: the address is valid, and its domain is
/// neither a literal nor local nor reserved by the settings.
[[nodiscard]] bool needs_route(const mail::Recipient& recipient, const config::Settings& settings);

/// The SMTP reply that refuses a recipient with this finding: code, enhanced status, reason and
/// advice.
[[nodiscard]] mail::SmtpReply rejection(const Finding& finding);
/// The same as a temporary reply (450).
[[nodiscard]] mail::SmtpReply deferral(const Finding& finding);

}  // namespace holdback::outbound
