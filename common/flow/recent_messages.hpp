// SPDX-License-Identifier: Apache-2.0
#pragma once
// What is kept of the last messages that we let go, for when the MTA's log mentions them.

#include "core/clock.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace holdback::flow {

/// Something about each of the last messages, by queue id. Bounded by the sum of their recipients;
/// the oldest go first. No lock.
template <typename T>
class RecentMessages {
public:
    explicit RecentMessages(std::size_t most_recipients) : most_(most_recipients) {}

    /// Remembers a message; it replaces an earlier one of this queue id. One without a queue id is
    /// never mentioned.
    void note(std::string_view queue_id, core::TimePoint at, std::size_t recipients, T what) {
        if (queue_id.empty()) {
            return;
        }
        const std::string id(queue_id);
        const auto [place, is_new] = by_queue_id_.try_emplace(id);
        Entry& entry = place->second;
        if (is_new) {
            in_order_.push_back(id);
        }
        recipients_ += recipients - entry.recipients;
        entry = {.at = at, .recipients = recipients, .what = std::move(what)};
        while (recipients_ > most_ && in_order_.size() > 1) {
            if (const auto oldest = by_queue_id_.extract(in_order_.front())) {
                recipients_ -= oldest.mapped().recipients;
            }
            in_order_.pop_front();
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
            recipients_ -= found->second.recipients;
            found->second = {};
        }
    }

private:
    struct Entry {
        core::TimePoint at;
        std::size_t recipients = 0;
        T what{};
    };

    std::size_t most_;
    std::unordered_map<std::string, Entry> by_queue_id_;
    std::deque<std::string> in_order_;
    std::size_t recipients_ = 0;
};

}  // namespace holdback::flow
