// SPDX-License-Identifier: Apache-2.0
#pragma once
// Keeps senders within the limits of the settings: what each has sent, and who may still send.

#include "config/limit.hpp"
#include "core/clock.hpp"
#include "core/guarded.hpp"
#include "flow/passing_message.hpp"
#include "flow/recent_messages.hpp"
#include "flow/snapshot.hpp"
#include "flow/store_trouble.hpp"
#include "limits/limit_set.hpp"
#include "limits/over_limit.hpp"
#include "limits/usage.hpp"
#include "limits/window.hpp"
#include "mail/outcome.hpp"
#include "outbound/findings.hpp"
#include "ports/held_store.hpp"
#include "ports/journal.hpp"
#include "ports/log.hpp"
#include "ports/usage_store.hpp"
#include "terms/stream.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace holdback::flow {

class SenderLimits;

/// The room that a message has taken under the limits for its recipients. What has not left
/// (`SenderLimits::left`) when it ends is given back. Used by one thread at a time, and ends before
/// the limits and before the snapshot of its message.
class Booking {
public:
    Booking() = default;
    Booking(const Booking&) = delete;
    Booking& operator=(const Booking&) = delete;
    Booking(Booking&& other) noexcept;
    Booking& operator=(Booking&& other) noexcept;
    ~Booking();

private:
    friend class SenderLimits;

    struct Taken {
        std::size_t position = 0;  ///< in the envelope
        std::size_t group = 0;     ///< of `groups`
        std::int64_t copy = 0;     ///< the key of `CountedCopy`; 0: none
        std::int64_t times = 0;    ///< how often he was counted before; then nothing is reserved
    };

    SenderLimits* owner_ = nullptr;
    std::vector<std::vector<limits::Use>> groups_;  ///< recipients of one destination share one
    std::vector<Taken> taken_;
};

/// The use case. Counts in memory, under one lock, so that a limit is never passed by several
/// sessions together; and writes what has left before the MTA is answered, so that the end of the
/// program at any moment forgets nobody who got mail. Safe from several threads.
class SenderLimits final : public ports::OutcomeListener {
public:
    /// All outlive the object.
    struct Parts {
        ports::UsageStore& store;
        ports::Log& log;
        core::Clock& clock;
    };

    explicit SenderLimits(const Parts& parts);

    /// Reads what was counted before. Call it when the store comes into use.
    void load();

    /// Takes room for the last recipient of the envelope, as direct mail. Gives the limit that has
    /// none, or that is passed in shadow; nullopt: there is room.
    [[nodiscard]] std::optional<limits::OverLimit> take_last(const PassingMessage& message,
                                                             const outbound::RecipientFacts& facts,
                                                             Booking& booking);

    /// What decides about the recipients of a message whose header is known.
    struct Asked {
        const PassingMessage& message;
        /// Equal for two submissions of one message: `outbound::header_digest`.
        std::string_view submission;
        terms::Stream stream;
        std::span<const outbound::RecipientFacts> facts;  ///< one for each recipient
        std::span<const std::size_t> positions;  ///< recipients who are to get it, ascending
        bool only_asked = false;                 ///< gives everything back at once
    };
    /// Takes room for recipients in their order, in place of what the message had taken before.
    /// Gives one answer for each of `positions`. A recipient to whom this message was counted
    /// before needs no room. When nothing is enforced, everybody gets room.
    [[nodiscard]] std::vector<std::optional<limits::OverLimit>> take(const Asked& asked,
                                                                     Booking& booking);

    /// The message leaves to these of its recipients: counts them, durably, and gives back what it
    /// took for others. Once for each booking; later calls do nothing.
    void left(Booking& booking,
              const PassingMessage& message,
              std::span<const std::size_t> positions);

    /// Takes room for a held item that is to leave by itself, under the limits of its sender and
    /// the pace of its destination; ends with `settle_items`. Items that go by no limit, or were
    /// counted before, have room. As long as an item asks in vain, new mail waits behind it: see
    /// `limits::Turn`. nullopt: it may leave. Else gives when to ask again. One thread calls it.
    [[nodiscard]] std::optional<core::TimePoint> take_item(const ports::HeldItem& item,
                                                           const outbound::RecipientFacts& facts,
                                                           const Snapshot& snapshot);
    /// Room for an item without a look at DNS and at the pace: the recipient's domain stands for
    /// its provider. When to ask again; nullopt: there is room.
    [[nodiscard]] std::optional<core::TimePoint> wait_for_room(const ports::HeldItem& item,
                                                               const limits::LimitSet& limits);
    /// When an item for which there was no room asks again.
    [[nodiscard]] static core::TimePoint next_look(const limits::OverLimit& over,
                                                   core::TimePoint now);
    /// A held item has left, whoever released it: counts it, with or without room.
    void item_left(const ports::HeldItem& item, const limits::LimitSet& limits);
    /// The items of `take_item` have left or will not: gives back what is left.
    void settle_items();

    [[nodiscard]] bool on_outcome(const ports::JournalEntry& entry, core::TimePoint now) override;
    [[nodiscard]] bool on_refused(const mail::DroppedMessage& message,
                                  core::TimePoint now) override;

    /// Forgets what no longer counts. Called every second or so by one thread.
    void work();

private:
    friend class Booking;

    /// Who was counted lately, so that a message that comes again does not count again. Bounded.
    class Copies {
    public:
        /// 0: not counted, or counted so often that it is no longer the same mail.
        [[nodiscard]] std::int64_t times(std::int64_t key, core::TimePoint now) const;
        void put(const ports::CountedCopy& copy);
        void forget(core::TimePoint now);

    private:
        struct Copy {
            core::TimePoint at;
            std::int64_t times = 0;
        };
        std::unordered_map<std::int64_t, Copy> by_key_;
        std::deque<std::int64_t> in_order_;
    };
    /// What was counted for a message, to be taken back when the MTA did not take it.
    struct Counted {
        std::vector<limits::UsageChange> changes;
        std::vector<std::int64_t> copies;
    };
    /// The room of a held item. It may outlive the settings by which it was taken.
    struct ItemRoom {
        std::vector<config::Limit> limits;
        std::vector<limits::Use> uses;  ///< of these
    };
    struct State {
        limits::Usage usage;
        Copies copies;
        RecentMessages<Counted> recent;
        std::map<std::int64_t, ItemRoom> items;  ///< by the id of the held item
        /// What left by itself in the last minute, by provider.
        std::map<std::string, limits::Window> pace;
    };

    [[nodiscard]] std::optional<limits::OverLimit> take_room(const ports::HeldItem& item,
                                                             const outbound::RecipientFacts& facts,
                                                             const limits::LimitSet& limits);
    void give_back(Booking& booking);
    static void give_back_in(Booking& booking);
    static void settle_item(State& state, std::int64_t id);
    void write(std::span<const limits::UsageChange> changes,
               std::span<const ports::CountedCopy> copies);

    Parts parts_;
    StoreTrouble trouble_{parts_.log, parts_.clock};
    core::Guarded<State> state_;
    core::SteadyPoint next_work_;
};

}  // namespace holdback::flow
