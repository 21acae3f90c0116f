// SPDX-License-Identifier: Apache-2.0
#pragma once
// What is kept of the last messages that we let go, for when the MTA's log mentions them.

#include "core/clock.hpp"

#include <chrono>
#include <cstddef>
#include <iterator>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace holdback::flow {

/// Something about each of the last messages, by queue id. Bounded by the sum of their sizes; the
/// oldest go first. No lock.
template <typename T>
class RecentMessages {
public:
    explicit RecentMessages(std::size_t most) : most_(most) {}

    /// Remembers a message; it replaces an earlier one of this queue id. One without a queue id is
    /// never mentioned. `size` says how much is kept, such as its recipients; the message itself
    /// adds one.
    void note(std::string_view queue_id, core::TimePoint at, std::size_t size, T what) {
        if (queue_id.empty()) {
            return;
        }
        const std::string id(queue_id);
        forget(id);
        in_order_.push_back(id);
        size_ += size + 1;
        by_queue_id_.insert_or_assign(id,
                                      Entry{.at = at,
                                            .size = size + 1,
                                            .what = std::move(what),
                                            .place = std::prev(in_order_.end())});
        while (size_ > most_ && in_order_.size() > 1) {
            forget(std::string(in_order_.front()));
        }
    }

    /// The message that a log line of this time is about, or nullptr. Queue ids are used again.
    [[nodiscard]] const T* find(const std::string& queue_id, core::TimePoint at) const {
        // The log's times are truncated to seconds.
        constexpr std::chrono::seconds kSlack{2};
        const auto found = by_queue_id_.find(queue_id);
        return found == by_queue_id_.end() || at + kSlack < found->second.at ? nullptr
                                                                             : &found->second.what;
    }

    /// Takes a message out: it was settled.
    void forget(const std::string& queue_id) {
        if (const auto found = by_queue_id_.find(queue_id); found != by_queue_id_.end()) {
            size_ -= found->second.size;
            in_order_.erase(found->second.place);
            by_queue_id_.erase(found);
        }
    }

    [[nodiscard]] std::size_t messages() const { return by_queue_id_.size(); }

private:
    struct Entry {
        core::TimePoint at;
        std::size_t size = 0;
        T what;
        std::list<std::string>::iterator place;  ///< in `in_order_`
    };

    std::size_t most_;
    std::unordered_map<std::string, Entry> by_queue_id_;
    std::list<std::string> in_order_;
    std::size_t size_ = 0;
};

}  // namespace holdback::flow
