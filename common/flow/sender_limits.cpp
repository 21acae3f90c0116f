// SPDX-License-Identifier: Apache-2.0
#include "flow/sender_limits.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/short_digest.hpp"
#include "flow/passing_message.hpp"
#include "flow/recent_messages.hpp"
#include "flow/snapshot.hpp"
#include "limits/limit_set.hpp"
#include "limits/over_limit.hpp"
#include "limits/usage.hpp"
#include "limits/window.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/ip_address.hpp"
#include "mail/outcome.hpp"
#include "mail/provider.hpp"
#include "mail/syntax.hpp"
#include "outbound/findings.hpp"
#include "ports/held_store.hpp"
#include "ports/journal.hpp"
#include "ports/log.hpp"
#include "ports/usage_store.hpp"
#include "terms/held.hpp"
#include "terms/stream.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace holdback::flow {

namespace {

using limits::LimitSet;
using limits::OverLimit;

/// Most that is kept of messages that the log may mention: a recipient takes one, a change of a
/// window some 150 octets and so more. And most recipients who are remembered in case their message
/// comes again.
constexpr std::size_t kMostRecent = 400'000;
constexpr std::size_t kOfChange = 4;
constexpr std::size_t kMostCopies = 200'000;
/// Clients try again for so long without being counted again, and so often: after that somebody
/// sends the same mail again and again.
constexpr std::chrono::hours kCopyTime{24};
constexpr std::int64_t kMostTimes = 10;
constexpr std::chrono::minutes kBetweenWork{1};
/// When held mail asks again for room. Not at the time alone when the limit opens: the settings,
/// the clock, or somebody who releases it may change that.
constexpr std::chrono::seconds kSoonestLook{10};
constexpr std::chrono::minutes kLatestLook{10};
/// A look may come late when much is due.
constexpr std::chrono::minutes kLineSlack{1};

limits::Subject subject_of(const PassingMessage& message) {
    return {.user = message.who.user,
            .sender = message.envelope.sender_text(),
            .client = message.who.client,
            .daemon = message.who.daemon};
}

limits::Subject subject_of(const terms::HeldMessage& message) {
    return {.user = message.user,
            .sender = message.sender,
            .client = mail::IpAddress::parse(message.client),
            .daemon = message.daemon};
}

/// False for our own mail, and for recipients of a message that was counted as it came.
bool counts(const ports::HeldItem& item) {
    return item.message.kind == terms::HeldKind::Mail && !item.recipient.finding.is_none();
}

/// The domain of a recipient and its provider.
struct Destination {
    std::string domain;
    std::string provider;

    auto operator<=>(const Destination&) const = default;
};

Destination destination_of(const outbound::RecipientFacts& facts) {
    if (!facts.syntax.has_value()) {
        return {};
    }
    std::string domain = facts.syntax->value.domain().text();
    const bool has_host = facts.route.has_value() && !facts.route->hosts.empty();
    std::string provider =
        mail::provider_of(has_host ? facts.route->hosts.front() : std::string(), domain);
    return {.domain = std::move(domain), .provider = std::move(provider)};
}

/// The key of a recipient of this very message; 0 when the message can't be recognized.
std::int64_t copy_key(std::string_view submission,
                      std::string_view sender,
                      const mail::Recipient& recipient) {
    if (submission.empty()) {
        return 0;
    }
    const std::string name = mail::recipient_key(recipient.as_given());
    const std::array<std::string_view, 4> pieces{"counted", submission, sender, name};
    return static_cast<std::int64_t>(core::short_digest(pieces));
}

/// A limit and its counter, with the recipients who go by it.
using CounterSums = std::vector<std::pair<limits::Use, std::size_t>>;

/// The sums of groups by counter, in the order of the counters in the groups: those that do not go
/// by the destination are in every group.
CounterSums by_counter(std::span<const std::vector<limits::Use>> groups,
                       std::span<const std::size_t> recipients) {
    CounterSums sums;
    std::unordered_map<const limits::Counter*, std::size_t> places;
    for (std::size_t group = 0; group < groups.size(); ++group) {
        if (recipients[group] == 0) {
            continue;
        }
        for (const limits::Use& use : groups[group]) {
            const auto [place, is_new] = places.try_emplace(use.counter, sums.size());
            if (is_new || sums[place->second].first.limit != use.limit) {
                sums.emplace_back(use, recipients[group]);
            } else {
                sums[place->second].second += recipients[group];
            }
        }
    }
    return sums;
}

/// True for a recipient with room, and for everybody when nothing is enforced; then takes the room
/// that there is not.
bool gets_it(std::span<const limits::Use> uses,
             const std::optional<OverLimit>& over,
             bool enforces) {
    const bool has_room = !over.has_value() || over->in_shadow;
    if (!has_room && !enforces) {
        limits::Usage::reserve_anyway(uses);
    }
    return has_room || !enforces;
}

/// The counters of each destination of one message, looked up once.
class Groups {
public:
    Groups(limits::Usage& usage,
           std::span<const LimitSet::Matching> matching,
           terms::Stream stream,
           std::vector<std::vector<limits::Use>>& uses)
        : usage_(usage),
          matching_(matching),
          stream_(stream),
          uses_(uses),
          by_destination_(std::ranges::any_of(matching, [](const LimitSet::Matching& one) {
              return !one.limit->provider.empty();
          })) {}

