// SPDX-License-Identifier: Apache-2.0
#include "flow/held/spool_sweep.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/text.hpp"
#include "ports/log.hpp"

#include <algorithm>  // IWYU pragma: keep
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace holdback::flow::held {

namespace {

constexpr std::size_t kMostFilesInTurn = 1000;
constexpr std::chrono::seconds kBetweenFiles{5};
constexpr std::chrono::seconds kBetweenPurges{60};

}  // namespace

void SpoolSweep::work(const config::HoldSettings& settings) {
    const core::SteadyPoint now = parts_.clock.steady_now();
    if (now >= next_files_) {
        // Each look reads all messages in the spool.
        next_files_ = remove_files() == kMostFilesInTurn ? now : now + kBetweenFiles;
    }
    if (now >= next_purge_) {
        const auto purged = parts_.held.purge_ended(parts_.clock.now() - settings.keep_ended);
        if (!purged.has_value()) {
            parts_.trouble.say(ports::Severity::Error,
                               "held mail that has ended can't be removed from the store",
                               purged.error().what);
        }
        next_purge_ = now + kBetweenPurges;
    }
}

std::size_t SpoolSweep::remove_files() {
    const auto removable = parts_.held.removable_spool_ids(kMostFilesInTurn);
    if (!removable.has_value()) {
        parts_.trouble.say(ports::Severity::Error,
                           "spool files that can go can't be looked up",
                           removable.error().what);
        return 0;
    }
    std::vector<std::string> gone;
    for (const std::string& spool_id : *removable) {
        if (const auto removed = parts_.spool.remove(spool_id); removed.has_value()) {
            gone.push_back(spool_id);
        } else {
            parts_.trouble.say(ports::Severity::Error,
                               "a file of the spool can't be removed",
                               removed.error().what);
        }
    }
    if (gone.empty()) {
        return 0;
    }
    if (parts_.room != nullptr) {
        parts_.room->shrunk();
    }
    if (const auto noted = parts_.held.spool_removed(gone); !noted.has_value()) {
        parts_.trouble.say(ports::Severity::Error,
                           "the removal of spool files is not written down",
                           noted.error().what);
    }
    return gone.size();
}

void SpoolSweep::note_files() {
    files_before_ = parts_.spool.ids();
}

void SpoolSweep::set_strays_aside() {
    const auto listed = parts_.held.listed_spool_ids();
    // Files that this program has written since then may still wait for their rows.
    const auto files = files_before_.has_value() ? *files_before_ : parts_.spool.ids();
    if (!listed.has_value() || !files.has_value()) {
        parts_.log.write(ports::Severity::Error,
                         fmt::format("spool: it can't be compared with the store: {}",
                                     core::log_safe(listed.has_value() ? files.error().what
                                                                       : listed.error().what)));
        return;
    }
    for (const std::string& file : *files) {
        if (std::ranges::binary_search(*listed, file)) {
            continue;
        }
        const auto place = parts_.spool.set_aside(file);
        parts_.log.write(
            ports::Severity::Error,
            place.has_value()
                ? fmt::format(
                      "spool: no row of the store names {}, which may be mail that is still "
                      "to go: it was moved to {}; holdbackctl held rescue lists it again",
                      file,
                      core::log_safe(*place))
                : fmt::format("spool: no row of the store names {}, which can't be moved away: {}",
                              file,
                              core::log_safe(place.error().what)));
    }
}

}  // namespace holdback::flow::held
