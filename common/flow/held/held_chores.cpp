// SPDX-License-Identifier: Apache-2.0
#include "flow/held/held_chores.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/text.hpp"
#include "flow/held/held_items.hpp"
#include "flow/held/item_outcome.hpp"
#include "flow/held/returns.hpp"
#include "ports/held_acts.hpp"
#include "ports/held_store.hpp"
#include "ports/log.hpp"
#include "terms/held.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace holdback::flow::held {

namespace {

using What = ItemOutcome::What;

/// Most items in one turn, so that one chore does not delay the others.
constexpr std::size_t kMostInTurn = 200;
/// The pause after trouble with the MTA or the spool. For the MTA it doubles up to the limit.
constexpr std::chrono::seconds kFirstPause{5};
constexpr std::chrono::seconds kLongestPause{300};
constexpr int kMostDoublings = 6;
/// An item whose sender may not be told waits for this long. It goes to the postmaster after this
/// many times `[hold] expire_after`.
constexpr std::chrono::hours kUntoldPause{24};
constexpr int kUntoldTimes = 4;
constexpr std::string_view kExpiry = "expiry";

/// What to do with an item that has expired.
enum class Ending : std::uint8_t { Return, Release, Discard, Wait };

Ending ending_of(const terms::HeldMessage& message,
                 const terms::HeldRecipient& recipient,
                 config::AtExpiry wanted,
                 core::TimePoint now) {
    switch (wanted) {
        case config::AtExpiry::Return:
            return Ending::Return;
        case config::AtExpiry::Discard:
            return Ending::Discard;
        case config::AtExpiry::Release:
            break;
    }
    // What the MTA refused for good, or may already have, is not sent again, and a damaged copy is
    // never sent: the sender is told.
    const bool refused = recipient.attempts > 0 && !recipient.release_at.has_value();
    if (recipient.in_doubt || refused || !message.damage.empty()) {
        return Ending::Return;
    }
    return recipient.release_at.has_value() && *recipient.release_at > now ? Ending::Wait
                                                                           : Ending::Release;
}

}  // namespace

void HeldChores::work(const config::HoldSettings& settings) {
    release_due(settings);
    expire(settings);
}

void HeldChores::release_due(const config::HoldSettings& settings) {
    ports::HeldFilter due;
    due.states = {terms::HeldState::Held};
    due.release_due = parts_.clock.now();
    due.in_doubt = false;
    const auto found = find_items(parts_.held, due, kMostInTurn);
    if (!found.has_value()) {
        parts_.trouble.say(
            ports::Severity::Error, "mail that is due can't be released", found.error());
        return;
    }
    release_patiently(*found, settings, "due", &ports::release_later);
}

void HeldChores::release_patiently(const Items& items,
                                   const config::HoldSettings& settings,
                                   std::string_view cause,
                                   PutOff later) {
    std::span<const ports::HeldItem> left(items);
    while (!left.empty() && parts_.clock.steady_now() >= mta_pause_until_) {
        const std::string& spool_id = left.front().message.spool_id;
        const auto next = std::ranges::find_if(
            left, [&](const ports::HeldItem& item) { return item.message.spool_id != spool_id; });
        const auto size = static_cast<std::size_t>(next - left.begin());
        const Items ready = with_room(left.first(size), later);
        left = left.subspan(size);
        if (ready.empty()) {
            continue;
        }
        const auto outcomes =
            parts_.releases.release(ids_of(ready), settings, cause, ports::InDoubt::LeaveAlone);
        if (std::ranges::find(outcomes, What::Interrupted, &ItemOutcome::what) == outcomes.end()) {
            mta_pauses_ = 0;
            continue;
        }
        // Each message waits for minutes on an MTA that does not answer.
        const int doublings = std::min(mta_pauses_++, kMostDoublings);
        mta_pause_until_ =
            parts_.clock.steady_now() +
            std::min<std::chrono::seconds>(kFirstPause * (1 << doublings), kLongestPause);
    }
}