    /// The number of the recipient's group.
    std::size_t of(const outbound::RecipientFacts& facts) {
        Destination destination = by_destination_ ? destination_of(facts) : Destination();
        const auto [place, is_new] = numbers_.try_emplace(std::move(destination), uses_.size());
        if (is_new) {
            const auto& [domain, provider] = place->first;
            uses_.push_back(
                usage_.uses_of(LimitSet::applying(matching_, stream_, provider, domain)));
        }
        return place->second;
    }

private:
    // NOLINTBEGIN(cppcoreguidelines-avoid-const-or-ref-data-members): lives for one call
    limits::Usage& usage_;
    std::span<const LimitSet::Matching> matching_;
    terms::Stream stream_;
    std::vector<std::vector<limits::Use>>& uses_;
    // NOLINTEND(cppcoreguidelines-avoid-const-or-ref-data-members)
    std::map<Destination, std::size_t> numbers_;
    bool by_destination_;  ///< else all destinations are one
};

}  // namespace

Booking::Booking(Booking&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)),
      groups_(std::move(other.groups_)),
      taken_(std::move(other.taken_)) {}

Booking& Booking::operator=(Booking&& other) noexcept {
    std::swap(owner_, other.owner_);
    groups_.swap(other.groups_);
    taken_.swap(other.taken_);
    return *this;
}

Booking::~Booking() {
    if (owner_ != nullptr) {
        owner_->give_back(*this);
    }
}

std::int64_t SenderLimits::Copies::times(std::int64_t key, core::TimePoint now) const {
    const auto found = by_key_.find(key);
    const bool counts = found != by_key_.end() && found->second.at + kCopyTime > now &&
                        found->second.times < kMostTimes;
    return counts ? found->second.times : 0;
}

void SenderLimits::Copies::put(const ports::CountedCopy& copy) {
    if (copy.times == 0) {
        by_key_.erase(copy.key);
        return;
    }
    by_key_.insert_or_assign(copy.key, Copy{.at = copy.at, .times = copy.times});
    in_order_.push_back(copy.key);
}

void SenderLimits::Copies::forget(core::TimePoint now) {
    while (!in_order_.empty()) {
        const auto oldest = by_key_.find(in_order_.front());
        const bool is_old = oldest != by_key_.end() && oldest->second.at + kCopyTime <= now;
        if (oldest != by_key_.end() && !is_old && in_order_.size() <= kMostCopies) {
            return;
        }
        if (oldest != by_key_.end()) {
            by_key_.erase(oldest);
        }
        in_order_.pop_front();
    }
}

