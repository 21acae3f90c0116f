// SPDX-License-Identifier: Apache-2.0
#include "milter/daemon/log_following.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/iso_time.hpp"
#include "core/text.hpp"
#include "flow/incoming/log_silence.hpp"
#include "flow/incoming/outcome_flow.hpp"
#include "flow/snapshot.hpp"
#include "io/follow/journal_follower.hpp"
#include "io/follow/log_file_follower.hpp"
#include "io/system/local_time.hpp"
#include "io/system/rest.hpp"
#include "milter/control_protocol.hpp"
#include "ports/log.hpp"
#include "ports/log_source.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter::daemon {

namespace {

constexpr std::chrono::seconds kRest{1};

/// Null when nothing is to be followed.
std::unique_ptr<ports::LogSource> make_source(const config::MaillogSettings& settings) {
    if (settings.journal) {
        return std::make_unique<io::follow::JournalFollower>();
    }
    if (!settings.file.empty()) {
        return std::make_unique<io::follow::LogFileFollower>(settings.file);
    }
    return nullptr;
}

}  // namespace

LogFollowing::LogFollowing(Parts parts)
    : log_(&parts.log),
      clock_(&parts.clock),
      snapshots_(&parts.snapshots),
      silence_(&parts.silence),
      flow_({.journal = parts.journal,
             .departures = parts.departures,
             .log = parts.log,
             .clock = parts.clock,
             .utc_offset = io::system::local_utc_offset,
             .listeners = std::move(parts.listeners),
             .silence = &parts.silence}),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void LogFollowing::watch(const config::MaillogSettings& settings) {
    const flow::incoming::FollowState state = flow_.state();
    // Trouble in reading was logged already.
    if (state.source.empty() || !state.trouble.empty()) {
        return;
    }
    if (const auto lasts = silence_->to_tell(clock_->steady_now())) {
        log_->write(
            ports::Severity::Warning,
            fmt::format(
                "maillog: {}",
                flow::incoming::silence_text(
                    {.lines = state.lines, .mail_lines = state.mail_lines}, *lasts, settings)));
    }
}

void LogFollowing::run(const std::stop_token& stop) {
    std::unique_ptr<ports::LogSource> source;
    config::MaillogSettings followed;
    while (!stop.stop_requested()) {
        try {
            const std::shared_ptr<const flow::Snapshot> snapshot = snapshots_->current();
            const config::MaillogSettings& maillog = snapshot->settings.maillog;
            if (maillog.file != followed.file || maillog.journal != followed.journal) {
                flow_.end();
                source = make_source(maillog);
                followed = maillog;
            }
            if (source != nullptr) {
                watch(maillog);
            }
            if (source == nullptr || flow_.work(*source, snapshot->settings, stop) ==
                                         flow::incoming::WorkResult::Trouble) {
                io::system::rest(kRest, stop);
            }
        } catch (const std::exception& error) {
            log_->write(ports::Severity::Error,
                        fmt::format("maillog: internal error: {}", core::log_safe(error.what())));
            io::system::rest(kRest, stop);
        }
    }
}

bool LogFollowing::tells() const {
    const flow::incoming::FollowState state = flow_.state();
    return !state.source.empty() && state.trouble.empty() &&
           !silence_->lasts(clock_->steady_now()).has_value();
}

std::vector<ControlLine> LogFollowing::status() const {
    const flow::incoming::FollowState state = flow_.state();
    if (state.source.empty()) {
        const bool wanted = snapshots_->current()->settings.maillog.is_followed();
        return {{"maillog", wanted && !state.trouble.empty() ? state.trouble : "not followed"}};
    }
    const auto silent = silence_->lasts(clock_->steady_now());
    std::string health = "ok";
    if (!state.trouble.empty()) {
        health = state.trouble;
    } else if (silent.has_value()) {
        health = fmt::format("no line about mail that left {} s ago", silent->count());
    }
    std::vector<ControlLine> lines{{"maillog", std::move(health)},
                                   {"maillog_source", state.source},
                                   {"maillog_position", state.position},
                                   number_line("maillog_lines", state.lines),
                                   number_line("maillog_mail_lines", state.mail_lines),
                                   number_line("maillog_skipped", state.skipped),
                                   number_line("outcomes_sent", state.sent),
                                   number_line("outcomes_deferred", state.deferred),
                                   number_line("outcomes_bounced", state.bounced),
                                   number_line("maillog_behind_octets", state.behind)};
    if (state.last_line.has_value()) {
        lines.push_back({"maillog_last_line", core::iso_time(*state.last_line)});
    }
    if (state.lag.has_value()) {
        lines.push_back(
            number_line("maillog_lag_seconds", static_cast<std::uint64_t>(state.lag->count())));
    }
    if (state.newest.has_value()) {
        const auto age =
            std::chrono::duration_cast<std::chrono::seconds>(clock_->now() - *state.newest);
        lines.push_back(
            number_line("maillog_newest_outcome_age_seconds",
                        static_cast<std::uint64_t>(std::max<std::int64_t>(age.count(), 0))));
    }
    return lines;
}

}  // namespace holdback::milter::daemon
