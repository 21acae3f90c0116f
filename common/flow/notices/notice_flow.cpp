// SPDX-License-Identifier: Apache-2.0
#include "flow/notices/notice_flow.hpp"

#include "config/notice_choice.hpp"
#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/safe_text.hpp"
#include "core/text.hpp"
#include "dsn/seal.hpp"
#include "flow/notice_terms.hpp"
#include "flow/notices/notice_work.hpp"
#include "flow/own_mail.hpp"
#include "flow/snapshot.hpp"
#include "letters/notice.hpp"
#include "letters/notice_texts.hpp"
#include "letters/notice_token.hpp"
#include "mail/folded_sender.hpp"
#include "ports/held_store.hpp"
#include "ports/log.hpp"
#include "ports/notice_store.hpp"
#include "report/decision.hpp"
#include "terms/failure_code.hpp"
#include "terms/finding.hpp"
#include "terms/held.hpp"
#include "terms/held_finding.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::flow::notices {

namespace {

/// Most items of one notice; the others get the next one.
constexpr std::size_t kMostItems = 10'000;
constexpr std::chrono::hours kPurgeInterval{1};
constexpr std::chrono::days kKeepCommands{7};

letters::NoticeRow row_of(const ports::HeldItem& item, std::string subject) {
    return {
        .item = item.recipient.id,
        .address = item.recipient.address,
        .subject = std::move(subject),
        .message_id = item.message.message_id,
        .finding = std::string(item.recipient.finding.word()),
        .code = item.recipient.code == terms::kUnknownFailure ? 0 : item.recipient.code.number(),
        .reason = item.recipient.reason,
        .advice = item.recipient.advice,
        .suggestion = item.recipient.suggestion,
        .can_release = may_release(item),
        .held_at = item.message.held_at};
}

bool is_stopped(const ports::HeldItem& item) {
    return item.recipient.finding == terms::FindingName::CampaignStopped;
}

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
    std::vector<ports::NoticeGroup> told;
    for (const ports::NoticeGroup& group : *due) {
        if (std::ranges::find(told, group) == told.end()) {
            notify(group, settings, told);
        }
    }
}

std::optional<NoticeFlow::ToTell> NoticeFlow::to_tell(const ports::NoticeGroup& group,
                                                      std::vector<ports::NoticeGroup>& told) {
    auto untold = parts_.notices.untold(group, kMostItems);
    if (!untold.has_value()) {
        trouble(untold.error().what);
        return std::nullopt;
    }
    ToTell found{.group = group, .items = *std::move(untold)};
    if (found.items.empty()) {
        return std::nullopt;
    }
    const auto verp = [](const std::vector<ports::HeldItem>& items) {
        return mail::verp_sender(items.front().message.sender, items.front().recipient.address);
    };
    found.group.sender = verp(found.items);
    if (found.group.sender == group.sender) {
        return found;
    }
    // The sender has another address for each recipient: one notice covers all.
    const auto all = parts_.notices.due(parts_.clock.now());
    if (!all.has_value()) {
        trouble(all.error().what);
        return std::nullopt;
    }
    for (const ports::NoticeGroup& other : *all) {
        if (other == group || other.user != group.user || other.campaign != group.campaign ||
            found.items.size() >= kMostItems) {
            continue;
        }
        auto more = parts_.notices.untold(other, kMostItems - found.items.size());
        if (!more.has_value()) {
            trouble(more.error().what);
            return std::nullopt;
        }
        if (!more->empty() && verp(*more) == found.group.sender) {
            std::ranges::move(*more, std::back_inserter(found.items));
            told.push_back(other);
        }
    }
    return found;
}

