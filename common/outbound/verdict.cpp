// SPDX-License-Identifier: Apache-2.0
#include "outbound/verdict.hpp"

#include "config/policy.hpp"
#include "config/settings.hpp"
#include "mail/smtp_reply.hpp"
#include "outbound/bulk.hpp"
#include "outbound/findings.hpp"
#include "terms/finding.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

namespace holdback::outbound {

namespace {

/// The bulk table applies to this finding only if the message addresses at least this.
SentTo bulk_from(terms::FindingName name) {
    switch (terms::row_of(name).concern) {
        case terms::Concern::Lists:
            return SentTo::List;
        case terms::Concern::Message:
            // A receipt needs no List-Unsubscribe, however many of its kind are sent.
            return SentTo::Many;
        case terms::Concern::Address:
        case terms::Concern::Domain:
        case terms::Concern::Campaign:
            return SentTo::Person;
    }
    std::unreachable();
}

}  // namespace

config::PolicyAction action_for(terms::FindingName name,
                                Stream stream,
                                SentTo sent_to,
                                const config::PolicySettings& policy) {
    const bool is_bulk = stream == Stream::Bulk && sent_to >= bulk_from(name);
    return (is_bulk ? policy.bulk : policy.direct)[name];
}

Verdict judge(std::span<const Finding> found,
              Stream stream,
              const config::PolicySettings& policy,
              SentTo sent_to) {
    Verdict verdict;
    bool decided = false;
    for (const Finding& finding : found) {
        const config::PolicyAction by_policy =
            finding.action.value_or(action_for(finding.name, stream, sent_to, policy));
        const config::PolicyAction action =
            finding.only_tags ? std::min(by_policy, config::PolicyAction::Tag) : by_policy;
        verdict.shadowed = std::max(verdict.shadowed, action);
        if (finding.in_shadow ||
            std::ranges::find(policy.shadow, finding.name) != policy.shadow.end()) {
            continue;
        }
        if (action == config::PolicyAction::Tag) {
            verdict.tags.push_back(finding.name);
        }
        if (!decided || action > verdict.action) {
            verdict.action = action;
            verdict.finding = finding;
            decided = true;
        }
    }
    if (!decided && !found.empty()) {
        verdict.finding = found.front();
    }
    return verdict;
}

std::optional<mail::SmtpReply> refusal(const Verdict& verdict) {
    if (!verdict.finding.has_value()) {
        return std::nullopt;
    }
    if (verdict.action == config::PolicyAction::Reject) {
        return rejection(*verdict.finding);
    }
    if (verdict.action == config::PolicyAction::Defer) {
        return deferral(*verdict.finding);
    }
    return std::nullopt;
}

}  // namespace holdback::outbound
