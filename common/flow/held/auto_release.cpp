// SPDX-License-Identifier: Apache-2.0
#include "flow/held/auto_release.hpp"

#include "config/policy.hpp"
#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/text.hpp"
#include "flow/facts.hpp"
#include "flow/held/held_facts.hpp"
#include "flow/snapshot.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/syntax.hpp"
#include "outbound/findings.hpp"
#include "outbound/verdict.hpp"
#include "ports/held_acts.hpp"
#include "ports/held_store.hpp"
#include "ports/log.hpp"
#include "terms/finding.hpp"
#include "terms/held.hpp"
#include "terms/held_finding.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::flow::held {

namespace {

/// Most items in one turn, and so most domains that are looked up at once.
constexpr std::size_t kMostInTurn = 100;
constexpr std::chrono::seconds kBetweenTurns{5};
constexpr std::chrono::minutes kSoonest{1};
constexpr std::chrono::minutes kLatestBySuppression{10};
constexpr std::chrono::hours kLatestByDomain{6};

mail::Recipient recipient_of(const ports::HeldItem& item) {
    return held_recipient(item.recipient.address, item.recipient.arguments);
}

bool waits_for_limit(const ports::HeldItem& item) {
    return item.recipient.finding.name() == terms::FindingName::OverLimit;
}

bool would_pass(const ports::HeldItem& item,
                const outbound::RecipientFacts& facts,
                const config::Settings& settings) {
    const std::vector<outbound::Finding> found = outbound::findings(facts, settings);
    // The cause of what waits for a limit was not in DNS: as new mail, it would go out unresolved.
    if (!waits_for_limit(item) &&
        std::ranges::find(found, terms::FindingName::UnresolvedDomain, &outbound::Finding::name) !=
            found.end()) {
        return false;
    }
    const config::PolicyAction action =
        outbound::judge(found, item.message.stream, settings.policy).action;
    return action == config::PolicyAction::Pass || action == config::PolicyAction::Tag;
}

}  // namespace

bool cause_can_go(terms::FindingName name) {
    return terms::row_of(name).cause != terms::Cause::Stays;
}

std::chrono::milliseconds recheck_delay(const terms::HeldFinding& finding,
                                        core::TimePoint held_at,
                                        core::TimePoint now) {
    using Delay = std::chrono::milliseconds;
    const auto name = finding.name();
    const bool by_store =
        name.has_value() && (terms::row_of(*name).cause == terms::Cause::Entry ||
                             terms::row_of(*name).cause == terms::Cause::Settings);
    const Delay latest = by_store ? Delay(kLatestBySuppression) : Delay(kLatestByDomain);
    return std::clamp<Delay>((now - held_at) / 4, kSoonest, latest);
}

AutoRelease::Items AutoRelease::due_items() const {
    ports::HeldFilter filter;
    filter.states = {terms::HeldState::Held};
    filter.kind = terms::HeldKind::Mail;
    filter.in_doubt = false;
    filter.recheck_due = parts_.clock.now();
    Items items;
    const auto listed = parts_.held.list(filter, [&](const ports::HeldItem& item) {
        items.push_back(item);
        return items.size() < kMostInTurn;
    });
    if (!listed.has_value()) {
        trouble_.say(ports::Severity::Error,
                     "held mail can't be checked for causes that have gone",
                     listed.error().what);
    }
    return items;
}

AutoRelease::Looked AutoRelease::look(const Items& items, const Snapshot& snapshot) const {
    const config::Settings& settings = snapshot.settings;
    Looked looked;
    // An entry of the store may apply to one sender alone.
    std::map<std::string, Items> by_sender;
    for (const ports::HeldItem& item : items) {
        // An item that was released before waits for its next try, or for a person.
        if (item.recipient.attempts == 0 && (settings.hold.auto_release || waits_for_limit(item))) {
            by_sender[item.message.sender].push_back(item);
        }
    }
    const core::SteadyPoint deadline = parts_.clock.steady_now() + settings.dns.budget;
    for (const ports::HeldItem& item : items) {
        if (const mail::Recipient recipient = recipient_of(item);
            outbound::needs_route(recipient, settings)) {
            parts_.resolver.start(recipient.syntax->value.domain());
        }
    }
    for (const auto& [sender, of_sender] : by_sender) {
        std::vector<mail::Recipient> recipients;
        recipients.reserve(of_sender.size());
        std::ranges::transform(of_sender, std::back_inserter(recipients), recipient_of);
        const GatheredFacts facts = gather_facts(
            recipients,
            held_sender(of_sender.front().message),
            settings,
            {.resolver = &parts_.resolver, .suppressions = &parts_.suppressions, .mta = parts_.mta},
            deadline,
            parts_.clock.now());
        if (facts.store_trouble.has_value()) {
            trouble_.say(ports::Severity::Error,
                         "the suppression list can't be asked about held mail",
                         *facts.store_trouble);
            return {};
        }
        for (std::size_t i = 0; i < of_sender.size(); ++i) {
            look_at(of_sender[i], facts.recipients.at(i), snapshot, looked);
        }
    }
    return looked;
}

void AutoRelease::look_at(const ports::HeldItem& item,
                          const outbound::RecipientFacts& facts,
                          const Snapshot& snapshot,
                          Looked& looked) const {
    if (!would_pass(item, facts, snapshot.settings)) {
        return;
    }
    if (parts_.limits != nullptr) {
        if (const auto next_look = parts_.limits->take_item(item, facts, snapshot)) {
            looked.next_look.emplace(item.recipient.id, *next_look);
            return;
        }
    }
    looked.passing[std::string(item.recipient.finding.word())].push_back(item.recipient.id);
}

void AutoRelease::work(const Snapshot& snapshot) {
    const config::Settings& settings = snapshot.settings;
    if (parts_.clock.steady_now() < next_turn_) {
        return;
    }
    next_turn_ = parts_.clock.steady_now() + kBetweenTurns;
    // What was taken and did not leave, also in a turn that an error ended, and by mail that is
    // due.
    if (parts_.limits != nullptr) {
        parts_.limits->settle_items();
    }
    const Items items = due_items();
    if (items.empty()) {
        return;
    }
    const Looked looked = look(items, snapshot);
    // Noted first, so that an item whose release fails is not checked again at once.
    std::vector<ports::Recheck> later;
    later.reserve(items.size());
    const core::TimePoint now = parts_.clock.now();
    for (const ports::HeldItem& item : items) {
        const auto next = looked.next_look.find(item.recipient.id);
        const core::TimePoint at =
            next != looked.next_look.end()
                ? next->second
                : now + recheck_delay(item.recipient.finding, item.message.held_at, now);
        later.push_back({.id = item.recipient.id, .at = at});
    }
    if (const auto noted = ports::recheck_later(parts_.held, later); !noted.has_value()) {
        parts_.log.write(ports::Severity::Error,
                         fmt::format("release: the next look at held mail can't be noted: {}",
                                     core::log_safe(noted.error().what)));
    } else {
        for (const auto& [finding, ids] : looked.passing) {
            static_cast<void>(parts_.release.release(
                ids, settings.hold, fmt::format("cause-gone: {} is no longer found", finding)));
        }
    }
    if (parts_.limits != nullptr) {
        parts_.limits->settle_items();
    }
}

}  // namespace holdback::flow::held