SenderLimits::SenderLimits(const Parts& parts)
    : parts_(parts),
      state_(State{.usage = {},
                   .copies = {},
                   .recent = RecentMessages<Counted>(kMostRecent),
                   .items = {},
                   .pace = {}}) {}

void SenderLimits::load() {
    auto stored = parts_.store.load(parts_.clock.now(), kMostCopies);
    if (!stored.has_value()) {
        trouble_.say(ports::Severity::Error,
                     "what senders have used of their limits can't be read",
                     stored.error().what);
        return;
    }
    state_.with([&](State& state) {
        for (const limits::UsageChange& change : stored->usage) {
            state.usage.apply(change);
        }
        for (const ports::CountedCopy& copy : stored->copies) {
            state.copies.put(copy);
        }
    });
}

std::optional<OverLimit> SenderLimits::take_last(const PassingMessage& message,
                                                 const outbound::RecipientFacts& facts,
                                                 Booking& booking) {
    const LimitSet& limits = message.snapshot->limits;
    if (limits.is_empty()) {
        return std::nullopt;
    }
    const auto matching = limits.matching(subject_of(message));
    const core::TimePoint now = parts_.clock.now();
    booking.owner_ = this;
    return state_.with([&](State& state) -> std::optional<OverLimit> {
        Groups groups(state.usage, matching, terms::Stream::Direct, booking.groups_);
        const std::size_t group = groups.of(facts);
        auto over = limits::Usage::reserve(booking.groups_[group], now);
        if (!over.has_value() || over->in_shadow) {
            booking.taken_.push_back(
                {.position = message.envelope.recipients.size() - 1, .group = group});
        }
        return over;
    });
}

std::vector<std::optional<OverLimit>> SenderLimits::take(const Asked& asked, Booking& booking) {
    std::vector<std::optional<OverLimit>> answers(asked.positions.size());
    const PassingMessage& message = asked.message;
    const LimitSet& limits = message.snapshot->limits;
    if (limits.is_empty()) {
        return answers;
    }
    const bool enforces = message.settings().mode == config::Mode::Enforce;
    const auto matching = limits.matching(subject_of(message));
    const std::string sender = message.envelope.sender_text();
    const core::TimePoint now = parts_.clock.now();
    const auto turn =
        asked.stream == terms::Stream::Bulk ? limits::Turn::BehindAll : limits::Turn::BehindOwn;
    booking.owner_ = this;
    state_.with([&](State& state) {
        give_back_in(booking);
        Groups groups(state.usage, matching, asked.stream, booking.groups_);
        for (std::size_t i = 0; i < asked.positions.size(); ++i) {
            const std::size_t position = asked.positions[i];
            const std::int64_t copy =
                copy_key(asked.submission, sender, message.envelope.recipients.at(position));
            const std::int64_t times = copy == 0 ? 0 : state.copies.times(copy, now);
            const std::size_t group = groups.of(asked.facts[position]);
            if (times == 0) {
                answers[i] = limits::Usage::reserve(booking.groups_[group], now, turn);
            }
            if (gets_it(booking.groups_[group], answers[i], enforces)) {
                booking.taken_.push_back(
                    {.position = position, .group = group, .copy = copy, .times = times});
            }
        }
        if (asked.only_asked) {
            give_back_in(booking);
        }
    });
    return answers;
}

void SenderLimits::left(Booking& booking,
                        const PassingMessage& message,
                        std::span<const std::size_t> positions) {
    if (booking.owner_ == nullptr) {
        return;
    }
    const core::TimePoint now = parts_.clock.now();
    std::vector<ports::CountedCopy> copies;
    std::vector<limits::UsageChange> changes = state_.with([&](State& state) {
        std::vector<std::size_t> left(booking.groups_.size());
        std::vector<Booking::Taken> others;
        for (const Booking::Taken& taken : booking.taken_) {
            if (!std::ranges::binary_search(positions, taken.position)) {
                others.push_back(taken);
                continue;
            }
            left[taken.group] += taken.times == 0 ? 1U : 0U;
            if (taken.copy != 0) {
                copies.push_back({.key = taken.copy, .at = now, .times = taken.times + 1});
            }
        }
        Counted counted;
        for (const auto& [use, recipients] : by_counter(booking.groups_, left)) {
            limits::Usage::count(std::span(&use, 1), recipients, now, counted.changes);
        }
        booking.taken_ = std::move(others);
        give_back_in(booking);
        for (const ports::CountedCopy& copy : copies) {
            state.copies.put(copy);
            counted.copies.push_back(copy.key);
        }
        std::vector<limits::UsageChange> to_write = counted.changes;
        const std::size_t size = copies.size() + (kOfChange * to_write.size());
        state.recent.note(message.envelope.queue_id, now, size, std::move(counted));
        return to_write;
    });
    booking.owner_ = nullptr;
    write(changes, copies);
}

