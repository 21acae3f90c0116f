// SPDX-License-Identifier: Apache-2.0
#pragma once
// How many messages of one sender said the same lately.

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

/// A text of a sender as it came first: what its later messages are compared with.
struct KnownText {
    std::string sender;
    std::string name;  ///< short and stable: "fp:" and hexadecimal digits
    std::vector<std::uint32_t> sketch;

    bool operator==(const KnownText&) const = default;
};

/// Recent subjects and texts of senders, each with the messages of a sliding window. Only messages
/// to other recipients than before count: the tenth alarm to one administrator is no campaign, and
/// neither is a thread. Bounded, in all and for each sender: what was seen longest ago makes room.
class RepeatWindow {
public:
    struct Limits {
        std::size_t entries = 20'000;
        std::size_t of_sender = 64;
    };

    explicit RepeatWindow(Limits limits) : limits_(limits) {}
    RepeatWindow() : RepeatWindow(Limits{}) {}

    /// One message.
    struct Message {
        std::string_view sender;
        const ContentFingerprint& content;  // NOLINT(*-avoid-const-or-ref-data-members): arguments
        std::uint64_t recipients = 0;       ///< a hash of who gets it
    };

    /// Messages within the window, this one included; 0 where the fingerprint says nothing. Names
    /// are empty then.
    struct Counts {
        std::size_t subject = 0;
        std::size_t text = 0;
        std::string subject_name;
        std::string text_name;
        std::vector<std::uint32_t> text_sketch;  ///< of the text that came first
    };

    /// Counts a message. More than `enough` (at most 1000) within `window` before `now` are not
    /// told apart.
    [[nodiscard]] Counts observe(const Message& message,
                                 std::size_t enough,
                                 std::chrono::seconds window,
                                 core::SteadyPoint now);

    /// A text that is known from before a restart, with no messages.
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

    /// The entry, now the newest; nullptr when it is not known.
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
