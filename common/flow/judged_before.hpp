// SPDX-License-Identifier: Apache-2.0
#pragma once
// The same message seen twice: a content filter or a proxy hands in anew what has just passed here.

#include "core/clock.hpp"
#include "core/guarded.hpp"
#include "flow/seals.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace holdback::flow {

/// Knows a message again that was judged minutes ago: by a seal of ours that it carries, made for
/// its sender; where there is none (shadow mode, sealing off, a filter that removed it), by the
/// queue id in its trace fields, under which it left here, as long as this process remembers that.
/// Either speaks for the recipients to whom the message left, and for nobody else: a recipient that
/// an alias has put in between the passes is judged.
///
/// Every recipient of a copy has its seal, and every sender can have that of his own mail. So the
/// caller asks only for mail of our own clients, a seal counts for minutes, and it lets each
/// recipient pass a few times: all that a copied seal gives is that a sender writes a few letters
/// more, uncounted, to somebody to whom he has just written. Safe from several threads.
class JudgedBefore {
public:
    /// What the object works with; both outlive it.
    struct Parts {
        const Seals& seals;
        core::Clock& clock;
    };

    /// For so long a message may be on its way from one pass to the next: a filter that is down for
    /// a while, and Postfix's next attempts ($minimal_backoff_time is 5 min).
    static constexpr std::chrono::minutes kFresh{30};
    /// Filters may stand in a row, and each may try again.
    static constexpr std::uint8_t kMostPasses = 8;

    /// Keeps at most this many recipients in memory; the oldest go first.
    explicit JudgedBefore(const Parts& parts, std::size_t most_recipients = 200'000)
        : parts_(parts), most_recipients_(most_recipients) {}

    /// A message that was judged leaves to the recipients at these positions of its envelope.
    void left(const mail::Envelope& envelope, std::span<const std::size_t> positions);

    /// True when the envelope id is a fresh seal of ours for the sender: whether the recipients
    /// have been judged is known when the headers are.
    [[nodiscard]] bool may_be_known(const mail::Envelope& envelope) const;

    /// Sets `judged` of the recipients that have been judged, and counts that as a pass. Gives how
    /// many they are. Call once a message.
    std::size_t recognise(const mail::HeaderList& headers, mail::Envelope& envelope);

private:
    struct Departed {
        core::TimePoint at;
        std::uint64_t sender = 0;
        std::vector<std::uint64_t> recipients;  // hashes, sorted
    };
    struct Known {
        std::unordered_map<std::string, Departed> messages;  // by queue id
        std::deque<std::string> order;
        std::size_t recipients = 0;
    };
    struct Passes {
        std::unordered_map<std::uint64_t, std::uint8_t> counts;
        std::deque<std::pair<core::TimePoint, std::uint64_t>> order;
    };

    /// True when the recipient may pass once more by this seal or queue id.
    bool count_pass(std::string_view name, std::string_view recipient);

    Parts parts_;
    std::size_t most_recipients_;
    core::Guarded<Known> known_;
    core::Guarded<Passes> passes_;
};

}  // namespace holdback::flow
