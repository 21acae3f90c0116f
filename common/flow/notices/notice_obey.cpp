// SPDX-License-Identifier: Apache-2.0
// Does what an answer to a notice asks for, and confirms it.

#include "config/settings.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "flow/held/release_flow.hpp"
#include "flow/held/send_as.hpp"
#include "flow/notice_terms.hpp"
#include "flow/notices/notice_flow.hpp"
#include "flow/notices/notice_work.hpp"
#include "flow/own_mail.hpp"
#include "flow/snapshot.hpp"
#include "letters/compose.hpp"
#include "letters/notice.hpp"
#include "letters/notice_texts.hpp"
#include "ports/held_store.hpp"
#include "ports/notice_store.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::flow::notices {

namespace {

using What = held::ItemOutcome::What;
using letters::NoticeText;

/// The cause of what a command does, for the log and the history.
std::string cause_of(const ports::NoticeCommand& command) {
    return fmt::format("notice: answer of {}", core::printable(command.from));
}

/// Tells the budget, how much was used, and when that many can be released again.
std::string over_budget(std::size_t count,
                        const config::Rate& budget,
                        const ports::BudgetAnswer& answer,
                        std::string contact,
                        const letters::NoticeTexts& texts) {
    letters::NoticeValues values{{"count", fmt::format("{}", count)},
                                 {"budget", texts.recipients(budget.count)},
                                 {"window", texts.duration(budget.window)},
                                 {"used", fmt::format("{}", answer.used)},
                                 {"contact", std::move(contact)}};
    if (!answer.again_at.has_value()) {
        return texts.say(NoticeText::OverBudgetEver, values);
    }
    values.emplace_back("date", letters::rfc5322_date(*answer.again_at));
    return texts.say(NoticeText::OverBudget, values);
}

}  // namespace

void NoticeFlow::obey(const ports::NoticeCommand& command, const config::Settings& settings) {
    const auto found = parts_.notices.find(command.notice);
    if (!found.has_value()) {
        trouble(found.error().what);
        return;
    }
    const ports::Notice notice = found->value_or(ports::Notice{});
    const std::shared_ptr<const Snapshot> snapshot = parts_.snapshots.current();
    NoticeWork work(notice_texts(*snapshot, notice.group.sender));
    ports::HeldFilter filter;
    filter.ids = command.release;
    filter.ids.insert(filter.ids.end(), command.discard.begin(), command.discard.end());
    for (const ports::ReleaseAs& as : command.release_as) {
        filter.ids.push_back(as.item);
    }
    if (!filter.ids.empty()) {
        const auto listed = parts_.held.list(filter, [&](const ports::HeldItem& item) {
            work.items.emplace(item.recipient.id, item);
            return true;
        });
        if (!listed.has_value()) {
            trouble(listed.error().what);
            return;
        }
    }
    letters::ConfirmationFacts facts;
    facts.refused = command.refused;
    facts.remarks = command.remarks;
    const std::vector<std::int64_t> wanted =
        work.held(command.release, Wanted::Release, command.taken_at);
    if (!wanted.empty()) {
        auto outcomes =
            release(wanted, notice, settings, cause_of(command), work.texts, facts.remarks);
        if (!outcomes.has_value()) {
            trouble(outcomes.error());
            return;
        }
        // A sender who releases all items of a notice about a stopped campaign wants the campaign
        // to go on.
        if (notice.stopped && !outcomes->empty() && parts_.campaigns != nullptr &&
            command.release.size() == notice.items.size()) {
            static_cast<void>(parts_.campaigns->go_on(notice.group.campaign,
                                                      work.items.begin()->second.message.sender,
                                                      cause_of(command)));
        }
        work.note(*outcomes);
    }
    for (const ports::ReleaseAs& as : command.release_as) {
        if (!release_as(as, command, notice, settings, work, facts.remarks)) {
            return;
        }
    }
    work.note(parts_.release.discard(work.held(command.discard, Wanted::Discard, command.taken_at),
                                     cause_of(command)));
    facts.rows = work.rows(notice);
    confirm(command, notice, std::move(facts), settings, work.texts);
}

