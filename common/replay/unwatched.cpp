// SPDX-License-Identifier: Apache-2.0
#include "replay/unwatched.hpp"

#include "config/policy.hpp"
#include "config/settings.hpp"
#include "outbound/bulk.hpp"
#include "replay/recorded.hpp"
#include "terms/finding.hpp"
#include "terms/policy_action.hpp"

#include <algorithm>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace holdback::replay {

using terms::FindingName;
using terms::PolicyAction;

namespace {

/// Adds the findings from list files that differ from those of that time, if the policy acts on
/// them.
void add_unseen_lists(const RecordedMessage& message,
                      outbound::Stream stream,
                      const config::PolicySettings& now,
                      std::vector<Unwatched>& all) {
    const config::PolicyTable& table = stream == outbound::Stream::Bulk ? now.bulk : now.direct;
    const auto add = [&](FindingName name, const std::string& file, const std::string& then) {
        if (!file.empty() && (!message.lists.has_value() || file != then) &&
            table[name] != PolicyAction::Pass) {
            all.push_back({.name = name,
                           .missing = "what a list of the settings said of the recipient",
                           .may_come = true,
                           .may_go = true});
        }
    };
    const ListFiles then = message.lists.value_or(ListFiles{});
    add(FindingName::RoleAddress, now.role_addresses, then.role_addresses);
    add(FindingName::DisposableDomain, now.disposable_domains, then.disposable_domains);
}

}  // namespace

std::vector<Unwatched> unwatched(const RecordedMessage& message,
                                 outbound::Stream stream,
                                 std::span<const outbound::SentTo> sent_to,
                                 const config::Settings& settings) {
    const WatchSigns now = watch_signs(stream, sent_to.back(), settings);
    const WatchSigns& then = message.watched;
    std::set<FindingName> looked_for;
    for (const outbound::SentTo to : sent_to) {
        const std::vector<FindingName> names = watch_signs(stream, to, settings).about_message;
        looked_for.insert(names.begin(), names.end());
    }
    std::vector<Unwatched> all;
    for (const FindingName name : looked_for) {
        if (std::ranges::find(then.about_message, name) == then.about_message.end()) {
            all.push_back({name, "what the policy looks for in header and body"});
        }
    }
    if (now.from_digest != 0 && now.from_digest != then.from_digest &&
        std::ranges::find(looked_for, FindingName::ForeignFrom) != looked_for.end()) {
        all.push_back({.name = FindingName::ForeignFrom,
                       .missing = "which domain From named",
                       .may_come = true,
                       .may_go = true});
    }
    if (now.enrolled_digest != then.enrolled_digest &&
        std::ranges::find(looked_for, FindingName::UnalignedFrom) != looked_for.end()) {
        all.push_back({.name = FindingName::UnalignedFrom,
                       .missing = "which address From named",
                       .may_come = true,
                       .may_go = true});
    }
    add_unseen_lists(message, stream, settings.policy, all);
    if (now.stop_above < 100) {
        const bool stops_sooner =
            now.stop_above < then.stop_above || now.stop_minimum < then.stop_minimum;
        const bool stops_later =
            now.stop_above > then.stop_above || now.stop_minimum > then.stop_minimum;
        all.push_back({.name = FindingName::CampaignStopped,
                       .missing = "how many recipients of the campaign were bad when it came",
                       .may_come = stops_sooner,
                       .may_go = stops_later});
    }
    all.push_back(
        {.name = FindingName::AlreadySent,
         .missing = "who had got the campaign before",
         .may_come = now.repeat_window > then.repeat_window,
         .may_go = now.repeat_window.count() > 0 && now.repeat_window < then.repeat_window});
    return all;
}

}  // namespace holdback::replay
