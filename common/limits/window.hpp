// SPDX-License-Identifier: Apache-2.0
#pragma once
// Recipients within a sliding window.

#include "core/clock.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace holdback::limits {

/// Counts recipients within the last `length`. Time is cut into slots of a sixtieth of it, at least
/// a second; a slot leaves when its last moment is `length` ago, so the sum is never too small. A
/// window takes wall-clock time, since it outlives the program; a clock that was set back moves
/// what lies in the future to now. No lock.
class Window {
public:
    struct Slot {
        std::int64_t number = 0;  ///< its beginning since 1970, in slots
        std::size_t recipients = 0;

        bool operator==(const Slot&) const = default;
    };

    /// `length` is at least a second.
    explicit Window(std::chrono::seconds length);

    [[nodiscard]] std::chrono::seconds length() const { return length_; }

    /// Counts recipients, and gives the number of their slot.
    std::int64_t add(core::TimePoint now, std::size_t recipients);
    /// Takes over a slot that was stored.
    void restore(const Slot& slot);
    /// Counts recipients of a slot no longer; does nothing for what has left the window.
    void take_back(std::int64_t slot, std::size_t recipients);

    [[nodiscard]] std::size_t sum(core::TimePoint now);
    /// When at most `most` recipients are left in it, if none is added. `now` if that is so
    /// already.
    [[nodiscard]] core::TimePoint falls_to(std::size_t most, core::TimePoint now);
    /// When recipients who are counted now leave a window of this length.
    [[nodiscard]] static core::TimePoint leaves_at(core::TimePoint now,
                                                   std::chrono::seconds length);

private:
    [[nodiscard]] std::int64_t slot_at(core::TimePoint time) const;
    [[nodiscard]] core::TimePoint end_of(std::int64_t slot) const;
    void forget(core::TimePoint now);

    std::chrono::seconds length_;
    std::chrono::seconds width_;
    std::vector<Slot> slots_;  ///< ascending; some sixty at most
    std::size_t sum_ = 0;
};

}  // namespace holdback::limits
