// SPDX-License-Identifier: Apache-2.0
#pragma once
// Sums up what other settings would have changed in recorded decisions.

#include "config/policy.hpp"
#include "config/settings.hpp"
#include "core/clock.hpp"
#include "replay/recorded.hpp"
#include "replay/replay.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::report {

/// How mail to a recipient ended, as the MTA's log tells.
enum class KnownEnd : std::uint8_t { Unknown, Delivered, Deferred, Bounced };

/// Numbers of recipients by end.
struct Ends {
    std::array<std::size_t, 4> by_end{};  ///< indexed by `KnownEnd`

    void add(KnownEnd end) { ++by_end.at(static_cast<std::size_t>(end)); }
    [[nodiscard]] std::size_t of(KnownEnd end) const {
        return by_end.at(static_cast<std::size_t>(end));
    }
    [[nodiscard]] std::size_t all() const;
    Ends& operator+=(const Ends& other);
    bool operator==(const Ends&) const = default;
};

/// The recorded verdict and the replayed one.
struct VerdictChange {
    replay::ReplayedVerdict before;
    replay::ReplayedVerdict after;

    [[nodiscard]] bool is_one() const { return before != after; }
    bool operator==(const VerdictChange&) const = default;
};

/// A recipient with a changed verdict.
struct ChangedRecipient {
    core::TimePoint at;
    std::string queue_id;
    std::string sender;
    std::string address;
    VerdictChange change;
    KnownEnd end = KnownEnd::Unknown;
};

/// All recipients with the same change.
struct ChangeGroup {
    VerdictChange change;
    Ends ends;
    std::vector<ChangedRecipient> examples;  ///< the first few
};

/// Numbers of recipients by verdict, indexed by `config::PolicyAction`.
using ByVerdict = std::array<std::size_t, 5>;

/// The outcome for a message as a whole.
enum class MessageCourse : std::uint8_t {
    Passed,   ///< all recipients get it
    Split,    ///< some recipients are taken out
    Refused,  ///< the client is told that nobody gets it
};
using ByCourse = std::array<std::size_t, 3>;  ///< indexed by `MessageCourse`

/// Sums up the changes. Memory is bounded by the number of kinds of change, not of recipients.
class WhatIf {
public:
    [[nodiscard]] static VerdictChange change_of(const replay::RecordedRecipient& recipient,
                                                 const replay::ReplayedVerdict& now);

    /// Adds a message with its answers from `replay::replay` under `settings`. `ends` has one entry
    /// per recipient, or none when nothing changes.
    void add(const replay::RecordedMessage& message,
             std::span<const replay::Replayed> answers,
             std::span<const KnownEnd> ends,
             const config::Settings& settings);

    [[nodiscard]] std::size_t messages() const { return messages_; }
    [[nodiscard]] std::size_t replayed() const { return replayed_; }
    [[nodiscard]] std::size_t changed() const { return changed_; }
    /// Replayed recipients that were decided in shadow mode.
    [[nodiscard]] std::size_t in_shadow() const { return in_shadow_; }
    /// Verdicts of the recipients that could be replayed.
    [[nodiscard]] const ByVerdict& before() const { return before_; }
    [[nodiscard]] const ByVerdict& after() const { return after_; }
    /// Courses of the messages not refused at RCPT of which everything could be replayed.
    [[nodiscard]] const ByCourse& course_before() const { return course_before_; }
    [[nodiscard]] const ByCourse& course_after() const { return course_after_; }
    /// The changes, the most frequent first.
    [[nodiscard]] std::vector<ChangeGroup> groups() const;
    /// Numbers of recipients that could not be replayed, by the missing fact.
    [[nodiscard]] const std::map<std::string, std::size_t>& not_recorded() const {
        return not_recorded_;
    }

private:
    using Key = std::array<std::string, 4>;

    void add_courses(const replay::RecordedMessage& message,
                     std::span<const replay::Replayed> answers,
                     const config::Settings& settings);

    std::size_t messages_ = 0;
    std::size_t replayed_ = 0;
    std::size_t changed_ = 0;
    std::size_t in_shadow_ = 0;
    ByVerdict before_{};
    ByVerdict after_{};
    ByCourse course_before_{};
    ByCourse course_after_{};
    std::map<Key, ChangeGroup> groups_;
    std::map<std::string, std::size_t> not_recorded_;
};

[[nodiscard]] std::string_view wire_name(KnownEnd end);
[[nodiscard]] std::string_view wire_name(MessageCourse course);

}  // namespace holdback::report
