// SPDX-License-Identifier: Apache-2.0
#include "milter/daemon/chores.hpp"

#include "config/settings.hpp"
#include "core/text.hpp"
#include "io/system/rest.hpp"
#include "milter/daemon/use_cases.hpp"
#include "ports/log.hpp"

#include <chrono>
#include <exception>
#include <functional>
#include <stop_token>
#include <string_view>
#include <thread>

#include <fmt/format.h>

namespace holdback::milter::daemon {

namespace {

constexpr std::chrono::seconds kInterval{1};

}  // namespace

void Chores::start() {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Chores::do_chore(std::string_view name, const std::function<void()>& chore) {
    try {
        chore();
    } catch (const std::exception& error) {
        parts_.log.write(ports::Severity::Error,
                         fmt::format("{}: internal error: {}", name, core::log_safe(error.what())));
    }
}

void Chores::run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        one_round(stop);
        io::system::rest(kInterval, stop);
    }
    // Do not wait for a store that hangs.
    if (!parts_.database.disorder().has_value()) {
        do_chore("store", [this] { parts_.database.checkpoint(); });
    }
    done_.store(true);
}

void Chores::one_round(const std::stop_token& stop) {
    const auto snapshot = parts_.snapshots.current();
    const config::Settings& settings = snapshot->settings;
    UseCases& all = parts_.use_cases;
    bool has_store = false;
    do_chore("mta", [&] { parts_.mta_tables.try_all(); });
    do_chore("store", [&] { has_store = parts_.store.work(stop); });
    if (!has_store) {
        return;
    }
    do_chore("notice", [&] { all.notice_flow.work(settings); });
    do_chore("digest", [&] { all.digest_flow.work(settings); });
    do_chore("release", [&] { all.release.work(settings.hold); });
    do_chore("release", [&] { all.auto_release.work(*snapshot); });
    do_chore("release", [&] { all.doubts.work(); });
    do_chore("limits", [&] { all.limits.work(); });
    do_chore("spool", [&] { parts_.store.keep_pair(); });
    do_chore("spool", [&] { all.spool_room.work(settings.hold); });
    do_chore("changes", [&] { parts_.changes.work(); });
    do_chore("outage", [&] { all.learner.work(settings.outage); });
}

}  // namespace holdback::milter::daemon
