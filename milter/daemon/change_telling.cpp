// SPDX-License-Identifier: Apache-2.0
#include "milter/daemon/change_telling.hpp"

#include "core/iso_time.hpp"
#include "io/sqlite/sqlite_changes.hpp"
#include "ports/log.hpp"
#include "report/decision.hpp"

#include <cstddef>
#include <string>

namespace holdback::milter::daemon {

namespace {

/// So many changes are logged in one turn.
constexpr std::size_t kAtOnce = 500;

}  // namespace

std::string change_line(const io::sqlite::ListChange& change) {
    report::ChangeDecision line;
    line.what = wire_name(change.what);
    line.subject = change.subject;
    line.scope = change.subject.empty() ? std::string() : change.scope.text();
    line.entries = change.entries;
    line.who = change.who;
    line.from = change.from;
    line.at = core::iso_time(change.at);
    line.detail = change.detail;
    return report::decision_line(line);
}

void ChangeTelling::work() {
    const auto untold = changes_.untold(kAtOnce);
    if (!untold.has_value()) {
        trouble_.say(
            ports::Severity::Error, "changes can't be read for the log", untold.error().what);
        return;
    }
    if (untold->empty()) {
        return;
    }
    for (const io::sqlite::ListChange& change : *untold) {
        log_.write(ports::Severity::Info, change_line(change));
    }
    if (const auto told = changes_.told(*untold); !told.has_value()) {
        trouble_.say(ports::Severity::Error,
                     "logged changes can't be marked and will be logged again",
                     told.error().what);
    }
}

}  // namespace holdback::milter::daemon