std::string NoticeFlow::subject_of(const ports::HeldItem& item) const {
    const std::string header =
        fmt::format("Subject: {}\r\n\r\n", core::one_line(item.message.subject));
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

void NoticeFlow::notify(const ports::NoticeGroup& of,
                        const config::Settings& settings,
                        std::vector<ports::NoticeGroup>& told) {
    const dsn::SealKeys keys = parts_.keys();
    if (keys.empty()) {
        trouble("there is no key to sign tokens with ([seal] key)");
        return;
    }
    auto to_tell_of = to_tell(of, told);
    if (!to_tell_of.has_value()) {
        return;
    }
    const ports::NoticeGroup& group = to_tell_of->group;
    const std::vector<ports::HeldItem> items = adopt(group, std::move(to_tell_of->items));
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
    letters::NoticeFacts facts = facts_of(group, items, settings);
    facts.refused = refused_beside(items);
    facts.token = letters::notice_token(notice.id, group.sender, keys.back().secret);
    const std::shared_ptr<const Snapshot> snapshot = parts_.snapshots.current();
    const auto own =
        parts_.own_mail.prepare({.to = {facts.to},
                                 .octets = letters::compose_notice(
                                     facts, letters::texts_of(snapshot->notices, facts.language)),
                                 .what = "a notice made by Holdback on its way to the MTA",
                                 .fingerprint = {}});
    if (!own.has_value()) {
        trouble(own.error());
        return;
    }
    const auto put = parts_.notices.put(notice, *own);
    if (!put.has_value() || !*put) {
        parts_.own_mail.drop(*own);
        trouble(put.has_value() ? "a notice has told of an item already" : put.error().what);
        return;
    }
    report::NoticeDecision line;
    line.notice = notice.id;
    line.sender = group.sender;
    line.user = group.user;
    line.to = facts.to;
    line.verdict = report::NoticeVerdict::Sent;
    line.items = notice.items.size();
    parts_.log.write(ports::Severity::Info, report::decision_line(line));
}

letters::NoticeFacts NoticeFlow::facts_of(const ports::NoticeGroup& group,
                                          const std::vector<ports::HeldItem>& items,
                                          const config::Settings& settings) {
    const terms::HeldMessage& message = items.front().message;
    letters::NoticeFacts facts;
    facts.host = parts_.own_mail.host_name();
    facts.address = notice_address(settings.notice, facts.host);
    facts.to = parts_.reader_of.of(message, settings, facts.host);
    facts.campaign = message.campaign;
    facts.now = parts_.clock.now();
    facts.by_answer = settings.notice.reply_by != config::ReplyBy::User || !message.user.empty();
    if (!core::equals_ignoring_case(facts.to, message.sender)) {
        switch (settings.notice.reply_by) {
            case config::ReplyBy::User:
                facts.only_user = message.user;
                break;
            case config::ReplyBy::Sender:
                facts.only_sender = group.sender;
                break;
            case config::ReplyBy::Token:
                break;
        }
    }
    facts.budget = settings.notice.budget;
    facts.left = left_for(group, settings);
    facts.contact = settings.notice.contact;
    facts.postmaster = notice_postmaster(settings.notice, facts.host);
    facts.language = config::chosen_for(
        message.sender, settings.notice.language_by_sender, settings.notice.language);
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

std::size_t NoticeFlow::left_for(const ports::NoticeGroup& group,
                                 const config::Settings& settings) {
    const config::Rate& budget = settings.notice.budget;
    const auto used =
        parts_.notices.used(budget_account(group.user, group.sender), budget, parts_.clock.now());
    if (!used.has_value()) {
        trouble(used.error().what);  // the answer's sender is told
        return budget.count;
    }
    return budget.count - std::min(budget.count, *used);
}

std::vector<letters::RefusedRow> NoticeFlow::refused_beside(
    const std::vector<ports::HeldItem>& items) {
    std::set<std::string, std::less<>> messages;
    for (const ports::HeldItem& item : items) {
        messages.insert(item.message.spool_id);
    }
    ports::HeldFilter filter;
    filter.states = {terms::HeldState::Held, terms::HeldState::Returned};
    filter.kind = terms::HeldKind::Mail;
    filter.finding = terms::HeldFinding();
    filter.sender = items.front().message.sender;
    std::vector<letters::RefusedRow> refused;
    const auto listed = parts_.held.list(filter, [&](const ports::HeldItem& item) {
        const terms::HeldRecipient& recipient = item.recipient;
        if (messages.contains(item.message.spool_id) && recipient.attempts > 0 &&
            !recipient.release_at.has_value() && !recipient.in_doubt) {
            refused.push_back({.address = recipient.address, .answer = recipient.last_answer});
        }
        return refused.size() < kMostItems;
    });
    if (!listed.has_value()) {
        trouble(listed.error().what);  // their DSNs report them
    }
    return refused;
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
    // The same trouble recurs with each attempt, every second.
    if (limit_.admit("notice", parts_.clock.steady_now()).has_value()) {
        parts_.log.write(ports::Severity::Error, fmt::format("notice: {}", core::log_safe(what)));
    }
}

}  // namespace holdback::flow::notices
