// SPDX-License-Identifier: Apache-2.0
#pragma once
// How much of each limit is used.

#include "config/rate.hpp"
#include "core/clock.hpp"
#include "limits/limit_set.hpp"
#include "limits/over_limit.hpp"
#include "limits/window.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace holdback::limits {

/// What one counter has counted: a window for each time that its limit names, and the recipients of
/// messages under way, who count until it is known whether they leave.
class Counter {
public:
    [[nodiscard]] const CounterName& name() const { return *name_; }

private:
    friend class Usage;

    Window& window(std::chrono::seconds length);

    const CounterName* name_ = nullptr;  ///< the key of the map that holds it
    std::vector<Window> windows_;
    std::size_t reserved_ = 0;
    core::TimePoint line_until_;  ///< until then, held mail waits for room
};

/// A limit that applies, with its counter.
struct Use {
    const config::Limit* limit;
    Counter* counter;
};

/// A change of what is stored: `recipients` more in a slot, or fewer.
struct UsageChange {
    CounterName counter;
    std::chrono::seconds window{0};
    std::int64_t slot = 0;
    std::int64_t recipients = 0;

    bool operator==(const UsageChange&) const = default;
};

/// Whose turn it is when held mail waits for room under a limit whose action is `Hold`.
enum class Turn : std::uint8_t {
    InLine,     ///< mail that has waited, or does not have to
    BehindOwn,  ///< waits behind held mail of the same key, not behind everyone's
    BehindAll,  ///< waits behind held mail
};

/// All counters. No lock.
class Usage {
public:
    /// The counters of limits, made where they are missing. They stay where they are as long as
    /// something is reserved in them or a window has recipients.
    [[nodiscard]] std::vector<Use> uses_of(std::span<const Applying> applying);

    /// Reserves room for a recipient in all counters, if all have room; else gives the limit that
    /// has none, the gravest action first. Limits in shadow stand in nobody's way: where one is
    /// alone without room, room is reserved and the limit is given with `in_shadow`.
    [[nodiscard]] static std::optional<OverLimit> reserve(std::span<const Use> uses,
                                                          core::TimePoint now,
                                                          Turn turn = Turn::InLine);
    /// Held mail waits for room in these counters, and asks again before `until`.
    static void stand_in_line(std::span<const Use> uses,
                              core::TimePoint now,
                              core::TimePoint until);
    /// Reserves without a look at the room: the recipient leaves in any case.
    static void reserve_anyway(std::span<const Use> uses);
    static void give_back(std::span<const Use> uses);
    /// Reserved recipients have left: counts them. Adds what is to be stored to `changes`.
    static void count(std::span<const Use> uses,
                      std::size_t recipients,
                      core::TimePoint now,
                      std::vector<UsageChange>& changes);

    /// Takes over what was stored, or takes back what was counted (`recipients` below zero).
    void apply(const UsageChange& change);

    /// Forgets counters that have nothing to tell.
    void forget(core::TimePoint now);
    [[nodiscard]] std::size_t size() const { return counters_.size(); }

private:
    /// nullopt: the cap has room for one more.
    [[nodiscard]] static std::optional<OverLimit> without_room(const Use& use,
                                                               const config::Rate& cap,
                                                               core::TimePoint now,
                                                               Turn turn);
    Counter& counter(const CounterName& name);

    std::map<CounterName, Counter> counters_;
};

}  // namespace holdback::limits
