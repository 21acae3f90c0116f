// SPDX-License-Identifier: Apache-2.0
#pragma once
// Findings and policy -> one verdict per recipient.

#include "config/policy.hpp"
#include "config/settings.hpp"
#include "mail/smtp_reply.hpp"
#include "outbound/bulk.hpp"
#include "outbound/findings.hpp"
#include "terms/finding.hpp"

#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace holdback::outbound {

/// What is done about one recipient, and the finding that decided it.
struct Verdict {
    config::PolicyAction action = config::PolicyAction::Pass;
    /// The gravest finding by what the policy does about it; nullopt when there is none at all.
    std::optional<Finding> finding;
    /// What the policy would have done had the finding not been put in shadow; equals `action`
    /// otherwise.
    config::PolicyAction shadowed = config::PolicyAction::Pass;
    /// All findings that the policy only tags, whatever decided.
    std::vector<terms::FindingName> tags;
    /// The recipient would have been held, but the sender overrode that.
    bool overridden = false;
};

/// What the policy does about a finding in mail of this stream. Who unsubscribed from a list or
/// complained about it did so of no letter, and a letter needs nothing of what a message to many
/// needs: for these wishes the policy for direct mail holds unless the message is sent to a list,
/// for findings about the message unless it is sent to many.
[[nodiscard]] config::PolicyAction action_for(terms::FindingName name,
                                              Stream stream,
                                              SentTo sent_to,
                                              const config::PolicySettings& policy);

/// The policy's word on a recipient's findings, each by `action_for`. Findings listed in
/// `[policy] shadow` count for `shadowed` alone.
[[nodiscard]] Verdict judge(std::span<const Finding> found,
                            Stream stream,
                            const config::PolicySettings& policy,
                            SentTo sent_to = SentTo::List);

/// What the client is told about a recipient who is rejected or deferred; nullopt for the others.
[[nodiscard]] std::optional<mail::SmtpReply> refusal(const Verdict& verdict);

}  // namespace holdback::outbound
