// SPDX-License-Identifier: Apache-2.0
#include "milter/daemon/app.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/text.hpp"
#include "flow/held/release_flow.hpp"
#include "flow/own_name.hpp"
#include "flow/snapshot.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_held.hpp"
#include "io/sqlite/sqlite_schema.hpp"
#include "io/system/file_handle.hpp"
#include "io/system/host_name.hpp"
#include "io/system/log_setup.hpp"
#include "milter/control_protocol.hpp"
#include "milter/daemon/accept_gate.hpp"
#include "milter/daemon/callbacks.hpp"
#include "milter/daemon/control_access.hpp"
#include "milter/daemon/listener.hpp"
#include "milter/daemon/store_watch.hpp"
#include "milter/spool_guard.hpp"
#include "milter/version.hpp"
#include "ports/log.hpp"

#include <chrono>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include <fmt/format.h>

namespace holdback::milter::daemon {

namespace {

constexpr std::chrono::seconds kCampaignInterval{1};
constexpr std::chrono::milliseconds kCampaignIntervalNearTheEnd{50};

}  // namespace

App::App(std::string settings_path,
         const std::shared_ptr<const flow::Snapshot>& snapshot,
         AppSockets sockets,
         std::unique_ptr<io::system::ProgramLog> log)
    : settings_path_(std::move(settings_path)),
      log_(std::move(log)),
      stopping_(snapshot->settings.milter.socket, counters_, *log_),
      started_(clock_.steady_now()),
      snapshots_(snapshot),
      own_name_(io::system::host_name()),
      milter_listener_(std::move(sockets.milter)),
      connection_(milter_listener_.has_value()
                      ? fmt::format("fd:{}", milter_listener_->descriptor())
                      : snapshot->settings.milter.socket),
      mta_tables_(*log_, clock_),
      guard_(snapshot->settings, *log_),
      in_use_(snapshot->settings.store.path),
      database_({.path = snapshot->settings.store.path,
                 .mode = io::sqlite::DatabaseMode::ReadWrite,
                 .migrations = io::sqlite::schema_steps(),
                 .checkpoints = io::sqlite::Checkpoints::ByCaller,
                 .if_unusable = io::sqlite::IfUnusable::Wait,
                 .keep_off = guard_.trouble()}),
      store_({.database = database_,
              .mark = in_use_,
              .guard = guard_,
              .snapshots = snapshots_,
              .log = *log_,
              .clock = clock_,
              .refusal = [this](io::sqlite::Database& database) { return pair_refusal(database); },
              .on_ready = [this] { use_store(); }}),
      descriptors_(*log_,
                   clock_,
                   AcceptGate(sockets.control.has_value() ? sockets.control->take_quiet()
                                                          : io::system::FileHandle(),
                              milter_listener_.has_value() ? milter_listener_->descriptor() : -1,
                              sockets.control.has_value() ? sockets.control->descriptor() : -1)),
      stores_(database_, snapshot->settings.store),
      change_telling_(stores_.changes, *log_, clock_),
      spool_(snapshot->settings.hold.spool, clock_),
      use_cases_({.stores = stores_,
                  .spool = spool_,
                  .resolver = resolver_,
                  .mta = mta_tables_,
                  .log = *log_,
                  .clock = clock_,
                  .snapshots = snapshots_,
                  .own_name = own_name_,
                  .log_tells = [this] { return log_following_.tells(); }}),
      warnings_(clock_),
      session_parts_{.snapshots = snapshots_,
                     .outbound = use_cases_.outbound,
                     .inbound = use_cases_.inbound,
                     .release = use_cases_.release,
                     .seals = use_cases_.seals,
                     .replies = use_cases_.replies,
                     .sender_override = use_cases_.sender_override,
                     .own_name = own_name_,
                     .own_senders = use_cases_.own_senders,
                     .judged_before = use_cases_.judged_before,
                     .warnings = warnings_,
                     .waiting = waiting_,
                     .log = *log_},
      settings_({.path = settings_path_,
                 .log = *log_,
                 .clock = clock_,
                 .snapshots = snapshots_,
                 .resolver = resolver_,
                 .seals = use_cases_.seals,
                 .mta_tables = mta_tables_,
                 .own_name = own_name_,
                 .store = store_}),
      campaign_writer_([this] { write_campaigns(); }, kCampaignInterval),
      chores_({.use_cases = use_cases_,
               .changes = change_telling_,
               .store = store_,
               .database = database_,
               .mta_tables = mta_tables_,
               .snapshots = snapshots_,
               .log = *log_}),
      log_following_({.journal = stores_.journal,
                      .departures = use_cases_.departures,
                      .log = *log_,
                      .clock = clock_,
                      .snapshots = snapshots_,
                      .listeners = {&use_cases_.outcome_learning,
                                    &use_cases_.doubts,
                                    &use_cases_.campaigns.sent(),
                                    &use_cases_.limits},
                      .silence = use_cases_.log_silence}),
      recording_(use_cases_.recorder, snapshots_, *log_),
      dns_watch_(resolver_, clock_, *log_),
      state_({.settings_path = settings_path_,
              .started = started_,
              .use_cases = use_cases_,
              .counters = counters_,
              .waiting = waiting_,
              .snapshots = snapshots_,
              .resolver = resolver_,
              .descriptors = descriptors_,
              .store = store_,
              .log_following = log_following_,
              .recording = recording_,
              .dns_watch = dns_watch_,
              .log = *log_,
              .clock = clock_}),
      control_answers_({.use_cases = use_cases_,
                        .stores = stores_,
                        .settings = settings_,
                        .state = state_,
                        .store = store_,
                        .resolver = resolver_,
                        .snapshots = snapshots_,
                        .groups = sockets.control_groups,
                        .log = *log_,
                        .clock = clock_}) {
    settings_.begin();
    store_.begin();
    campaign_writer_.start();
    chores_.start();
    answers_ = std::jthread(
        [this](const std::stop_token& stop) { use_cases_.release.answers().run(stop); });
    if (sockets.control.has_value()) {
        open_control(*std::move(sockets.control));
    }
}

void App::open_control(Listener listener) {
    control_.emplace(
        std::move(listener),
        [this](const ControlLine& request, const ControlPeer& peer) {
            return control_answers_.answer(request, peer);
        },
        [](const ControlLine& request) {
            const std::string& command = request.front();
            return command == "release" || command == "return" || command == "discard" ||
                   command == "reload";
        },
        *log_);
}

App::~App() {
    end_writing();
}

std::optional<std::string> App::pair_refusal(io::sqlite::Database& database) {
    // No other process can reach the store while this runs: files that are in the spool now were
    // there before this use of it.
    use_cases_.release.note_files();
    io::sqlite::SqliteHeld held(database);
    return guard_.pair(database, held, spool_);
}

void App::use_store() {
    use_cases_.spool_room.shrunk();
    use_cases_.release.recover();
    if (!std::exchange(has_recovered_, true)) {
        // Later, the program's memory is newer than a store that has come back.
        use_cases_.learner.recover();
        use_cases_.campaigns.recover();
        use_cases_.limits.load();
    }
}

void App::write_campaigns() {
    try {
        use_cases_.campaigns.work(snapshots_.current()->settings.bulk);
    } catch (const std::exception& error) {
        log_->write(ports::Severity::Error,
                    fmt::format("campaigns: internal error: {}", core::log_safe(error.what())));
    }
}

std::future<bool> App::start(std::function<void(bool)> on_end) {
    const config::Settings& settings = snapshots_.current()->settings;
    log_->write(ports::Severity::Info,
                fmt::format("started version={} mode={} socket={} settings={}",
                            kVersion,
                            config::wire_name(settings.mode),
                            core::log_safe(settings.milter.socket),
                            core::log_safe(settings_path_)));
    if (own_name_.is_makeshift()) {
        log_->write(ports::Severity::Warning,
                    fmt::format("the name of this host is not fully qualified: Holdback's own mail "
                                "uses the name {} until the MTA connects and gives its own "
                                "(myhostname of Postfix, $j of Sendmail)",
                                core::log_safe(own_name_.current())));
    }
    settings_.say_what_has_no_effect(settings);
    const auto listening = std::make_shared<std::promise<bool>>();
    milter_ = std::jthread([this, listening, on_end = std::move(on_end)] {
        bool ended_well = false;
        bool is_listening = false;
        try {
            ended_well = run_milter(session_parts_, counters_, connection_, [&] {
                is_listening = true;
                listening->set_value(true);
            });
        } catch (const std::exception& error) {
            log_->write(ports::Severity::Error,
                        fmt::format("the milter ended: {}", core::log_safe(error.what())));
        }
        on_end(ended_well);
        if (!is_listening) {
            listening->set_value(false);
        }
    });
    return listening->get_future();
}

void App::stop() {
    // Mail goes unchecked between the milter's end and ours: do as much as possible before.
    chores_.request_stop();
    log_following_.request_stop();
    dns_watch_.request_stop();
    stopping_.wait_for_chores(chores_.done());
    descriptors_.leave_gate();
    recording_.quicken();
    campaign_writer_.quicken(kCampaignIntervalNearTheEnd);
    if (stopping_.wait_for_messages()) {
        database_.leave_log_at_end();
    }
    end_writing();
    stopping_.end_milter();
    use_cases_.release.answers().finish();
    stopping_.allow_no_more_than_the_limit();
}

void App::end_writing() {
    answers_.request_stop();
    campaign_writer_.request_stop();
    recording_.request_stop();
}

void App::hurry() {
    stopping_.hurry();
}

}  // namespace holdback::milter::daemon