core::TimePoint SenderLimits::next_look(const OverLimit& over, core::TimePoint now) {
    return std::clamp<core::TimePoint>(over.opens_at, now + kSoonestLook, now + kLatestLook);
}

std::optional<core::TimePoint> SenderLimits::take_item(const ports::HeldItem& item,
                                                       const outbound::RecipientFacts& facts,
                                                       const Snapshot& snapshot) {
    const std::string provider = destination_of(facts).provider;
    const std::size_t per_minute = snapshot.settings.pace.per_minute;
    const core::TimePoint now = parts_.clock.now();
    const auto is_full = [&](State& state) -> std::optional<core::TimePoint> {
        limits::Window& pace =
            state.pace.try_emplace(provider, std::chrono::minutes(1)).first->second;
        return per_minute > 0 && pace.sum(now) >= per_minute
                   ? std::optional(pace.falls_to(per_minute - 1, now))
                   : std::nullopt;
    };
    if (const auto later = state_.with(is_full)) {
        return later;
    }
    if (const auto over = take_room(item, facts, snapshot.limits)) {
        return next_look(*over, now);
    }
    state_.with([&](State& state) {
        state.pace.try_emplace(provider, std::chrono::minutes(1)).first->second.add(now, 1);
    });
    return std::nullopt;
}

std::optional<OverLimit> SenderLimits::take_room(const ports::HeldItem& item,
                                                 const outbound::RecipientFacts& facts,
                                                 const LimitSet& limits) {
    if (!counts(item) || limits.is_empty()) {
        return std::nullopt;
    }
    const auto matching = limits.matching(subject_of(item.message));
    const core::TimePoint now = parts_.clock.now();
    return state_.with([&](State& state) -> std::optional<OverLimit> {
        settle_item(state, item.recipient.id);
        std::vector<std::vector<limits::Use>> groups;
        Groups(state.usage, matching, item.message.stream, groups).of(facts);
        const std::vector<limits::Use>& uses = groups.front();
        ItemRoom room;
        room.limits.reserve(uses.size());
        for (const auto& [limit, counter] : uses) {
            room.limits.push_back(*limit);
            room.uses.push_back({.limit = &room.limits.back(), .counter = counter});
        }
        auto over = limits::Usage::reserve(room.uses, now);
        if (over.has_value() && !over->in_shadow) {
            limits::Usage::stand_in_line(room.uses, now, next_look(*over, now) + kLineSlack);
            return over;
        }
        state.items.emplace(item.recipient.id, std::move(room));
        return std::nullopt;
    });
}

std::optional<core::TimePoint> SenderLimits::wait_for_room(const ports::HeldItem& item,
                                                           const LimitSet& limits) {
    const outbound::RecipientFacts facts{
        .syntax = mail::Address::parse(item.recipient.address, mail::Smtputf8::Yes)};
    const auto over = take_room(item, facts, limits);
    return over.has_value() ? std::optional(next_look(*over, parts_.clock.now())) : std::nullopt;
}

