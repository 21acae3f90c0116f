// SPDX-License-Identifier: Apache-2.0
#include "tests/support/memory_usage.hpp"

#include "core/clock.hpp"
#include "core/result.hpp"
#include "limits/usage.hpp"
#include "ports/suppression_store.hpp"
#include "ports/usage_store.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <mutex>
#include <span>
#include <string_view>
#include <utility>

namespace holdback::support {

core::Result<ports::UsageStore::Stored, ports::StoreError> MemoryUsageStore::load(
    core::TimePoint /*now*/, std::size_t most_copies) {
    const std::scoped_lock lock(mutex_);
    if (auto what = trouble_.met()) {
        return std::unexpected(ports::StoreError{*std::move(what)});
    }
    Stored stored = stored_;
    for (const auto& [key, copy] : copies_) {
        if (stored.copies.size() < most_copies) {
            stored.copies.push_back(copy);
        }
    }
    std::ranges::sort(stored.copies, {}, &ports::CountedCopy::at);
    return stored;
}

core::Result<void, ports::StoreError> MemoryUsageStore::add(
    std::span<const limits::UsageChange> changes, std::span<const ports::CountedCopy> copies) {
    const std::scoped_lock lock(mutex_);
    if (auto what = trouble_.met()) {
        return std::unexpected(ports::StoreError{*std::move(what)});
    }
    changes_ += changes.size();
    for (const limits::UsageChange& change : changes) {
        const auto slot = std::ranges::find_if(stored_.usage, [&](const auto& known) {
            return known.counter == change.counter && known.window == change.window &&
                   known.slot == change.slot;
        });
        if (slot == stored_.usage.end()) {
            stored_.usage.push_back(change);
        } else {
            slot->recipients += change.recipients;
        }
    }
    for (const ports::CountedCopy& copy : copies) {
        if (copy.times == 0) {
            copies_.erase(copy.key);
        } else {
            copies_.insert_or_assign(copy.key, copy);
        }
    }
    return {};
}

core::Result<void, ports::StoreError> MemoryUsageStore::forget(core::TimePoint /*now*/,
                                                               core::TimePoint copies_since) {
    const std::scoped_lock lock(mutex_);
    if (auto what = trouble_.met()) {
        return std::unexpected(ports::StoreError{*std::move(what)});
    }
    std::erase_if(copies_, [&](const auto& entry) { return entry.second.at < copies_since; });
    return {};
}

std::int64_t MemoryUsageStore::sum(std::string_view limit, std::string_view key) const {
    const std::scoped_lock lock(mutex_);
    std::int64_t sum = 0;
    for (const limits::UsageChange& slot : stored_.usage) {
        sum += slot.counter.limit == limit && slot.counter.key == key ? slot.recipients : 0;
    }
    return sum;
}

std::size_t MemoryUsageStore::copies() const {
    const std::scoped_lock lock(mutex_);
    return copies_.size();
}

}  // namespace holdback::support
