// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which messages left here, and to whom. The MTA's own report about a delivery, its DSN or a line
// of its log, counts only for them.

#include "core/clock.hpp"
#include "core/guarded.hpp"
#include "flow/store_trouble.hpp"
#include "mail/header.hpp"
#include "mail/outcome.hpp"
#include "ports/decision_log.hpp"
#include "replay/recorded.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace holdback::flow::incoming {

/// A message that left, as far as it is remembered.
class Departure {
public:
    Departure(core::TimePoint at, std::string sender) : at_(at), sender_(std::move(sender)) {}

    /// A message from its recorded decision, with the recipients to whom it went on.
    [[nodiscard]] static Departure of(const replay::RecordedMessage& message);

    [[nodiscard]] core::TimePoint at() const { return at_; }
    /// The envelope sender, `Address::key()` where it parses; empty for the null sender.
    [[nodiscard]] const std::string& sender() const { return sender_; }
    [[nodiscard]] std::size_t recipients() const { return recipients_.size(); }
    /// True when it left to this recipient, a key as `mail::recipient_key` gives it.
    [[nodiscard]] bool is_to(std::string_view recipient) const;
    /// True when a line of the MTA's log is about a recipient of this message or an address behind
    /// one. For the latter Postfix also names the recipient; Sendmail does not, and is believed.
    [[nodiscard]] bool is_told_of(const mail::MtaOutcome& outcome) const;
    /// How many of the recipients are in this domain (the domain of such a key).
    [[nodiscard]] std::size_t recipients_in(std::string_view domain) const;
    /// True when a returned header shows what only the sender and the recipients have seen:
    /// Message-ID, Date and Subject, as many of them as the message had. False when its header is
    /// not known.
    [[nodiscard]] bool is_returned_in(const mail::HeaderList& returned) const;

    void add(std::span<const std::string> recipients);
    void remember(const mail::HeaderList& headers);

private:
    /// Hashes.
    struct Recipient {
        std::uint64_t key;
        std::uint64_t domain;
    };

    void add(std::string_view recipient);

    core::TimePoint at_;
    std::string sender_;
    std::vector<Recipient> recipients_;
    std::vector<std::uint64_t> fields_;  // hashes of the remembered fields
};

/// Most recipients of departed messages in memory.
inline constexpr std::size_t kMostDepartures = 200'000;

/// Remembers the last messages that left, in memory. Others, after a restart for instance, are
/// looked up in the decisions that the store keeps (`[journal] decisions`). Safe from several
/// threads.
class Departures {
public:
    /// Keeps at most this many recipients in memory; the oldest messages go first. `earlier` has
    /// the recorded decisions, and `trouble` reports when they can't be read. Both may be nullptr
    /// and outlive the object.
    explicit Departures(const ports::DecisionLog* earlier = nullptr,
                        std::size_t most_recipients = kMostDepartures,
                        const StoreTrouble* trouble = nullptr)
        : earlier_(earlier), most_recipients_(most_recipients), trouble_(trouble) {}

    /// Adds a message. If one with the same queue id and sender is known, the recipients are added
    /// to it. One with another sender is replaced, since queue ids are used again.
    void add(std::string_view queue_id,
             const Departure& message,
             std::span<const std::string> recipients);

    /// The message that left under this queue id before `at`, within the time that the MTA keeps
    /// trying; nullptr when there is none.
    [[nodiscard]] std::shared_ptr<const Departure> find(std::string_view queue_id,
                                                        core::TimePoint at) const;

    /// Keys of the recipients to whom a sender (a key like `Departure::sender`) sent mail in the
    /// minutes before `left`, as far as the store keeps them, newest first.
    [[nodiscard]] std::vector<std::string> recipients_of(std::string_view sender,
                                                         core::TimePoint left) const;

private:
    struct Known {
        std::unordered_map<std::string, std::shared_ptr<const Departure>> messages;
        std::deque<std::string> order;
        std::size_t recipients = 0;
    };

    void say(const std::string& why) const;

    const ports::DecisionLog* earlier_;
    std::size_t most_recipients_;
    const StoreTrouble* trouble_;
    mutable core::Guarded<Known> known_;
};

}  // namespace holdback::flow::incoming
