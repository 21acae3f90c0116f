// SPDX-License-Identifier: Apache-2.0
#include "flow/notice_flow.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "dsn/seal.hpp"
#include "flow/notice_outcomes.hpp"
#include "flow/notice_terms.hpp"
#include "flow/own_mail.hpp"
#include "flow/release_flow.hpp"
#include "mail/failure_code.hpp"
#include "mail/finding.hpp"
#include "mail/held.hpp"
#include "outbound/compose.hpp"
#include "outbound/notice.hpp"
#include "outbound/notice_token.hpp"
#include "ports/held_store.hpp"
#include "ports/log.hpp"
#include "ports/notice_store.hpp"
#include "report/decision.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::flow {

namespace {

using What = ItemOutcome::What;

/// Items of one notice; what is beyond gets the next one.
constexpr std::size_t kMostItems = 10'000;
constexpr std::chrono::hours kPurgeInterval{1};
constexpr std::chrono::days kKeepCommands{7};

outbound::NoticeRow row_of(const ports::HeldItem& item, std::string subject) {
    return {.item = item.recipient.id,
            .address = item.recipient.address,
            .subject = std::move(subject),
            .message_id = item.message.message_id,
            .finding = item.recipient.finding,
            .code = item.recipient.code == mail::kUnknownFailure ? 0 : item.recipient.code.number(),
            .reason = item.recipient.reason,
            .advice = item.recipient.advice,
            .suggestion = item.recipient.suggestion,
            .held_at = item.message.held_at};
}

bool is_stopped(const ports::HeldItem& item) {
    return item.recipient.finding == mail::wire_name(mail::FindingName::CampaignStopped);
}

bool is_blocked(const ports::HeldItem& item) {
    return item.recipient.finding == mail::wire_name(mail::FindingName::BlockedByAdmin);
}

enum class Wanted : std::uint8_t { Release, Discard };

/// The items of one command with what became of them.
struct Work {
    std::map<std::int64_t, ports::HeldItem> items;
    std::map<std::int64_t, std::string> outcomes;

    /// Those of `ids` that are held and may be acted upon; the others get their outcome. What was
    /// tried since `taken_at` was tried by this command before the program ended in the middle: a
    /// second try could make a second copy.
    std::vector<std::int64_t> held(std::span<const std::int64_t> ids,
                                   Wanted what,
                                   core::TimePoint taken_at) {
        std::vector<std::int64_t> found;
        for (const std::int64_t id : ids) {
            const auto item = items.find(id);
            if (item == items.end()) {
                outcomes[id] = "not done: nothing is known of it any more";
            } else if (item->second.recipient.state != mail::HeldState::Held) {
                outcomes[id] = ended_text(item->second.recipient);
            } else if (what == Wanted::Release && is_blocked(item->second)) {
                outcomes[id] = "still held: the mail administrator blocked it";
            } else if (what == Wanted::Release && was_tried(item->second.recipient, taken_at)) {
                outcomes[id] = tried_text(item->second.recipient);
            } else {
                found.push_back(id);
            }
        }
        return found;
    }

    void note(const std::vector<ItemOutcome>& of) {
        for (const ItemOutcome& outcome : of) {
            outcomes[outcome.id] = outcome_text(outcome);
        }
    }

    /// What became of them, by their numbers in the notice.
    [[nodiscard]] std::vector<outbound::ConfirmedRow> rows(const ports::Notice& notice) const {
        std::vector<outbound::ConfirmedRow> rows;
        for (std::size_t i = 0; i < notice.items.size(); ++i) {
            const auto outcome = outcomes.find(notice.items[i]);
            if (outcome == outcomes.end()) {
                continue;
            }
            const auto item = items.find(notice.items[i]);
            rows.push_back({.number = i + 1,
                            .address = item == items.end() ? std::string("(forgotten)")
                                                           : item->second.recipient.address,
                            .outcome = outcome->second});
        }
        return rows;
    }
};

}  // namespace

void NoticeFlow::work(const config::Settings& settings) {
    if (const auto taken = parts_.notices.taken(); taken.has_value()) {
        for (const ports::NoticeCommand& command : *taken) {
            obey(command, settings);
        }
    } else {
        trouble(taken.error().what);
    }
    purge(settings);
    if (!settings.notice.enabled || settings.mode == config::Mode::Shadow) {
        if (const auto forgot = parts_.notices.forget_untold(); !forgot.has_value()) {
            trouble(forgot.error().what);
        }
        return;
    }
    const auto due = parts_.notices.due(parts_.clock.now() - settings.notice.collect);
    if (!due.has_value()) {
        trouble(due.error().what);
        return;
    }
    for (const ports::NoticeGroup& group : *due) {
        notify(group, settings);
    }
}

