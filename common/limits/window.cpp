// SPDX-License-Identifier: Apache-2.0
#include "limits/window.hpp"

#include "core/clock.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace holdback::limits {

namespace {

constexpr int kSlots = 60;

}  // namespace

Window::Window(std::chrono::seconds length)
    : length_(length), width_(std::max(length / kSlots, std::chrono::seconds(1))) {}

std::int64_t Window::slot_at(core::TimePoint time) const {
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch() / width_;
}

core::TimePoint Window::end_of(std::int64_t slot) const {
    return core::TimePoint((slot + 1) * width_ + length_);
}

void Window::forget(core::TimePoint now) {
    auto kept = slots_.begin();
    for (; kept != slots_.end() && end_of(kept->number) <= now; ++kept) {
        sum_ -= kept->recipients;
    }
    slots_.erase(slots_.begin(), kept);
    const std::int64_t current = slot_at(now);
    std::size_t ahead = 0;
    while (!slots_.empty() && slots_.back().number > current) {
        ahead += slots_.back().recipients;
        slots_.pop_back();
    }
    if (ahead > 0) {
        sum_ -= ahead;
        restore({.number = current, .recipients = ahead});
    }
}

std::int64_t Window::add(core::TimePoint now, std::size_t recipients) {
    forget(now);
    const std::int64_t slot = slot_at(now);
    restore({.number = slot, .recipients = recipients});
    return slot;
}

void Window::restore(const Slot& slot) {
    const auto place = std::ranges::lower_bound(slots_, slot.number, {}, &Slot::number);
    if (place != slots_.end() && place->number == slot.number) {
        place->recipients += slot.recipients;
    } else {
        slots_.insert(place, slot);
    }
    sum_ += slot.recipients;
}

void Window::take_back(std::int64_t slot, std::size_t recipients) {
    const auto place = std::ranges::lower_bound(slots_, slot, {}, &Slot::number);
    if (place == slots_.end() || place->number != slot) {
        return;
    }
    const std::size_t taken = std::min(place->recipients, recipients);
    place->recipients -= taken;
    sum_ -= taken;
}

std::size_t Window::sum(core::TimePoint now) {
    forget(now);
    return sum_;
}

core::TimePoint Window::falls_to(std::size_t most, core::TimePoint now) {
    std::size_t left = sum(now);
    core::TimePoint at = now;
    for (const Slot& slot : slots_) {
        if (left <= most) {
            break;
        }
        left -= slot.recipients;
        at = end_of(slot.number);
    }
    return at;
}

core::TimePoint Window::leaves_at(core::TimePoint now, std::chrono::seconds length) {
    const Window window(length);
    return window.end_of(window.slot_at(now));
}

}  // namespace holdback::limits
