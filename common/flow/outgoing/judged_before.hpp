// SPDX-License-Identifier: Apache-2.0
#pragma once
// Recognises a message that comes twice: a content filter or a proxy hands in again what has just
// passed here.

#include "core/clock.hpp"
#include "core/guarded.hpp"
#include "flow/incoming/seals.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace holdback::flow::outgoing {

/// Recognises a message by our seal on it, made for its sender and this very message
/// (`outbound::identity_digest`). Without one (shadow mode, sealing off, a filter that removed it,
/// maps that changed the sender) it is recognised by the queue id in its trace fields under which
/// it left here, as long as this process remembers that. Both count only for the recipients to whom
/// the message left: a recipient that an alias added between the passes is judged.
///
/// Every recipient of a copy has its seal, and every sender can get the seal of their own mail. So
/// the caller asks only for mail of our own clients. A seal counts for minutes and for its message
/// only, and lets each recipient pass a few times. A copied seal therefore only sends its message,
/// uncounted, a few more times to somebody who has just got it.
///
/// A message that comes later, because the filter was down, is judged again but not counted as a
/// second message. Safe from several threads.
class JudgedBefore {
public:
    /// What the object uses; both outlive it.
    struct Parts {
        const incoming::Seals& seals;
        core::Clock& clock;
    };

    /// How long the findings of one pass count for the next. It covers a filter that is down for a
    /// while and Postfix's next attempts ($minimal_backoff_time is 5 min).
    static constexpr std::chrono::minutes kFresh{30};
    /// How long it is still the same message: longer than queues keep mail (5 d).
    static constexpr std::chrono::days kOnItsWay{7};
    /// There may be several filters in a row, and each may try again.
    static constexpr std::uint8_t kMostPasses = 8;

    /// Keeps at most this many recipients in memory, and a quarter as many messages that came in.
    /// The oldest go first.
    explicit JudgedBefore(const Parts& parts, std::size_t most_recipients = 200'000)
        : parts_(parts), most_recipients_(most_recipients) {}

    /// A judged message leaves to the recipients at these positions of its envelope.
    void left(const mail::Envelope& envelope,
              const mail::HeaderList& headers,
              std::span<const std::size_t> positions);

    /// An inbound message goes on.
    void came_in(const mail::Envelope& envelope, const mail::HeaderList& headers);

    /// True when the envelope id is a fresh seal of ours for the sender. Whether the recipients
    /// were judged is known only with the headers.
    [[nodiscard]] bool may_be_known(const mail::Envelope& envelope) const;

    /// Sets `judged` of the recipients that were judged, and counts a pass for them. If that was
    /// long ago or the passes are used up, it sets `on_its_way` instead. True when there are any.
    /// Call once per message.
    [[nodiscard]] bool recognise(const mail::HeaderList& headers, mail::Envelope& envelope);

    /// True for a message that came in here and comes again with the same sender.
    [[nodiscard]] bool has_come_in(const mail::HeaderList& headers,
                                   const mail::Envelope& envelope) const;

private:
    /// A message, stored by its queue id.
    struct Seen {
        core::TimePoint at;
        std::uint64_t sender = 0;
        std::uint64_t identity = 0;
        std::vector<std::uint64_t> recipients;  // hashes, sorted
    };
    struct Known {
        std::unordered_map<std::string, Seen> messages;
        std::deque<std::string> order;
        std::size_t entries = 0;  // the number of messages plus the number of their recipients

        void add(const std::string& queue_id, Seen message, std::size_t most);
    };
    struct Passes {
        std::unordered_map<std::uint64_t, std::uint8_t> counts;
        std::deque<std::pair<core::TimePoint, std::uint64_t>> order;
    };
    /// What shows that a recipient was judged.
    struct Word {
        std::string name;  ///< of the seal, or the queue id
        core::TimePoint at;
    };

    [[nodiscard]] Seen seen(const mail::Envelope& envelope, const mail::HeaderList& headers) const;
    /// Counts a pass. True when the recipient may pass once more by this seal or queue id.
    bool count_pass(std::string_view name, std::string_view recipient);

    Parts parts_;
    std::size_t most_recipients_;
    core::Guarded<Known> departed_;
    core::Guarded<Known> arrived_;
    core::Guarded<Passes> passes_;
};

}  // namespace holdback::flow::outgoing
