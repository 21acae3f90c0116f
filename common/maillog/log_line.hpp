// SPDX-License-Identifier: Apache-2.0
#pragma once
// A line of the mail log taken apart: when, which program, and what it said.

#include "core/clock.hpp"
#include "mail/outcome.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace holdback::maillog {

/// What a time in the log is read against.
struct LogClock {
    core::TimePoint now;
    /// What local time is ahead of UTC, for times without a zone. Lines from the other side of a
    /// change to or from summer time are wrong by that hour.
    std::chrono::seconds utc_offset{0};
};

/// The views point into the line.
struct LogLine {
    core::TimePoint at;
    std::string_view program;  ///< "postfix/smtp", "sendmail", without the process id
    std::string_view message;
};

/// Takes a line apart: traditional syslog ("Nov 22 21:41:20 host program[1]: …", also as Postfix
/// writes it to `maillog_file`; of the years that are possible, the latest in which the time is not
/// more than a day ahead of now), ISO 8601 ("2026-11-22T21:41:20.123456+01:00 host …"), or RFC
/// 5424. A priority ("<22>") in front is read over, and the host name may be missing. Nullopt for
/// anything else. Linear.
[[nodiscard]] std::optional<LogLine> parse_log_line(std::string_view line, const LogClock& clock);

/// How the message of a line came to the MTA.
enum class Intake : std::uint8_t {
    NotTold,
    Program,  ///< by sendmail(1) of Sendmail, which hands it on to the daemon
};

/// What a line of the MTA says of deliveries: attempts, one for each recipient, the sender of a
/// message on its way, or that a message was dropped or refused. Most lines say nothing of these.
struct LogFacts {
    std::vector<mail::MtaOutcome> outcomes;
    std::optional<mail::QueuedMessage> queued;
    std::optional<mail::DroppedMessage> dropped;
    std::optional<mail::DroppedMessage> refused = std::nullopt;  ///< at its end
    Intake intake = Intake::NotTold;

    bool operator==(const LogFacts&) const = default;
};

/// Reads a line of Postfix or Sendmail; the name of the program tells which ("…/smtp" is Postfix).
[[nodiscard]] LogFacts read_maillog_line(std::string_view line, const LogClock& clock);

}  // namespace holdback::maillog
