// SPDX-License-Identifier: Apache-2.0
#include "flow/notices/sender_override.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/text.hpp"
#include "flow/notice_terms.hpp"
#include "flow/outgoing/message_decision.hpp"
#include "flow/passing_message.hpp"
#include "flow/submitting.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "outbound/plan.hpp"
#include "outbound/verdict.hpp"
#include "ports/log.hpp"
#include "ports/notice_store.hpp"
#include "report/decision.hpp"
#include "terms/finding.hpp"
#include "terms/policy_action.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::flow::notices {

namespace {

bool may_override(const PassingMessage& message) {
    const config::NoticeSettings& settings = message.settings().notice;
    return settings.enabled && message.envelope.direction == mail::Direction::Outgoing &&
           (settings.reply_by != config::ReplyBy::User || !message.who.user.empty());
}

/// Recipients for which an override matters.
std::vector<std::size_t> overridable(const outgoing::MessageDecision& decision) {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < decision.verdicts.size(); ++i) {
        const outbound::Verdict& verdict = decision.verdicts[i];
        if (verdict.action == terms::PolicyAction::Hold && verdict.finding.has_value() &&
            terms::sender_may_release(verdict.finding->name)) {
            found.push_back(i);
        }
    }
    return found;
}

}  // namespace

OverrideGrant::~OverrideGrant() {
    if (!left_) {
        giver_.take_back(std::move(line_));
    }
}

std::unique_ptr<OverrideGrant> SenderOverride::apply(const PassingMessage& message,
                                                     outgoing::MessageDecision& decision) const {
    const Submitting& who = message.who;
    const std::string value = core::to_lower(message.headers.first(kOverrideField).value_or(""));
    report::NoticeDecision line;
    line.queue_id = message.envelope.queue_id;
    line.session = who.session_id;
    line.user = who.user;
    line.sender = message.envelope.sender_text();
    line.from = line.sender;
    const std::vector<std::size_t> wanted = overridable(decision);
    line.items = wanted.size();
    if (value != "release" && value != "all") {
        line.reason = "override-value";
    } else if (!may_override(message)) {
        line.reason = "override-not-allowed";
    } else if (wanted.empty() || decision.sender_refusal.has_value() ||
               decision.trouble_answer.has_value()) {
        line.reason = "override-not-needed";
    } else {
        const auto answer = parts_.notices.spend(budget_account(who.user, line.sender),
                                                 wanted.size(),
                                                 message.settings().notice.budget,
                                                 parts_.clock.now());
        if (answer.has_value() && answer->granted) {
            line.verdict = report::NoticeVerdict::Overridden;
            for (const std::size_t i : wanted) {
                decision.verdicts[i].action = terms::PolicyAction::Pass;
                decision.verdicts[i].overridden = true;
            }
            decision.plan = outbound::plan(decision.verdicts, decision.telling());
        } else {
            line.reason = answer.has_value() ? "over-budget" : "store";
        }
    }
    report(line);
    return line.verdict == report::NoticeVerdict::Overridden
               ? std::make_unique<OverrideGrant>(*this, std::move(line))
               : nullptr;
}

void SenderOverride::take_back(report::NoticeDecision line) const {
    const auto given = parts_.notices.give_back(
        budget_account(line.user, line.sender), line.items, parts_.clock.now());
    if (!given.has_value()) {
        parts_.log.write(ports::Severity::Warning,
                         fmt::format("store: the budget of an override that was not sent stays "
                                     "spent: {}",
                                     core::log_safe(given.error().what)));
        return;
    }
    line.verdict = report::NoticeVerdict::Withdrawn;
    line.reason = "not-sent";
    report(line);
}

void SenderOverride::report(const report::NoticeDecision& line) const {
    parts_.log.write(ports::Severity::Info, report::decision_line(line));
}

}  // namespace holdback::flow::notices
