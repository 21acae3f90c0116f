// SPDX-License-Identifier: Apache-2.0
#include "report/what_if.hpp"

#include "config/settings.hpp"
#include "outbound/findings.hpp"
#include "outbound/plan.hpp"
#include "outbound/verdict.hpp"
#include "replay/recorded.hpp"
#include "replay/replay.hpp"
#include "terms/finding.hpp"
#include "terms/policy_action.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace holdback::report {

namespace {

using replay::NotRecorded;
using replay::ReplayedVerdict;
using terms::PolicyAction;

constexpr std::size_t kMostExamples = 3;

std::size_t index_of(PolicyAction action) {
    return static_cast<std::size_t>(action);
}

/// A verdict for `plan`; its texts are placeholders that nobody reads.
outbound::Verdict plain_verdict(PolicyAction action) {
    return {.action = action,
            .finding = outbound::Finding{.name = terms::FindingName::BlockedByAdmin,
                                         .code = std::nullopt,
                                         .certainty = terms::Certainty::Certain,
                                         .reason = "recorded",
                                         .advice = "none",
                                         .suggestion = {}},
            .shadowed = action};
}

MessageCourse course_of(std::span<const outbound::Verdict> verdicts,
                        const outbound::Telling& telling) {
    const outbound::MessagePlan plan = outbound::plan(verdicts, telling);
    if (std::holds_alternative<outbound::PassAll>(plan.what)) {
        return MessageCourse::Passed;
    }
    return std::holds_alternative<outbound::Refuse>(plan.what) ? MessageCourse::Refused
                                                               : MessageCourse::Split;
}

}  // namespace

std::size_t Ends::all() const {
    return std::accumulate(by_end.begin(), by_end.end(), std::size_t{0});
}

Ends& Ends::operator+=(const Ends& other) {
    std::ranges::transform(by_end, other.by_end, by_end.begin(), std::plus<>());
    return *this;
}

VerdictChange WhatIf::change_of(const replay::RecordedRecipient& recipient,
                                const ReplayedVerdict& now) {
    return {.before = {.action = recipient.action, .reason = recipient.reason}, .after = now};
}

void WhatIf::add(const replay::RecordedMessage& message,
                 std::span<const replay::Replayed> answers,
                 std::span<const KnownEnd> ends,
                 const config::Settings& settings) {
    ++messages_;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const replay::RecordedRecipient& recipient = message.recipients.at(i);
        if (const auto* missing = std::get_if<NotRecorded>(&answers[i])) {
            ++not_recorded_[missing->what];
            continue;
        }
        ++replayed_;
        in_shadow_ += message.mode == config::Mode::Shadow ? 1U : 0U;
        VerdictChange change = change_of(recipient, std::get<ReplayedVerdict>(answers[i]));
        ++before_.at(index_of(change.before.action));
        ++after_.at(index_of(change.after.action));
        if (!change.is_one()) {
            continue;
        }
        ++changed_;
        const KnownEnd end = i < ends.size() ? ends[i] : KnownEnd::Unknown;
        ChangeGroup& group = groups_[{std::string(wire_name(change.before.action)),
                                      change.before.reason,
                                      std::string(wire_name(change.after.action)),
                                      change.after.reason}];
        group.change = change;
        group.ends.add(end);
        // A recipient of every newsletter is one example.
        if (group.examples.size() < kMostExamples &&
            std::ranges::find(group.examples, recipient.address, &ChangedRecipient::address) ==
                group.examples.end()) {
            group.examples.push_back({.at = message.at,
                                      .queue_id = message.queue_id,
                                      .sender = message.sender_text(),
                                      .address = recipient.address,
                                      .change = std::move(change),
                                      .end = end});
        }
    }
    add_courses(message, answers, settings);
}

void WhatIf::add_courses(const replay::RecordedMessage& message,
                         std::span<const replay::Replayed> answers,
                         const config::Settings& settings) {
    std::vector<outbound::Verdict> before;
    std::vector<outbound::Verdict> after;
    before.reserve(answers.size());
    after.reserve(answers.size());
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const auto* now = std::get_if<ReplayedVerdict>(&answers[i]);
        if (now == nullptr) {
            return;
        }
        before.push_back(plain_verdict(message.recipients.at(i).action));
        after.push_back(plain_verdict(now->action));
    }
    if (before.empty() || message.decided_at == replay::DecidedAt::Recipient) {
        return;
    }
    const auto now = replay::telling_now(message, settings);
    if (!now.has_value()) {
        return;
    }
    ++course_before_.at(static_cast<std::size_t>(course_of(before, replay::telling_then(message))));
    ++course_after_.at(static_cast<std::size_t>(course_of(after, *now)));
}

std::vector<ChangeGroup> WhatIf::groups() const {
    std::vector<ChangeGroup> groups;
    groups.reserve(groups_.size());
    for (const auto& [key, group] : groups_) {
        groups.push_back(group);
    }
    std::ranges::stable_sort(
        groups, std::greater<>(), [](const ChangeGroup& group) { return group.ends.all(); });
    return groups;
}

std::string_view wire_name(KnownEnd end) {
    switch (end) {
        case KnownEnd::Unknown:
            return "unknown";
        case KnownEnd::Delivered:
            return "delivered";
        case KnownEnd::Deferred:
            return "deferred";
        case KnownEnd::Bounced:
            return "bounced";
    }
    std::unreachable();
}

std::string_view wire_name(MessageCourse course) {
    switch (course) {
        case MessageCourse::Passed:
            return "passed";
        case MessageCourse::Split:
            return "split";
        case MessageCourse::Refused:
            return "refused";
    }
    std::unreachable();
}

}  // namespace holdback::report