void SenderLimits::item_left(const ports::HeldItem& item, const LimitSet& limits) {
    if (!counts(item) || limits.is_empty()) {
        return;
    }
    const auto matching = limits.matching(subject_of(item.message));
    const std::string key = mail::recipient_key(item.recipient.address);
    const std::string domain(mail::recipient_domain(key));
    const core::TimePoint now = parts_.clock.now();
    std::vector<limits::UsageChange> changes;
    state_.with([&](State& state) {
        if (auto taken = state.items.extract(item.recipient.id)) {
            limits::Usage::count(taken.mapped().uses, 1, now, changes);
            return;
        }
        const auto uses =
            state.usage.uses_of(LimitSet::applying(matching, item.message.stream, domain, domain));
        limits::Usage::reserve_anyway(uses);
        limits::Usage::count(uses, 1, now, changes);
    });
    write(changes, {});
}

void SenderLimits::settle_items() {
    state_.with([](State& state) {
        while (!state.items.empty()) {
            settle_item(state, state.items.begin()->first);
        }
    });
}

void SenderLimits::settle_item(State& state, std::int64_t id) {
    if (const auto room = state.items.extract(id)) {
        limits::Usage::give_back(room.mapped().uses);
    }
}

bool SenderLimits::on_outcome(const ports::JournalEntry& entry, core::TimePoint /*now*/) {
    // The MTA has the message: whoever submits it again sends it again.
    const mail::MtaOutcome& outcome = entry.outcome;
    std::vector<ports::CountedCopy> gone;
    state_.with([&](State& state) {
        const Counted* const counted = state.recent.find(outcome.queue_id, outcome.at);
        if (counted == nullptr) {
            return;
        }
        for (const std::int64_t key : counted->copies) {
            gone.push_back({.key = key, .at = {}, .times = 0});
            state.copies.put(gone.back());
        }
        state.recent.forget(outcome.queue_id);
    });
    write({}, gone);
    return true;
}

bool SenderLimits::on_refused(const mail::DroppedMessage& message, core::TimePoint /*now*/) {
    std::vector<limits::UsageChange> changes;
    std::vector<ports::CountedCopy> gone;
    state_.with([&](State& state) {
        const Counted* const counted = state.recent.find(message.queue_id, message.at);
        if (counted == nullptr) {
            return;
        }
        for (limits::UsageChange change : counted->changes) {
            change.recipients = -change.recipients;
            state.usage.apply(change);
            changes.push_back(std::move(change));
        }
        for (const std::int64_t key : counted->copies) {
            gone.push_back({.key = key, .at = {}, .times = 0});
            state.copies.put(gone.back());
        }
        state.recent.forget(message.queue_id);
    });
    write(changes, gone);
    return true;
}

void SenderLimits::give_back(Booking& booking) {
    state_.with([&](State& /*state*/) { give_back_in(booking); });
}

void SenderLimits::give_back_in(Booking& booking) {
    for (const Booking::Taken& taken : booking.taken_) {
        if (taken.times == 0) {
            limits::Usage::give_back(booking.groups_[taken.group]);
        }
    }
    booking.taken_.clear();
    booking.groups_.clear();
}

void SenderLimits::write(std::span<const limits::UsageChange> changes,
                         std::span<const ports::CountedCopy> copies) {
    if (changes.empty() && copies.empty()) {
        return;
    }
    if (const auto written = parts_.store.add(changes, copies); !written.has_value()) {
        trouble_.say(ports::Severity::Warning,
                     "what senders have used of their limits is not written down",
                     written.error().what);
    }
}

void SenderLimits::work() {
    const core::SteadyPoint steady = parts_.clock.steady_now();
    if (steady < next_work_) {
        return;
    }
    next_work_ = steady + kBetweenWork;
    const core::TimePoint now = parts_.clock.now();
    state_.with([&](State& state) {
        state.usage.forget(now);
        state.copies.forget(now);
        for (auto place = state.pace.begin(); place != state.pace.end();) {
            place = place->second.sum(now) == 0 ? state.pace.erase(place) : std::next(place);
        }
    });
    if (const auto forgotten = parts_.store.forget(now, now - kCopyTime); !forgotten.has_value()) {
        trouble_.say(ports::Severity::Warning,
                     "old usage of limits can't be removed",
                     forgotten.error().what);
    }
}

}  // namespace holdback::flow
