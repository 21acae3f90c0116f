// SPDX-License-Identifier: Apache-2.0
#include "outbound/plan.hpp"

#include "mail/smtp_reply.hpp"
#include "outbound/compliance.hpp"
#include "outbound/findings.hpp"
#include "outbound/verdict.hpp"
#include "terms/finding.hpp"
#include "terms/policy_action.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::outbound {

namespace {

using terms::PolicyAction;

/// The tags that all recipients of the message share, so that nobody reads about somebody else.
std::vector<std::string> tag_names(std::span<const Verdict> verdicts,
                                   const RecipientIndices& passing) {
    std::vector<std::string> names;
    if (passing.empty()) {
        return names;
    }
    for (const terms::FindingName tag : verdicts[passing.front()].tags) {
        const bool is_of_all = std::ranges::all_of(passing, [&](std::size_t i) {
            return std::ranges::find(verdicts[i].tags, tag) != verdicts[i].tags.end();
        });
        std::string name(wire_name(tag));
        if (is_of_all && std::ranges::find(names, name) == names.end()) {
            names.push_back(std::move(name));
        }
    }
    return names;
}

/// The reply for a message without remaining recipients: that of the first recipient, with their
/// number.
mail::SmtpReply reply_for_all(std::span<const Verdict> verdicts, mail::SmtpReply first) {
    const std::optional<Finding>& finding = verdicts.front().finding;
    if (verdicts.size() == 1 || (finding.has_value() && is_about_message(finding->name))) {
        return first;
    }
    const auto reply =
        mail::SmtpReply::make(first.code(),
                              first.status(),
                              fmt::format("none of the {} recipients can be reached; the first: {}",
                                          verdicts.size(),
                                          first.text()));
    return reply.value_or(std::move(first));
}

}  // namespace

MessagePlan plan(std::span<const Verdict> verdicts, const Telling& telling) {
    Split split;
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
        switch (verdicts[i].action) {
            case PolicyAction::Pass:
            case PolicyAction::Tag:
                split.pass.push_back(i);
                break;
            case PolicyAction::Hold:
                split.hold.push_back(i);
                break;
            case PolicyAction::Defer:
                split.defer.push_back(i);
                break;
            case PolicyAction::Reject:
                split.give_back.push_back(i);
                break;
        }
    }
    MessagePlan plan{PassAll{}, tag_names(verdicts, split.pass)};
    if (split.pass.size() == verdicts.size()) {
        return plan;
    }
    const bool all_alike =
        split.give_back.size() == verdicts.size() || split.defer.size() == verdicts.size();
    if (all_alike && !telling.spares_client) {
        if (auto first = refusal(verdicts.front())) {
            plan.what = Refuse{reply_for_all(verdicts, *std::move(first))};
            return plan;
        }
    }
    if (telling.untold) {
        split.hold.insert(split.hold.end(), split.give_back.begin(), split.give_back.end());
        std::ranges::sort(split.hold);
        split.give_back.clear();
    }
    split.reinject_passing =
        !split.pass.empty() && verdicts.size() - split.pass.size() > kMostDeletions;
    plan.what = std::move(split);
    return plan;
}

}  // namespace holdback::outbound
