// SPDX-License-Identifier: Apache-2.0
#pragma once
// Turns findings and policy into one verdict per recipient.

#include "config/policy.hpp"
#include "config/settings.hpp"
#include "mail/smtp_reply.hpp"
#include "outbound/bulk.hpp"
#include "outbound/findings.hpp"
#include "terms/finding.hpp"

#include <optional>
#include <span>
#include <vector>

namespace holdback::outbound {

/// The action for one recipient, and the finding that decided it.
struct Verdict {
    config::PolicyAction action = config::PolicyAction::Pass;
    /// The finding with the gravest action. The first finding when all are in shadow; nullopt when
    /// there is none.
    std::optional<Finding> finding;
    /// The action if no finding were in shadow.
    config::PolicyAction shadowed = config::PolicyAction::Pass;
    /// All findings with the action tag, whatever decided.
    std::vector<terms::FindingName> tags;
    /// The recipient would have been held, but the sender overrode that.
    bool overridden = false;
};

/// The action of the policy for a finding. The bulk table applies to bulk mail only, and not
/// always: for unsubscribes and complaints the message must be sent to a list, for findings about
/// the message to many. A letter to one person concerns neither, so the direct table applies.
[[nodiscard]] config::PolicyAction action_for(terms::FindingName name,
                                              Stream stream,
                                              SentTo sent_to,
                                              const config::PolicySettings& policy);

/// The verdict on a recipient's findings, each by `action_for`. Findings in `[policy] shadow` count
/// for `shadowed` alone.
[[nodiscard]] Verdict judge(std::span<const Finding> found,
                            Stream stream,
                            const config::PolicySettings& policy,
                            SentTo sent_to = SentTo::List);

/// The reply for a recipient who is rejected or deferred; nullopt for all others.
[[nodiscard]] std::optional<mail::SmtpReply> refusal(const Verdict& verdict);

}  // namespace holdback::outbound