bool NoticeFlow::release_as(const ports::ReleaseAs& as,
                            const ports::NoticeCommand& command,
                            const ports::Notice& notice,
                            const config::Settings& settings,
                            NoticeWork& work,
                            std::vector<std::string>& remarks) {
    const std::vector<std::int64_t> ids =
        work.held(std::span(&as.item, 1), Wanted::Release, command.taken_at);
    if (ids.empty()) {
        return true;
    }
    const ports::HeldItem& item = work.items.at(as.item);
    std::string& outcome = work.outcomes[as.item];
    // Anybody who can answer must not be able to send the copy to any address.
    if (!core::equals_ignoring_case(item.recipient.suggestion, as.address)) {
        outcome = item.recipient.suggestion.empty()
                      ? work.texts.say(NoticeText::OutcomeNoOther)
                      : work.texts.say(NoticeText::OutcomeOnlyOther,
                                       {{"address", item.recipient.suggestion}});
        return true;
    }
    if (left_for(notice.group, settings) > 0) {
        const auto done =
            parts_.send_as.readdress(item, item.recipient.suggestion, cause_of(command), settings);
        if (!done.has_value()) {
            outcome = work.texts.say(NoticeText::OutcomeHeldFor, {{"reason", done.error()}});
            return true;
        }
    }
    const auto outcomes = release(ids, notice, settings, cause_of(command), work.texts, remarks);
    if (!outcomes.has_value()) {
        trouble(outcomes.error());
        return false;
    }
    if (outcomes->empty()) {
        work.outcomes.erase(as.item);
        return true;
    }
    work.note(*outcomes);
    if (outcomes->front().what == What::Released) {
        outcome =
            work.texts.say(NoticeText::OutcomeSentTo, {{"address", item.recipient.suggestion}});
    }
    return true;
}

core::Result<std::vector<held::ItemOutcome>, std::string> NoticeFlow::release(
    std::span<const std::int64_t> ids,
    const ports::Notice& notice,
    const config::Settings& settings,
    std::string_view cause,
    const letters::NoticeTexts& texts,
    std::vector<std::string>& remarks) {
    const std::string account = budget_account(notice.group.user, notice.group.sender);
    const config::Rate& budget = settings.notice.budget;
    const auto answer = parts_.notices.spend(account, ids.size(), budget, parts_.clock.now());
    if (!answer.has_value()) {
        return std::unexpected(answer.error().what);
    }
    if (!answer->granted) {
        remarks.push_back(
            over_budget(ids.size(),
                        budget,
                        *answer,
                        notice_contact(settings.notice, parts_.own_mail.host_name(), texts),
                        texts));
        return std::vector<held::ItemOutcome>{};
    }
    std::vector<held::ItemOutcome> outcomes = parts_.release.release(ids, settings.hold, cause);
    const auto unused = std::ranges::count_if(
        outcomes, [](const held::ItemOutcome& each) { return each.what != What::Released; });
    if (unused > 0) {
        const auto given_back =
            parts_.notices.give_back(account, static_cast<std::size_t>(unused), parts_.clock.now());
        if (!given_back.has_value()) {
            trouble(given_back.error().what);
        }
    }
    return outcomes;
}

void NoticeFlow::confirm(const ports::NoticeCommand& command,
                         const ports::Notice& notice,
                         letters::ConfirmationFacts facts,
                         const config::Settings& settings,
                         const letters::NoticeTexts& texts) {
    const std::string host = parts_.own_mail.host_name();
    facts.address = notice_address(settings.notice, host);
    facts.to = command.from;
    facts.message_id = fmt::format("{}.{}@{}", parts_.make_id(), command.id, host);
    facts.in_reply_to = command.in_reply_to;
    facts.subject = notice.subject;
    facts.now = parts_.clock.now();
    const auto own =
        parts_.own_mail.prepare({.to = {command.from},
                                 .octets = letters::compose_confirmation(facts, texts),
                                 .what = "a confirmation made by Holdback on its way to the MTA",
                                 .fingerprint = {}});
    if (!own.has_value()) {
        trouble(own.error());
        return;
    }
    if (const auto done = parts_.notices.finish(command.id, *own); !done.has_value()) {
        parts_.own_mail.drop(*own);
        trouble(done.error().what);
    }
}

}  // namespace holdback::flow::notices