std::string NoticeFlow::subject_of(const ports::HeldItem& item) const {
    const std::string header =
        fmt::format("Subject: {}\r\n\r\n", outbound::one_line(item.message.subject));
    return parts_.reader.read(header).subject;
}

std::vector<ports::HeldItem> NoticeFlow::adopt(const ports::NoticeGroup& group,
                                               std::vector<ports::HeldItem> items) {
    if (std::ranges::none_of(items, is_stopped)) {
        return items;
    }
    const auto stopped = parts_.notices.find_stopped(group);
    if (!stopped.has_value()) {
        trouble(stopped.error().what);
        return {};
    }
    const std::optional<ports::Notice>& notice = *stopped;
    if (!notice.has_value()) {
        return items;
    }
    std::vector<std::int64_t> ids;
    for (const ports::HeldItem& item : items) {
        if (is_stopped(item)) {
            ids.push_back(item.recipient.id);
        }
    }
    if (const auto adopted = parts_.notices.adopt(notice->id, ids); !adopted.has_value()) {
        trouble(adopted.error().what);
        return {};
    }
    std::erase_if(items, is_stopped);
    return items;
}

void NoticeFlow::notify(const ports::NoticeGroup& group, const config::Settings& settings) {
    const dsn::SealKeys keys = parts_.keys();
    if (keys.empty()) {
        trouble("there is no key to sign tokens with ([seal] key)");
        return;
    }
    auto untold = parts_.notices.untold(group, kMostItems);
    if (!untold.has_value()) {
        trouble(untold.error().what);
        return;
    }
    const std::vector<ports::HeldItem> items = adopt(group, *std::move(untold));
    if (items.empty()) {
        return;
    }
    ports::Notice notice{.id = parts_.make_id(),
                         .group = group,
                         .stopped = std::ranges::any_of(items, is_stopped),
                         .made_at = parts_.clock.now(),
                         .subject = subject_of(items.front()),
                         .items = {}};
    for (const ports::HeldItem& item : items) {
        notice.items.push_back(item.recipient.id);
    }
    outbound::NoticeFacts facts = facts_of(items, settings);
    facts.refused = refused_beside(items);
    facts.token = outbound::notice_token(notice.id, group.sender, keys.back().secret);
    const auto own =
        parts_.own_mail.prepare({.to = {group.sender},
                                 .octets = outbound::compose_notice(facts),
                                 .what = "a notice made by Holdback on its way to the MTA",
                                 .fingerprint = {}});
    if (!own.has_value()) {
        trouble(own.error());
        return;
    }
    const auto put = parts_.notices.put(notice, *own);
    if (!put.has_value() || !*put) {
        parts_.own_mail.drop(*own);
        trouble(put.has_value() ? "an item was told of already" : put.error().what);
        return;
    }
    report::NoticeDecision line;
    line.notice = notice.id;
    line.sender = group.sender;
    line.user = group.user;
    line.verdict = report::NoticeVerdict::Sent;
    line.items = notice.items.size();
    parts_.log.write(ports::Severity::Info, report::decision_line(line));
}

outbound::NoticeFacts NoticeFlow::facts_of(const std::vector<ports::HeldItem>& items,
                                           const config::Settings& settings) const {
    const mail::HeldMessage& message = items.front().message;
    outbound::NoticeFacts facts;
    facts.host = parts_.own_mail.host_name();
    facts.address = notice_address(settings.notice, facts.host);
    facts.sender = message.sender;
    facts.campaign = message.campaign;
    facts.now = parts_.clock.now();
    facts.by_answer = settings.notice.reply_by != config::ReplyBy::User || !message.user.empty();
    facts.budget = settings.notice.budget;
    facts.at_expiry = settings.hold.at_expiry;
    for (const ports::HeldItem& item : items) {
        if (is_stopped(item) && facts.stopped.empty()) {
            facts.stopped = item.recipient.reason;
        }
        facts.rows.push_back(row_of(item, subject_of(item)));
        const auto& expires = item.recipient.expires_at;
        if (expires.has_value() &&
            (!facts.expires_at.has_value() || *expires < *facts.expires_at)) {
            facts.expires_at = expires;
        }
    }
    return facts;
}

