// SPDX-License-Identifier: Apache-2.0
#pragma once
// Counts recent messages of one sender that say the same thing.

#include "core/clock.hpp"
#include "outbound/content_fingerprint.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace holdback::outbound {

/// The first form of a sender's text. Later messages are compared with it.
struct KnownText {
    std::string sender;
    std::string name;  ///< short and stable: "fp:" and hexadecimal digits
    std::vector<std::uint32_t> sketch;

    bool operator==(const KnownText&) const = default;
};

/// Recent subjects and texts of senders, each with its messages in a sliding window. Only messages
/// to other recipients than before count: the tenth alarm to one administrator is no campaign, nor
/// is a thread. Bounded in total and per sender: a new entry replaces the one seen longest ago.
class RepeatWindow {
public:
    struct Limits {
        std::size_t entries = 20'000;
        std::size_t of_sender = 64;
    };

    explicit RepeatWindow(Limits limits) : limits_(limits) {}
    RepeatWindow() : RepeatWindow(Limits{}) {}

    struct Message {
        std::string_view sender;
        const ContentFingerprint& content;  // NOLINT(*-avoid-const-or-ref-data-members): arguments
        std::uint64_t recipients = 0;       ///< a hash of its recipients
    };

    /// Messages within the window, this one included. 0 and an empty name when the fingerprint
    /// tells nothing.
    struct Counts {
        std::size_t subject = 0;
        std::size_t text = 0;
        std::string subject_name;
        std::string text_name;
        std::vector<std::uint32_t> text_sketch;  ///< of the first such text
    };

    /// Counts a message. The counts within `window` before `now` stop at `enough` (at most 1000).
    [[nodiscard]] Counts observe(const Message& message,
                                 std::size_t enough,
                                 std::chrono::seconds window,
                                 core::SteadyPoint now);

    /// Adds a text that was known before a restart, without messages.
    void restore(const KnownText& text);

    [[nodiscard]] std::size_t size() const { return by_age_.size(); }

private:
    struct Arrival {
        core::SteadyPoint at;
        std::uint64_t recipients = 0;
    };
    struct Entry {
        std::string sender;
        std::string name;
        std::uint64_t subject;              // 0: a text
        std::vector<std::uint32_t> sketch;  // empty: a subject
        std::deque<Arrival> arrivals;       // oldest first
    };
    using Entries = std::list<Entry>;

    /// Finds an entry and makes it the newest; nullptr when it is unknown.
    [[nodiscard]] Entry* find(std::string_view sender,
                              std::uint64_t subject,
                              const std::vector<std::uint32_t>& sketch);
    [[nodiscard]] Entry& entry(std::string_view sender,
                               std::uint64_t subject,
                               const std::vector<std::uint32_t>& sketch);
    void add(Entry entry);
    void drop(Entries::iterator entry);

    Limits limits_;
    Entries by_age_;                                                           // last seen first
    std::unordered_map<std::string, std::list<Entries::iterator>> by_sender_;  // last seen first
};

}  // namespace holdback::outbound
