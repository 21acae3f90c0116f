// SPDX-License-Identifier: Apache-2.0
#pragma once
// Facts about one recipient -> findings.

#include "config/settings.hpp"
#include "core/clock.hpp"
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

/// A campaign that goes to nobody else.
struct StoppedCampaign {
    std::string name;
    std::uint64_t recipients = 0;  ///< so far
    std::uint64_t bad = 0;

    bool operator==(const StoppedCampaign&) const = default;
};

/// What is known about one recipient when it is decided upon. A recorded value: the same facts give
/// the same findings tomorrow.
struct RecipientFacts {
    mail::RecipientSyntax syntax;
    /// The route of the domain; nullopt when it was not asked: malformed and reserved ones,
    /// offline.
    std::optional<MailRoute> route;
    /// An allow entry of the suppression store covers the recipient.
    bool allowed_by_store = false;
    /// The entry in force that decides: for the mailbox, or for its domain.
    std::optional<terms::SuppressionEntry> suppression;
    /// The mailbox that the recipient's address reaches by a tag, where the store was asked about
    /// that too: its `Address::key()`; empty otherwise.
    std::string mailbox;
    /// `suppression` is that of `mailbox`.
    bool suppressed_as_mailbox = false;
    /// A server of the domain has taken mail lately, as far as this was asked: see
    /// `suspected_misspelling`.
    bool domain_took_mail = false;
    /// On the administrator's lists.
    bool is_role = false;
    bool is_disposable = false;
    /// When the recipient got the same campaign, where that was within `[bulk] repeat_window`.
    std::optional<core::TimePoint> sent_at = std::nullopt;
    /// The campaign of the message as it was stopped.
    std::optional<StoppedCampaign> stopped = std::nullopt;
};

/// One thing that was found out about a recipient.
struct Finding {
    terms::FindingName name;
    std::optional<terms::FailureCode> code;  ///< the failure that is to be expected
    terms::Certainty certainty;
    std::string reason;      ///< one clause in plain words: "the domain x.example does not exist"
    std::string advice;      ///< one clause: "check the spelling of the domain"
    std::string suggestion;  ///< an address that may have been meant, or empty
    /// It rests on what may not count for this recipient, and does no more than tag.
    bool only_tags = false;

    bool operator==(const Finding&) const = default;
};

/// The finding for this reason, with what its row tells of it.
[[nodiscard]] Finding finding_of(terms::FindingName name, std::string reason);

/// True when an allow entry, of the settings or of the store, covers the recipient.
[[nodiscard]] bool is_allowed(const RecipientFacts& facts, const config::Settings& settings);

/// The provider's domain that the recipient's is probably a misspelling of, as long as it has not
/// taken mail before: near one and without mail route, or a common misspelling. The route counts
/// where it is known.
[[nodiscard]] std::optional<Lookalike> suspected_misspelling(const RecipientFacts& facts,
                                                             const config::Settings& settings);

/// All findings about a recipient, in the order of `FindingName`. An allow entry, of the settings
/// or of the store, stands above everything and leaves none.
[[nodiscard]] std::vector<Finding> findings(const RecipientFacts& facts,
                                            const config::Settings& settings);

/// True when DNS has to be asked about this recipient: it parses, is no literal, and is neither
/// local nor reserved by the settings.
[[nodiscard]] bool needs_route(const mail::Recipient& recipient, const config::Settings& settings);

/// The SMTP reply by which a recipient with this finding is refused: code, enhanced status, reason
/// and remedy.
[[nodiscard]] mail::SmtpReply rejection(const Finding& finding);
/// The same for a temporary answer (450).
[[nodiscard]] mail::SmtpReply deferral(const Finding& finding);

}  // namespace holdback::outbound
