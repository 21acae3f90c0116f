// SPDX-License-Identifier: Apache-2.0
#pragma once
// The same message seen twice: a content filter or a proxy hands in anew what has just passed here.

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

/// Knows a message again: by a seal of ours that it carries, made for its sender and for this very
/// message (`outbound::identity_digest`); where there is none (shadow mode, sealing off, a filter
/// that removed it, maps that gave it another sender), by the queue id in its trace fields, under
/// which it left here, as long as this process remembers that. Either speaks for the recipients to
/// whom the message left, and for nobody else: a recipient that an alias has put in between the
/// passes is judged.
///
/// Every recipient of a copy has its seal, and every sender can have that of his own mail. So the
/// caller asks only for mail of our own clients, a seal counts for minutes and for the message on
/// which it was, and it lets each recipient pass a few times: all that a copied seal gives is that
/// its message goes a few times more, uncounted, to somebody to whom it has just gone.
///
/// A message that comes later than that, because the filter was down, has only this much for it: it
/// is not taken for a second one. Safe from several threads.
class JudgedBefore {
public:
    /// What the object works with; both outlive it.
    struct Parts {
        const incoming::Seals& seals;
        core::Clock& clock;
    };

    /// For so long a message may be on its way from one pass to the next and pass by what was found
    /// then: a filter that is down for a while, and Postfix's next attempts ($minimal_backoff_time
    /// is 5 min).
    static constexpr std::chrono::minutes kFresh{30};
    /// For so long it is still the same message: longer than queues keep mail (5 d).
    static constexpr std::chrono::days kOnItsWay{7};
    /// Filters may stand in a row, and each may try again.
    static constexpr std::uint8_t kMostPasses = 8;

    /// Keeps at most this many recipients in memory, and a quarter as many messages that came in;
    /// the oldest go first.
    explicit JudgedBefore(const Parts& parts, std::size_t most_recipients = 200'000)
        : parts_(parts), most_recipients_(most_recipients) {}

    /// A message that was judged leaves to the recipients at these positions of its envelope.
    void left(const mail::Envelope& envelope,
              const mail::HeaderList& headers,
              std::span<const std::size_t> positions);

    /// An inbound message goes on.
    void came_in(const mail::Envelope& envelope, const mail::HeaderList& headers);

    /// True when the envelope id is a fresh seal of ours for the sender: whether the recipients
    /// have been judged is known when the headers are.
    [[nodiscard]] bool may_be_known(const mail::Envelope& envelope) const;

    /// Sets `judged` of the recipients that have been judged, and counts that as a pass, or
    /// `on_its_way` where that is long ago or the passes are used up. True when there are any. Call
    /// once a message.
    [[nodiscard]] bool recognise(const mail::HeaderList& headers, mail::Envelope& envelope);

    /// True for a message that came in here and goes by once more, with the sender it had.
    [[nodiscard]] bool has_come_in(const mail::HeaderList& headers,
                                   const mail::Envelope& envelope) const;

private:
    /// A message by its queue id.
    struct Seen {
        core::TimePoint at;
        std::uint64_t sender = 0;
        std::uint64_t identity = 0;
        std::vector<std::uint64_t> recipients;  // hashes, sorted
    };
    struct Known {
        std::unordered_map<std::string, Seen> messages;
        std::deque<std::string> order;
        std::size_t entries = 0;  // one for each message and each of its recipients

        void add(const std::string& queue_id, Seen message, std::size_t most);
    };
    struct Passes {
        std::unordered_map<std::uint64_t, std::uint8_t> counts;
        std::deque<std::pair<core::TimePoint, std::uint64_t>> order;
    };
    /// What speaks for a recipient.
    struct Word {
        std::string name;  ///< the seal's or the queue id
        core::TimePoint at;
    };

    [[nodiscard]] Seen seen(const mail::Envelope& envelope, const mail::HeaderList& headers) const;
    /// True when the recipient may pass once more by this seal or queue id.
    bool count_pass(std::string_view name, std::string_view recipient);

    Parts parts_;
    std::size_t most_recipients_;
    core::Guarded<Known> departed_;
    core::Guarded<Known> arrived_;
    core::Guarded<Passes> passes_;
};

}  // namespace holdback::flow::outgoing
