// SPDX-License-Identifier: Apache-2.0
// The chores of held mail: what is due, what has expired, what a crash left behind.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/text.hpp"
#include "flow/held/release_flow.hpp"
#include "ports/held_acts.hpp"
#include "ports/held_store.hpp"
#include "ports/log.hpp"
#include "report/rate_limit.hpp"
#include "terms/held.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::flow::held {

namespace {

using What = ItemOutcome::What;

/// Items of one turn, so that one chore does not keep the others waiting.
constexpr std::size_t kMostInTurn = 200;
constexpr std::size_t kMostFilesInTurn = 1000;
constexpr std::chrono::seconds kBetweenFiles{5};
constexpr std::chrono::seconds kBetweenPurges{60};
/// The MTA, or the spool, is left alone for so long after trouble; doubled up to the limit.
constexpr std::chrono::seconds kFirstPause{5};
/// What nobody may be told of is looked at again so much later, and ends when it was held for so
/// many times `[hold] expire_after`.
constexpr std::chrono::hours kUntoldPause{24};
constexpr int kUntoldTimes = 4;
constexpr std::string_view kExpiry = "expiry";
constexpr std::chrono::seconds kLongestPause{300};
constexpr int kMostDoublings = 6;

std::vector<std::int64_t> ids_of(std::span<const ports::HeldItem> items) {
    std::vector<std::int64_t> ids;
    ids.reserve(items.size());
    for (const ports::HeldItem& item : items) {
        ids.push_back(item.recipient.id);
    }
    return ids;
}

/// Those of the items whose sender gets no DSN.
std::vector<ports::HeldItem> untold_among(std::span<const ports::HeldItem> items,
                                          std::span<const ItemOutcome> outcomes) {
    std::set<std::int64_t> untold;
    for (const ItemOutcome& outcome : outcomes) {
        if (outcome.what == What::Untold) {
            untold.insert(outcome.id);
        }
    }
    std::vector<ports::HeldItem> found;
    std::ranges::copy_if(items, std::back_inserter(found), [&](const ports::HeldItem& item) {
        return untold.contains(item.recipient.id);
    });
    return found;
}

/// What is to be done about an item whose time is over.
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
    // What the MTA refused for good, or may have already, goes no second time, and a damaged copy
    // goes never: the sender is told.
    const bool refused = recipient.attempts > 0 && !recipient.release_at.has_value();
    if (recipient.in_doubt || refused || !message.damage.empty()) {
        return Ending::Return;
    }
    return recipient.release_at.has_value() && *recipient.release_at > now ? Ending::Wait
                                                                           : Ending::Release;
}

}  // namespace

void ReleaseFlow::work(const config::HoldSettings& settings) {
    answers_.work();
    settle_again();
    release_due(settings);
    expire(settings);
    purge(settings);
    if (copies_.walk()) {
        give_back_stranded();
    }
}

void ReleaseFlow::settle_again() {
    std::vector<ports::ReleaseEnd> waiting;
    unsettled_.with([&](std::vector<ports::ReleaseEnd>& all) { waiting.swap(all); });
    if (waiting.empty()) {
        return;
    }
    const auto settled = ports::settle(parts_.held, waiting, parts_.clock.now());
    if (settled.has_value()) {
        return;
    }
    trouble_.say(
        ports::Severity::Error, "the end of a release is not written down", settled.error().what);
    unsettled_.with([&](std::vector<ports::ReleaseEnd>& all) {
        std::ranges::move(waiting, std::back_inserter(all));
    });
}

void ReleaseFlow::release_due(const config::HoldSettings& settings) {
    ports::HeldFilter due;
    due.states = {terms::HeldState::Held};
    due.release_due = parts_.clock.now();
    due.in_doubt = false;
    const auto found = items(due, kMostInTurn);
    if (!found.has_value()) {
        trouble_.say(ports::Severity::Error, "what is due can't be released", found.error());
        return;
    }
    release_patiently(*found, settings, "due");
}

