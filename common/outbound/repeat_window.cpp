// SPDX-License-Identifier: Apache-2.0
#include "outbound/repeat_window.hpp"

#include "core/clock.hpp"
#include "core/digest.hpp"
#include "outbound/content_fingerprint.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::outbound {

namespace {

constexpr std::size_t kMostArrivals = 1000;

/// The name depends on the content alone, so that it survives a restart.
std::string name_of(std::string_view sender,
                    std::uint64_t subject,
                    const std::vector<std::uint32_t>& sketch) {
    constexpr std::size_t kDigits = 12;
    const std::string content = sketch.empty() ? fmt::format("subject {:x}", subject)
                                               : fmt::format("text {:x}", fmt::join(sketch, " "));
    const std::array<std::string_view, 2> pieces{sender, content};
    return fmt::format("fp:{}", core::digest_hex(pieces).substr(0, kDigits));
}

}  // namespace

RepeatWindow::Counts RepeatWindow::observe(const Message& message,
                                           std::size_t enough,
                                           std::chrono::seconds window,
                                           core::SteadyPoint now) {
    const auto count = [&](Entry& known) {
        std::deque<Arrival>& arrivals = known.arrivals;
        std::erase_if(arrivals, [&](const Arrival& arrival) {
            return arrival.at + window <= now || arrival.recipients == message.recipients;
        });
        arrivals.push_back({now, message.recipients});
        while (arrivals.size() > std::clamp(enough, std::size_t{1}, kMostArrivals)) {
            arrivals.pop_front();
        }
        return arrivals.size();
    };
    Counts counts;
    if (message.content.subject != 0) {
        Entry& known = entry(message.sender, message.content.subject, {});
        counts.subject = count(known);
        counts.subject_name = known.name;
    }
    if (!message.content.sketch.empty()) {
        Entry& known = entry(message.sender, 0, message.content.sketch);
        counts.text = count(known);
        counts.text_name = known.name;
        counts.text_sketch = known.sketch;
    }
    return counts;
}

RepeatWindow::Entry* RepeatWindow::find(std::string_view sender,
                                        std::uint64_t subject,
                                        const std::vector<std::uint32_t>& sketch) {
    const auto of_sender = by_sender_.find(std::string(sender));
    if (of_sender == by_sender_.end()) {
        return nullptr;
    }
    auto& entries = of_sender->second;
    const auto known = std::ranges::find_if(entries, [&](const Entries::iterator& candidate) {
        return subject != 0 ? candidate->subject == subject : same_text(candidate->sketch, sketch);
    });
    if (known == entries.end()) {
        return nullptr;
    }
    entries.splice(entries.begin(), entries, known);
    by_age_.splice(by_age_.begin(), by_age_, entries.front());
    return &by_age_.front();
}

RepeatWindow::Entry& RepeatWindow::entry(std::string_view sender,
                                         std::uint64_t subject,
                                         const std::vector<std::uint32_t>& sketch) {
    if (Entry* const known = find(sender, subject, sketch)) {
        return *known;
    }
    add({.sender = std::string(sender),
         .name = name_of(sender, subject, sketch),
         .subject = subject,
         .sketch = sketch,
         .arrivals = {}});
    return by_age_.front();
}

void RepeatWindow::add(Entry entry) {
    if (const auto of_sender = by_sender_.find(entry.sender);
        of_sender != by_sender_.end() && of_sender->second.size() >= limits_.of_sender) {
        drop(of_sender->second.back());
    }
    if (by_age_.size() >= limits_.entries) {
        drop(std::prev(by_age_.end()));
    }
    by_age_.push_front(std::move(entry));
    by_sender_[by_age_.front().sender].push_front(by_age_.begin());
}

void RepeatWindow::drop(Entries::iterator entry) {
    const auto of_sender = by_sender_.find(entry->sender);
    of_sender->second.remove(entry);
    if (of_sender->second.empty()) {
        by_sender_.erase(of_sender);
    }
    by_age_.erase(entry);
}

void RepeatWindow::restore(const KnownText& text) {
    if (text.sketch.empty() || find(text.sender, 0, text.sketch) != nullptr) {
        return;
    }
    add({.sender = text.sender,
         .name = text.name,
         .subject = 0,
         .sketch = text.sketch,
         .arrivals = {}});
}

}  // namespace holdback::outbound
