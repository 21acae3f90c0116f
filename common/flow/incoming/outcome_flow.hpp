// SPDX-License-Identifier: Apache-2.0
#pragma once
// Follows the MTA's log: lines become outcomes, which are recorded and told to those who learn.

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
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace holdback::flow::incoming {

/// What the flow works with; all outlive it. `utc_offset` tells what local time is ahead of UTC.
struct OutcomeParts {
    ports::Journal& journal;
    const Departures& departures;
    ports::Log& log;
    const core::Clock& clock;
    std::function<std::chrono::seconds(core::TimePoint)> utc_offset;
    std::vector<ports::OutcomeListener*> listeners;
    LogSilence* silence = nullptr;  ///< told of what is heard; nullptr: nobody
};

/// How far the following has come.
struct FollowState {
    std::string source;    ///< name of the source, empty when nothing is followed
    std::string position;  ///< as recorded
    std::string trouble;   ///< why nothing can be read or recorded now; empty when all is well
    std::uint64_t lines = 0;
    std::uint64_t mail_lines = 0;              ///< of these, lines of an MTA about mail
    std::optional<core::TimePoint> last_line;  ///< when the last line was read
    std::optional<std::chrono::seconds> lag;   ///< from when an outcome was logged to its reading
    std::uint64_t skipped = 0;                 ///< lines over the limit
    std::uint64_t sent = 0;
    std::uint64_t deferred = 0;
    std::uint64_t bounced = 0;
    std::uint64_t behind = 0;                    ///< octets known to be unread
    std::optional<core::TimePoint> newest;       ///< time of the newest outcome
    std::optional<core::TimePoint> recorded_at;  ///< when the last batch was recorded

    bool operator==(const FollowState&) const = default;
};

/// The messages that were seen lately, a bounded number of them.
class RecentMessages {
public:
    struct Message {
        std::string sender;
        maillog::Intake intake;
    };

    void remember(const mail::QueuedMessage& message, maillog::Intake intake);
    /// Null when it is not remembered; good until the next `remember`.
    [[nodiscard]] const Message* find(const std::string& queue_id) const;

private:
    // When the newer map is full it becomes the older one, and that is dropped.
    std::unordered_map<std::string, Message> newer_;
    std::unordered_map<std::string, Message> older_;
};

/// What a call of `OutcomeFlow::work` came to.
enum class WorkResult : std::uint8_t {
    Read,     ///< there were lines
    Idle,     ///< there were none
    Trouble,  ///< the source or the store is out of reach; try again a little later
};

/// One thread follows with `work`; `state` may be asked by others.
class OutcomeFlow {
public:
    explicit OutcomeFlow(OutcomeParts parts) : parts_(std::move(parts)) {}

    /// Reads a batch of lines (500, or those of a second) and records what they say; a batch that
    /// could not be recorded is kept and recorded first. Ends with a stop, without waiting for more
    /// lines. A source with another name than before is taken up where its name was left.
    WorkResult work(ports::LogSource& source,
                    const config::Settings& settings,
                    const std::stop_token& stop);

    /// Nothing is followed any more; what was not recorded is read again later.
    void end();

    [[nodiscard]] FollowState state() const;

private:
    /// What was read and is not recorded yet.
    struct Batch {
        std::vector<ports::JournalEntry> entries;
        std::vector<mail::DroppedMessage> dropped;  ///< of which nobody was told
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
    /// True when the line tells of a recipient of a message that left here: nobody else's lines
    /// make a recipient known as good.
    [[nodiscard]] bool is_of_ours(const mail::MtaOutcome& outcome) const;
    /// As the log said lately, or as was recorded of an attempt that was deferred.
    [[nodiscard]] std::optional<std::string> sender_of(const std::string& queue_id,
                                                       std::string_view key) const;
    [[nodiscard]] bool record(const config::Settings& settings);
    /// Tells the listeners of the messages of the batch that were dropped or refused.
    [[nodiscard]] bool tell_dropped();
    /// Tells the listeners of all outcomes that they do not know.
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
