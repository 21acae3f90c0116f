// SPDX-License-Identifier: Apache-2.0
#pragma once
// Remembers decisions without making a message wait: they are kept in memory, and a worker writes
// them. A crash loses those of the last second. Decisions that find no room while the store is out
// of reach are lost, too: these are notes about mail, not mail.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/guarded.hpp"
#include "ports/decision_log.hpp"
#include "ports/log.hpp"
#include "replay/recorded.hpp"
#include "report/rate_limit.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <vector>

namespace holdback::flow::outgoing {

/// What was remembered since the start, counted in recipients.
struct RecorderCounts {
    std::uint64_t recorded = 0;  ///< in the store
    std::uint64_t dropped = 0;   ///< for lack of room
    std::uint64_t waiting = 0;   ///< still to be written
};

/// One object serves all sessions. `note` and `counts` are safe from any thread; one thread calls
/// `work`.
class DecisionRecorder {
public:
    /// What it uses; all outlive it.
    struct Parts {
        ports::DecisionLog& store;
        ports::Log& log;
        const core::Clock& clock;
    };

    /// At most this many recipients wait in memory; later messages are dropped. A batch on its way
    /// to the store, up to 1,000 recipients or one message, is not counted.
    static constexpr std::size_t kMostWaiting = 50'000;

    explicit DecisionRecorder(const Parts& parts) : parts_(parts) {}

    /// Takes a message; never waits for the store.
    void note(replay::RecordedMessage message);

    /// Writes what waits, and has the store forget what is too old. What the store does not take,
    /// on a full disk for instance, keeps waiting. Each transaction is short, so that mail to be
    /// held does not wait for it. Called about once a second, and a last time at the end.
    void work(const config::JournalSettings& settings);

    [[nodiscard]] RecorderCounts counts() const;

private:
    struct Queue {
        std::deque<replay::RecordedMessage> waiting;
        std::size_t recipients = 0;
        RecorderCounts counts;
    };

    /// The next messages for one transaction; empty when nothing waits.
    [[nodiscard]] std::vector<replay::RecordedMessage> take_batch();
    /// Puts a batch back in front of everything that came meanwhile.
    void put_back(std::vector<replay::RecordedMessage> batch, std::size_t size);
    void warn(std::string_view kind, std::string_view what);

    Parts parts_;
    core::Guarded<Queue> queue_;
    core::Guarded<report::RateLimit> warnings_;
    std::optional<core::SteadyPoint> forgot_;  // used only by `work`
};

}  // namespace holdback::flow::outgoing
