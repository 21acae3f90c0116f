// SPDX-License-Identifier: Apache-2.0
#pragma once
// Follows the MTA's log: lines become outcomes, which are recorded and passed to the listeners.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/guarded.hpp"
#include "flow/incoming/departures.hpp"
#include "flow/incoming/log_silence.hpp"
#include "flow/store_trouble.hpp"
#include "mail/outcome.hpp"
#include "maillog/log_line.hpp"
#include "ports/journal.hpp"
#include "ports/log.hpp"
#include "ports/log_source.hpp"
#include "report/rate_limit.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace holdback::flow::incoming {

/// What the flow uses; all outlive it. `utc_offset` tells how far local time is ahead of UTC.
struct OutcomeParts {
    ports::Journal& journal;
    const Departures& departures;
    ports::Log& log;
    const core::Clock& clock;
    std::function<std::chrono::seconds(core::TimePoint)> utc_offset;
    std::vector<ports::OutcomeListener*> listeners;
    LogSilence* silence = nullptr;  ///< told of lines about mail; nullptr: nobody
};

/// The progress of following the log.
struct FollowState {
    std::string source;    ///< name of the source, empty when nothing is followed
    std::string position;  ///< as recorded
    std::string trouble;   ///< why nothing can be read or recorded now; empty when all is well
    std::uint64_t lines = 0;
    std::uint64_t mail_lines = 0;              ///< of these, lines of an MTA about mail
    std::optional<core::TimePoint> last_line;  ///< when the last line was read
    std::optional<std::chrono::seconds> lag;   ///< between logging an outcome and reading it
    std::uint64_t skipped = 0;                 ///< lines over the limit
    std::uint64_t sent = 0;
    std::uint64_t deferred = 0;
    std::uint64_t bounced = 0;
    std::uint64_t behind = 0;                    ///< octets known to be unread
    std::optional<core::TimePoint> newest;       ///< time of the newest outcome
    std::optional<core::TimePoint> recorded_at;  ///< when the last batch was recorded

    bool operator==(const FollowState&) const = default;
};

/// The messages seen lately, a bounded number of them.
class RecentMessages {
public:
    struct Message {
        std::string sender;
        maillog::Intake intake;
    };

    void remember(const mail::QueuedMessage& message, maillog::Intake intake);
    /// nullptr when it is not remembered; valid until the next `remember`.
    [[nodiscard]] const Message* find(const std::string& queue_id) const;

private:
    // When the newer map is full, it replaces the older one.
    std::unordered_map<std::string, Message> newer_;
    std::unordered_map<std::string, Message> older_;
};

/// The result of a call of `OutcomeFlow::work`.
enum class WorkResult : std::uint8_t {
    Read,     ///< there were lines
    Idle,     ///< there were none
    Trouble,  ///< the source or the store is out of reach; try again a little later
};

/// One thread follows the log with `work`; others may call `state`.
class OutcomeFlow {
public:
    explicit OutcomeFlow(OutcomeParts parts) : parts_(std::move(parts)) {}

    /// Reads a batch of lines (up to 500, or for one second) and records what they say. A batch
    /// that could not be recorded is kept and recorded first. A stop ends it without waiting for
    /// more lines. A source with another name than before starts at the position stored under its
    /// name.
    WorkResult work(ports::LogSource& source,
                    const config::Settings& settings,
                    const std::stop_token& stop);

    /// Stops following. What was not recorded is read again later.
    void end();

    [[nodiscard]] FollowState state() const;

private:
    /// What was read and is not recorded yet.
    struct Batch {
        std::vector<ports::JournalEntry> entries;
        std::vector<mail::DroppedMessage> dropped;  ///< the listeners were not told of these
        std::vector<mail::DroppedMessage> refused;  ///< the same
        std::string position;
        bool read_any = false;
    };

    [[nodiscard]] bool begin(ports::LogSource& source);
    void collect(ports::LogSource& source,
                 const config::Settings& settings,
                 const std::stop_token& stop);
    /// True when the line is about mail.
    bool understand(const std::string& line, const config::Settings& settings);
    void note(mail::MtaOutcome outcome, const config::Settings& settings);
    /// True when the line is about a recipient of a message that left here. Other lines don't make
    /// a recipient known as good.
    [[nodiscard]] bool is_of_ours(const mail::MtaOutcome& outcome) const;
    /// The sender from recent log lines, or from a recorded deferred attempt.
    [[nodiscard]] std::optional<std::string> sender_of(const std::string& queue_id,
                                                       std::string_view key) const;
    [[nodiscard]] bool record(const config::Settings& settings);
    /// Tells the listeners about the dropped and refused messages of the batch.
    [[nodiscard]] bool tell_dropped();
    /// Tells the listeners about all outcomes that they do not know.
    [[nodiscard]] bool tell();
    void note_trouble(std::string_view kind, const std::string& what);

    OutcomeParts parts_;
    std::string source_;
    Batch batch_;
    std::string recorded_position_;
    std::optional<core::SteadyPoint> recorded_;
    RecentMessages messages_;
    StoreTrouble trouble_{parts_.log, parts_.clock};
    report::RateLimit warnings_;
    core::Guarded<FollowState> state_;
};

}  // namespace holdback::flow::incoming