Items HeldChores::with_room(std::span<const ports::HeldItem> items, PutOff later) {
    Items ready;
    std::vector<ports::Recheck> waiting;
    for (const ports::HeldItem& item : items) {
        const auto until = parts_.must_wait ? parts_.must_wait(item) : std::nullopt;
        if (until.has_value()) {
            waiting.push_back({.id = item.recipient.id, .at = *until});
        } else {
            ready.push_back(item);
        }
    }
    if (waiting.empty()) {
        return ready;
    }
    if (const auto noted = later(parts_.held, waiting); !noted.has_value()) {
        parts_.trouble.say(ports::Severity::Error,
                           "mail that waits for a limit can't be put off",
                           noted.error().what);
    }
    return ready;
}

void HeldChores::expire(const config::HoldSettings& settings) {
    const core::TimePoint now = parts_.clock.now();
    ports::HeldFilter expired;
    expired.states = {terms::HeldState::Held};
    expired.kind = terms::HeldKind::Mail;
    expired.expired = now;
    const auto found = find_items(parts_.held, expired, kMostInTurn);
    if (!found.has_value()) {
        parts_.trouble.say(
            ports::Severity::Error, "expired mail can't be looked up", found.error());
        return;
    }
    if (found->empty()) {
        return;
    }
    Items to_return;
    Items to_release;
    Items to_discard;
    for (const ports::HeldItem& item : *found) {
        switch (ending_of(item.message, item.recipient, settings.at_expiry, now)) {
            case Ending::Return:
                to_return.push_back(item);
                break;
            case Ending::Release:
                to_release.push_back(item);
                break;
            case Ending::Discard:
                to_discard.push_back(item);
                break;
            case Ending::Wait:
                break;
        }
    }
    release_patiently(to_release, settings, kExpiry, &ports::expire_later);
    say_failure(parts_.returns.discard(ids_of(to_discard), kExpiry, ports::InDoubt::Take),
                "expired mail can't be discarded now");
    if (parts_.clock.steady_now() < return_pause_until_) {
        return;
    }
    const auto returned =
        parts_.returns.give_back(ids_of(to_return), kExpiry, ports::InDoubt::Take);
    end_untold(to_return, returned, settings);
    if (say_failure(returned, "expired mail can't be returned now")) {
        return_pause_until_ = parts_.clock.steady_now() + kFirstPause;
    }
}

bool HeldChores::say_failure(std::span<const ItemOutcome> outcomes, std::string_view what) {
    const auto failed = std::ranges::find(outcomes, What::Failed, &ItemOutcome::what);
    if (failed == outcomes.end()) {
        return false;
    }
    seldom_.say(
        ports::Severity::Error, what, fmt::format("{}: {}", what, core::log_safe(failed->answer)));
    return true;
}

void HeldChores::end_untold(const Items& items,
                            std::span<const ItemOutcome> outcomes,
                            const config::HoldSettings& settings) {
    Items over;
    Items later;
    const core::TimePoint last = parts_.clock.now() - settings.expire_after * kUntoldTimes;
    for (const ports::HeldItem& item : untold_among(items, outcomes)) {
        (item.message.held_at <= last ? over : later).push_back(item);
    }
    if (!parts_.returns.give_to_postmaster(over, kExpiry)) {
        return_pause_until_ = parts_.clock.steady_now() + kFirstPause;
    }
    put_off(later);
}

void HeldChores::put_off(const Items& items) {
    if (items.empty()) {
        return;
    }
    std::vector<ports::Recheck> later;
    for (const ports::HeldItem& item : items) {
        later.push_back({.id = item.recipient.id, .at = parts_.clock.now() + kUntoldPause});
    }
    if (const auto put_off = ports::expire_later(parts_.held, later); !put_off.has_value()) {
        parts_.trouble.say(
            ports::Severity::Error, "expired mail can't be put off", put_off.error().what);
        return_pause_until_ = parts_.clock.steady_now() + kFirstPause;
        return;
    }
    seldom_.say(
        ports::Severity::Warning,
        "put off",
        fmt::format("{} expired recipients stay held, and are looked at again in a day: their "
                    "senders have not logged in and have no domain of [outgoing] own_domains, so "
                    "no DSN goes there; release or discard them, or the postmaster gets them "
                    "after {} times expire_after",
                    later.size(),
                    kUntoldTimes));
}

}  // namespace holdback::flow::held
