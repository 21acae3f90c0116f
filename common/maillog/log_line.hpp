// SPDX-License-Identifier: Apache-2.0
#pragma once
// A line of the mail log taken apart: the time, the program and the message.

#include "core/clock.hpp"
#include "mail/outcome.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace holdback::maillog {

/// The reference for the times in the log.
struct LogClock {
    core::TimePoint now;
    /// How far local time is ahead of UTC, for times without a zone. Times from the other side of a
    /// change to or from summer time are wrong by an hour.
    std::chrono::seconds utc_offset{0};
};

/// The views point into the line.
struct LogLine {
    core::TimePoint at;
    std::string_view program;  ///< "postfix/smtp", "sendmail", without the process id
    std::string_view message;
};

/// Takes a line apart. It may be traditional syslog ("Nov 22 21:41:20 host program[1]: …", also as
/// Postfix writes it to `maillog_file`), ISO 8601 ("2026-11-22T21:41:20.123456+01:00 host …") or
/// RFC 5424. A traditional line is of the latest year in which its time is not more than a day
/// ahead of now. A priority ("<22>") in front is skipped, and the host name may be missing. nullopt
/// for anything else. Linear.
[[nodiscard]] std::optional<LogLine> parse_log_line(std::string_view line, const LogClock& clock);

/// How the MTA received the message of a line.
enum class Intake : std::uint8_t {
    NotTold,
    Program,  ///< by Sendmail's sendmail(1), which hands it to the daemon
};

/// The facts about deliveries in a line of the MTA: attempts, one for each recipient, the sender of
/// a message on its way, or a message that was dropped or refused. Most lines have none of these.
struct LogFacts {
    std::vector<mail::MtaOutcome> outcomes;
    std::optional<mail::QueuedMessage> queued;
    std::optional<mail::DroppedMessage> dropped;
    std::optional<mail::DroppedMessage> refused = std::nullopt;  ///< at the end of the message
    Intake intake = Intake::NotTold;

    bool operator==(const LogFacts&) const = default;
};

/// Reads a line of Postfix or Sendmail. The program name tells which one ("…/smtp" is Postfix).
[[nodiscard]] LogFacts read_maillog_line(std::string_view line, const LogClock& clock);

}  // namespace holdback::maillog