std::vector<outbound::RefusedRow> NoticeFlow::refused_beside(
    const std::vector<ports::HeldItem>& items) {
    std::set<std::string, std::less<>> messages;
    for (const ports::HeldItem& item : items) {
        messages.insert(item.message.spool_id);
    }
    ports::HeldFilter filter;
    filter.states = {mail::HeldState::Held, mail::HeldState::Returned};
    filter.kind = mail::HeldKind::Mail;
    filter.finding = mail::kNoFinding;
    filter.sender = items.front().message.sender;
    std::vector<outbound::RefusedRow> refused;
    const auto listed = parts_.held.list(filter, [&](const ports::HeldItem& item) {
        const mail::HeldRecipient& recipient = item.recipient;
        if (messages.contains(item.message.spool_id) && recipient.attempts > 0 &&
            !recipient.release_at.has_value() && !recipient.in_doubt) {
            refused.push_back({.address = recipient.address, .answer = recipient.last_answer});
        }
        return refused.size() < kMostItems;
    });
    if (!listed.has_value()) {
        trouble(listed.error().what);  // they are told of by their DSNs
    }
    return refused;
}

void NoticeFlow::obey(const ports::NoticeCommand& command, const config::Settings& settings) {
    const auto found = parts_.notices.find(command.notice);
    if (!found.has_value()) {
        trouble(found.error().what);
        return;
    }
    const ports::Notice notice = found->value_or(ports::Notice{});
    const std::string cause = fmt::format("notice: answer of {}", core::printable(command.from));
    Work work;
    ports::HeldFilter filter;
    filter.ids = command.release;
    filter.ids.insert(filter.ids.end(), command.discard.begin(), command.discard.end());
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
    outbound::ConfirmationFacts facts;
    facts.refused = command.refused;
    facts.remarks = command.remarks;
    const std::vector<std::int64_t> wanted =
        work.held(command.release, Wanted::Release, command.taken_at);
    if (!wanted.empty()) {
        auto outcomes = release(wanted, notice, settings, cause, facts.remarks);
        if (!outcomes.has_value()) {
            trouble(outcomes.error());
            return;
        }
        // Who releases all that a notice of a stopped campaign names wants it to go on.
        if (notice.stopped && !outcomes->empty() && parts_.campaigns != nullptr &&
            command.release.size() == notice.items.size()) {
            static_cast<void>(parts_.campaigns->go_on(notice.group.campaign, notice.group.sender));
        }
        work.note(*outcomes);
    }
    work.note(parts_.release.discard(work.held(command.discard, Wanted::Discard, command.taken_at),
                                     cause));
    facts.rows = work.rows(notice);
    confirm(command, notice, std::move(facts), settings);
}

core::Result<std::vector<ItemOutcome>, std::string> NoticeFlow::release(
    std::span<const std::int64_t> ids,
    const ports::Notice& notice,
    const config::Settings& settings,
    std::string_view cause,
    std::vector<std::string>& remarks) {
    const std::string account = budget_account(notice.group.user, notice.group.sender);
    const config::Rate& budget = settings.notice.budget;
    const auto answer = parts_.notices.spend(account, ids.size(), budget, parts_.clock.now());
    if (!answer.has_value()) {
        return std::unexpected(answer.error().what);
    }
    if (!answer->granted) {
        remarks.push_back(
            fmt::format("{} to be released: {}", ids.size(), budget_text(budget, *answer)));
        return std::vector<ItemOutcome>{};
    }
    std::vector<ItemOutcome> outcomes = parts_.release.release(ids, settings.hold, cause);
    const auto unused = std::ranges::count_if(
        outcomes, [](const ItemOutcome& each) { return each.what != What::Released; });
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
                         outbound::ConfirmationFacts facts,
                         const config::Settings& settings) {
    const std::string host = parts_.own_mail.host_name();
    facts.address = notice_address(settings.notice, host);
    facts.to = command.from;
    facts.message_id = fmt::format("{}.{}@{}", parts_.make_id(), command.id, host);
    facts.in_reply_to = command.in_reply_to;
    facts.subject = notice.subject;
    facts.now = parts_.clock.now();
    const auto own =
        parts_.own_mail.prepare({.to = {command.from},
                                 .octets = outbound::compose_confirmation(facts),
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

void NoticeFlow::purge(const config::Settings& settings) {
    const core::SteadyPoint now = parts_.clock.steady_now();
    if (purged_.has_value() && now - *purged_ < kPurgeInterval) {
        return;
    }
    purged_ = now;
    const std::chrono::seconds keep =
        std::max<std::chrono::seconds>(kKeepCommands, settings.notice.budget.window);
    if (const auto purged = parts_.notices.purge(parts_.clock.now() - keep); !purged.has_value()) {
        trouble(purged.error().what);
    }
}

void NoticeFlow::trouble(std::string_view what) {
    // Comes again with each attempt, every second.
    if (limit_.admit("notice", parts_.clock.steady_now()).has_value()) {
        parts_.log.write(ports::Severity::Error, fmt::format("notice: {}", core::log_safe(what)));
    }
}

}  // namespace holdback::flow
