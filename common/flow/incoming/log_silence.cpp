// SPDX-License-Identifier: Apache-2.0
#include "flow/incoming/log_silence.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/text.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace holdback::flow::incoming {

namespace {

std::string likely_cause(const SilentLog& log, const config::MaillogSettings& settings) {
    if (log.mail_lines > 0) {
        return "it had lines about mail before: the MTA logs elsewhere now, or the syslog daemon "
               "kept the old file open when the log was rotated";
    }
    if (settings.journal) {
        return log.lines > 0
                   ? "the journal has lines of the MTA, but none about mail: see what it logs"
                   : "the MTA logs to a file (maillog_file of Postfix: set [maillog] file), runs "
                     "in "
                     "a container whose journal is not this one, or the daemon's user may not read "
                     "the journal (group adm or systemd-journal)";
    }
    if (log.lines > 0) {
        return fmt::format("it is the wrong file: none of the {} lines that came is about mail",
                           log.lines);
    }
    return "nothing was written to it: it is the wrong file (see maillog_file of Postfix, or what "
           "the syslog daemon does with the facility mail), the MTA logs to the journal alone "
           "([maillog] journal) or in a container, or the sandbox of the daemon's unit shows it "
           "another file";
}

}  // namespace

void LogSilence::begin() {
    state_.with([](State& state) { state = {}; });
}

void LogSilence::mail_left(core::SteadyPoint now) {
    state_.with([now](State& state) {
        if (!state.since.has_value()) {
            state.since = now;
        }
    });
}

bool LogSilence::heard() {
    return state_.with([](State& state) { return std::exchange(state, {}).is_told; });
}

std::optional<std::chrono::seconds> LogSilence::lasts(const State& state, core::SteadyPoint now) {
    if (!state.since.has_value() || now - *state.since < kPatience) {
        return std::nullopt;
    }
    return std::chrono::duration_cast<std::chrono::seconds>(now - *state.since);
}

std::optional<std::chrono::seconds> LogSilence::to_tell(core::SteadyPoint now) {
    return state_.with([now](State& state) {
        auto time = lasts(state, now);
        if (!time.has_value() || std::exchange(state.is_told, true)) {
            time.reset();
        }
        return time;
    });
}

std::optional<std::chrono::seconds> LogSilence::lasts(core::SteadyPoint now) const {
    return state_.with([now](const State& state) { return lasts(state, now); });
}

std::string silence_text(const SilentLog& log,
                         std::chrono::seconds lasts,
                         const config::MaillogSettings& settings) {
    return fmt::format(
        "no line in {} about mail that left {} s ago, and nothing is learned from it; the likely "
        "cause: {}",
        settings.journal ? "the journal" : core::log_safe(settings.file),
        lasts.count(),
        likely_cause(log, settings));
}

}  // namespace holdback::flow::incoming