void ReleaseFlow::release_patiently(const Items& items,
                                    const config::HoldSettings& settings,
                                    std::string_view cause) {
    std::span<const ports::HeldItem> left(items);
    while (!left.empty() && parts_.clock.steady_now() >= mta_pause_until_) {
        const std::string& spool_id = left.front().message.spool_id;
        const auto next = std::ranges::find_if(
            left, [&](const ports::HeldItem& item) { return item.message.spool_id != spool_id; });
        const auto size = static_cast<std::size_t>(next - left.begin());
        const auto outcomes = release(ids_of(left.first(size)), settings, cause);
        left = left.subspan(size);
        if (std::ranges::find(outcomes, What::Interrupted, &ItemOutcome::what) == outcomes.end()) {
            mta_pauses_ = 0;
            continue;
        }
        // An MTA that does not answer keeps each message waiting for minutes.
        const int doublings = std::min(mta_pauses_++, kMostDoublings);
        mta_pause_until_ =
            parts_.clock.steady_now() +
            std::min<std::chrono::seconds>(kFirstPause * (1 << doublings), kLongestPause);
    }
}

void ReleaseFlow::expire(const config::HoldSettings& settings) {
    const core::TimePoint now = parts_.clock.now();
    ports::HeldFilter expired;
    expired.states = {terms::HeldState::Held};
    expired.kind = terms::HeldKind::Mail;
    expired.expired = now;
    const auto found = items(expired, kMostInTurn);
    if (!found.has_value()) {
        trouble_.say(ports::Severity::Error, "what has expired can't be looked up", found.error());
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
    release_patiently(to_release, settings, kExpiry);
    say_failure(discard(ids_of(to_discard), kExpiry, ports::InDoubt::Take),
                "expired mail can't be discarded now");
    if (parts_.clock.steady_now() < return_pause_until_) {
        return;
    }
    const auto returned = give_back(ids_of(to_return), kExpiry, ports::InDoubt::Take);
    end_untold(to_return, returned, settings);
    if (say_failure(returned, "expired mail can't be returned now")) {
        return_pause_until_ = parts_.clock.steady_now() + kFirstPause;
    }
}

bool ReleaseFlow::say_failure(std::span<const ItemOutcome> outcomes, std::string_view what) {
    const auto failed = std::ranges::find(outcomes, What::Failed, &ItemOutcome::what);
    if (failed == outcomes.end()) {
        return false;
    }
    if (const auto left_out = admit(what)) {
        parts_.log.write(ports::Severity::Error,
                         fmt::format("release: {}: {}{}",
                                     what,
                                     core::log_safe(failed->answer),
                                     *left_out > 0 ? fmt::format(" left_out={}", *left_out) : ""));
    }
    return true;
}

void ReleaseFlow::end_untold(const Items& items,
                             std::span<const ItemOutcome> outcomes,
                             const config::HoldSettings& settings) {
    Items over;
    Items later;
    const core::TimePoint last = parts_.clock.now() - settings.expire_after * kUntoldTimes;
    for (const ports::HeldItem& item : untold_among(items, outcomes)) {
        (item.message.held_at <= last ? over : later).push_back(item);
    }
    if (!give_to_postmaster(over, kExpiry)) {
        return_pause_until_ = parts_.clock.steady_now() + kFirstPause;
    }
    put_off(later);
}

void ReleaseFlow::give_back_good(OfMessage items, std::string_view cause) {
    Items good;
    std::ranges::copy_if(items, std::back_inserter(good), [](const ports::HeldItem& item) {
        return item.message.kind == terms::HeldKind::Mail &&
               item.recipient.finding == terms::kNoFinding;
    });
    if (!good.empty()) {
        const Items untold = untold_among(good, give_back(ids_of(good), cause));
        static_cast<void>(
            give_to_postmaster(untold, cause));  // else they come back when they expire
    }
}

bool ReleaseFlow::give_to_postmaster(const Items& items, std::string_view cause) {
    if (items.empty()) {
        return true;
    }
    const auto outcomes = each_message(
        ids_of(items),
        ports::InDoubt::Take,
        [&](OfMessage of_message, std::vector<ItemOutcome>& done) {
            report_return(of_message, Reader::Postmaster, cause, ports::InDoubt::Take, done);
        });
    const auto returned = std::ranges::count(outcomes, What::Returned, &ItemOutcome::what);
    if (returned > 0) {
        warn_of_untold(
            "returned",
            fmt::format(
                "{} recipients were returned to the postmaster ({}): their senders have not "
                "logged in and have no domain of [outgoing] own_domains, so that no DSN "
                "goes there",
                returned,
                cause));
    }
    return returned == std::ssize(outcomes);
}

void ReleaseFlow::put_off(const Items& items) {
    if (items.empty()) {
        return;
    }
    std::vector<ports::Recheck> later;
    for (const ports::HeldItem& item : items) {
        later.push_back({.id = item.recipient.id, .at = parts_.clock.now() + kUntoldPause});
    }
    if (const auto put_off = ports::expire_later(parts_.held, later); !put_off.has_value()) {
        trouble_.say(ports::Severity::Error, "expired mail can't be put off", put_off.error().what);
        return_pause_until_ = parts_.clock.steady_now() + kFirstPause;
        return;
    }
    warn_of_untold(
        "put off",
        fmt::format("{} expired recipients stay held, and are looked at again in a day: their "
                    "senders have not logged in and have no domain of [outgoing] own_domains, so "
                    "that no DSN goes there; release or discard them, or the postmaster gets them "
                    "after {} times expire_after",
                    later.size(),
                    kUntoldTimes));
}

std::optional<std::size_t> ReleaseFlow::admit(std::string_view kind) {
    const core::SteadyPoint now = parts_.clock.steady_now();
    return said_.with([&](report::RateLimit& limit) { return limit.admit(kind, now); });
}

void ReleaseFlow::warn_of_untold(std::string_view kind, std::string_view text) {
    if (const auto left_out = admit(kind)) {
        parts_.log.write(ports::Severity::Warning,
                         fmt::format("release: {}{}",
                                     text,
                                     *left_out > 0 ? fmt::format(" left_out={}", *left_out) : ""));
    }
}

void ReleaseFlow::purge(const config::HoldSettings& settings) {
    const core::SteadyPoint now = parts_.clock.steady_now();
    if (now >= next_files_) {
        // Each look passes over all messages in the spool.
        next_files_ = remove_files() == kMostFilesInTurn ? now : now + kBetweenFiles;
    }
    if (now >= next_purge_) {
        const auto purged = parts_.held.purge_ended(parts_.clock.now() - settings.keep_ended);
        if (!purged.has_value()) {
            trouble_.say(ports::Severity::Error,
                         "held mail that has ended is not forgotten",
                         purged.error().what);
        }
        next_purge_ = now + kBetweenPurges;
    }
}

std::size_t ReleaseFlow::remove_files() {
    const auto removable = parts_.held.removable_spool_ids(kMostFilesInTurn);
    if (!removable.has_value()) {
        trouble_.say(ports::Severity::Error,
                     "which files of the spool can go is not known",
                     removable.error().what);
        return 0;
    }
    std::vector<std::string> gone;
    for (const std::string& spool_id : *removable) {
        if (const auto removed = parts_.spool.remove(spool_id); removed.has_value()) {
            gone.push_back(spool_id);
        } else {
            trouble_.say(ports::Severity::Error,
                         "a file of the spool can't be removed",
                         removed.error().what);
        }
    }
    if (gone.empty()) {
        return 0;
    }
    if (parts_.room != nullptr) {
        parts_.room->shrunk();
    }
    if (const auto noted = parts_.held.spool_removed(gone); !noted.has_value()) {
        trouble_.say(ports::Severity::Error,
                     "that files of the spool are gone is not written down",
                     noted.error().what);
    }
    return gone.size();
}

void ReleaseFlow::note_files() {
    files_before_ = parts_.spool.ids();
}

void ReleaseFlow::recover() {
    const auto recovered = ports::recover(parts_.held, parts_.clock.now());
    if (!recovered.has_value()) {
        parts_.log.write(ports::Severity::Error,
                         fmt::format("release: the store can't be recovered: {}",
                                     core::log_safe(recovered.error().what)));
        return;
    }
    if (recovered->put_back > 0) {
        parts_.log.write(
            ports::Severity::Warning,
            fmt::format("release: {} interrupted releases begin again", recovered->put_back));
    }
    if (!recovered->in_doubt.empty()) {
        parts_.log.write(ports::Severity::Warning,
                         fmt::format("release: {} held items are in doubt, the MTA may have let "
                                     "their messages pass: see held list --in-doubt",
                                     recovered->in_doubt.size()));
    }
    put_in_doubt();
    give_back_stranded();
    set_strays_aside();
}

void ReleaseFlow::give_back_stranded() {
    ports::HeldFilter good;
    good.states = {terms::HeldState::Held};
    good.kind = terms::HeldKind::Mail;
    good.finding = terms::kNoFinding;
    good.in_doubt = false;
    const auto found = items(good);
    if (!found.has_value()) {
        trouble_.say(ports::Severity::Error, "who was refused can't be looked up", found.error());
        return;
    }
    Items refused;
    Items damaged;
    for (const ports::HeldItem& item : *found) {
        if (item.recipient.release_at.has_value()) {
            continue;
        }
        if (!item.message.damage.empty()) {
            damaged.push_back(item);
        } else if (item.recipient.attempts > 0) {
            refused.push_back(item);
        }
    }
    give_back_good(refused, kRefusedByMta);
    give_back_good(damaged, kDamagedCopy);
}

void ReleaseFlow::put_in_doubt() {
    // Those whose message had been sent but for its end, or came through the milter with its token:
    // the MTA may have taken it.
    // They wait for a human's word, since sending twice is as wrong as not sending.
    ports::HeldFilter claimed;
    claimed.states = {terms::HeldState::Releasing};
    const auto found = items(claimed);
    if (!found.has_value()) {
        trouble_.say(
            ports::Severity::Error, "releases that were cut off can't be looked up", found.error());
        return;
    }
    std::vector<ports::ReleaseEnd> ends;
    for (const ports::HeldItem& item : *found) {
        const ItemOutcome outcome{item.recipient.id,
                                  What::Interrupted,
                                  "interrupted while the MTA took the message: look in its "
                                  "log whether it was delivered before releasing it again"};
        ends.push_back({.id = outcome.id,
                        .what = ports::ReleaseEnd::What::Unknown,
                        .answer = outcome.answer,
                        .retry_at = std::nullopt});
        report(item, outcome, "start");
    }
    if (!ends.empty()) {
        settle(std::move(ends));
    }
}

void ReleaseFlow::set_strays_aside() {
    const auto listed = parts_.held.listed_spool_ids();
    // What this program has put there meanwhile may wait for its rows.
    const auto files = files_before_.has_value() ? *files_before_ : parts_.spool.ids();
    if (!listed.has_value() || !files.has_value()) {
        parts_.log.write(ports::Severity::Error,
                         fmt::format("spool: it can't be compared with the store: {}",
                                     core::log_safe(listed.has_value() ? files.error().what
                                                                       : listed.error().what)));
        return;
    }
    for (const std::string& file : *files) {
        if (std::ranges::binary_search(*listed, file)) {
            continue;
        }
        const auto place = parts_.spool.set_aside(file);
        parts_.log.write(
            ports::Severity::Error,
            place.has_value()
                ? fmt::format(
                      "spool: no row of the store names {}, which may be mail that is still "
                      "to go: it was moved to {}; holdbackctl held rescue lists it again",
                      file,
                      core::log_safe(*place))
                : fmt::format("spool: no row of the store names {}, which can't be moved away: {}",
                              file,
                              core::log_safe(place.error().what)));
    }
}

}  // namespace holdback::flow::held
