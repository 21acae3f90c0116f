// SPDX-License-Identifier: Apache-2.0
#include "milter/app.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "dsn/outage.hpp"
#include "flow/auto_release.hpp"
#include "flow/digest_flow.hpp"
#include "flow/doubts.hpp"
#include "flow/learner.hpp"
#include "flow/notice_flow.hpp"
#include "flow/release_flow.hpp"
#include "flow/snapshot.hpp"
#include "io/domain_lookup.hpp"
#include "io/local_time.hpp"
#include "io/log_setup.hpp"
#include "io/mta_submit.hpp"
#include "io/random.hpp"
#include "io/seal_key_file.hpp"
#include "io/sqlite_db.hpp"
#include "io/sqlite_schema.hpp"
#include "io/sqlite_suppressions.hpp"
#include "io/toml_access.hpp"
#include "io/toml_document.hpp"
#include "milter/callbacks.hpp"
#include "milter/control_protocol.hpp"
#include "milter/load.hpp"
#include "milter/spool_guard.hpp"
#include "milter/version.hpp"
#include "ports/log.hpp"

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter {

namespace {

constexpr std::chrono::seconds kWorkInterval{1};
constexpr std::chrono::seconds kDrainTime{10};
constexpr std::chrono::milliseconds kDrainStep{50};
constexpr std::size_t kTokenOctets = 24;
constexpr std::size_t kNoticeIdOctets = 6;

std::string host_name() {
    std::array<char, 256> name{};
    if (gethostname(name.data(), name.size() - 1) != 0 || name.front() == '\0') {
        return "localhost";
    }
    return name.data();
}

/// Trouble of one chore does not keep the others from being done.
template <typename Chore>
void do_chore(std::string_view name, ports::Log& log, Chore&& chore) {
    try {
        std::forward<Chore>(chore)();
    } catch (const std::exception& error) {
        log.write(ports::Severity::Error,
                  fmt::format("{}: internal error: {}", name, core::log_safe(error.what())));
    }
}

/// Runs the spool's chores until it is told to stop.
void run_worker(const std::stop_token& stop,
                flow::NoticeFlow& notices,
                flow::DigestFlow& digest,
                flow::ReleaseFlow& release,
                flow::AutoRelease& auto_release,
                flow::Learner& learner,
                flow::Doubts& doubts,
                io::Database& database,
                SpoolGuard& guard,
                const flow::SnapshotSource& snapshots,
                ports::Log& log) {
    std::mutex mutex;
    std::condition_variable_any wake;
    while (!stop.stop_requested()) {
        const auto snapshot = snapshots.current();
        const config::Settings& settings = snapshot->settings;
        do_chore("notice", log, [&] { notices.work(settings); });
        do_chore("digest", log, [&] { digest.work(settings); });
        do_chore("release", log, [&] { release.work(settings.hold); });
        do_chore("release", log, [&] { auto_release.work(settings); });
        do_chore("release", log, [&] { doubts.work(); });
        do_chore("spool", log, [&] { guard.keep(); });
        do_chore("outage", log, [&] { learner.work(settings.outage); });
        try {
            // Here, where no message waits for it.
            database.checkpoint();
        } catch (const io::DatabaseError& error) {
            log.write(ports::Severity::Warning,
                      fmt::format("store: no checkpoint: {}", core::log_safe(error.what())));
        }
        std::unique_lock lock(mutex);
        wake.wait_for(lock, stop, kWorkInterval, [] { return false; });
    }
    release.answers().finish();
}

std::string errors_text(const io::FileErrors& errors) {
    std::string text;
    for (const io::FileError& error : errors) {
        if (!text.empty()) {
            text += "\n";
        }
        text += error.text();
    }
    return text;
}

}  // namespace

App::App(std::string settings_path,
         const std::shared_ptr<const flow::Snapshot>& snapshot,
         AppSockets sockets,
         std::unique_ptr<io::ProgramLog> log)
    : settings_path_(std::move(settings_path)),
      log_(std::move(log)),
      started_(clock_.steady_now()),
      snapshots_(snapshot),
      milter_listener_(std::move(sockets.milter)),
      connection_(milter_listener_.has_value()
                      ? fmt::format("fd:{}", milter_listener_->descriptor())
                      : snapshot->settings.milter.socket),
      guard_(snapshot->settings, *log_),
      database_({.path = snapshot->settings.store.path,
                 .mode = io::DatabaseMode::ReadWrite,
                 .migrations = io::schema_steps(),
                 .checkpoints = io::Checkpoints::ByCaller}),
      suppressions_(database_, io::suppression_options(snapshot->settings.store)),
      unknown_(database_),
      held_(database_),
      notices_(database_),
      digests_(database_),
      journal_(database_),
      decisions_(database_),
      outages_(database_),
      campaign_store_(database_),
      spool_(snapshot->settings.hold.spool, clock_),
      own_mail_(spool_, held_, clock_, host_name()),
      campaigns_({.store = campaign_store_, .log = *log_, .clock = clock_}),
      learner_({.suppressions = suppressions_,
                .journal = journal_,
                .outages = outages_,
                .log = *log_,
                .clock = clock_}),
      outcome_learning_({.learner = learner_, .snapshots = snapshots_, .log = *log_}),
      seals_({.resolver = resolver_, .clock = clock_}),
      recorder_({.store = decisions_, .log = *log_, .clock = clock_}),
      outbound_({.resolver = resolver_,
                 .suppressions = suppressions_,
                 .journal = journal_,
                 .held = held_,
                 .spool = spool_,
                 .log = *log_,
                 .clock = clock_,
                 .own_mail = own_mail_,
                 .reader = reader_,
                 .campaigns = campaigns_,
                 .recorder = &recorder_}),
      inbound_({.reader = reader_,
                .learner = learner_,
                .unknown = unknown_,
                .seals = seals_,
                .log = *log_,
                .clock = clock_}),
      release_({.held = held_,
                .spool = spool_,
                .log = *log_,
                .clock = clock_,
                .own_mail = own_mail_,
                .campaigns = &campaigns_,
                .make_submitter =
                    [](const config::HoldSettings& settings) {
                        // The settings were checked: a target that does not parse never gets here.
                        return io::make_submitter(io::parse_reinject(settings.reinject).value(),
                                                  host_name());
                    },
                .make_token = [] { return io::random_hex(kTokenOctets); }}),
      notice_flow_({.notices = notices_,
                    .held = held_,
                    .reader = reader_,
                    .log = *log_,
                    .clock = clock_,
                    .own_mail = own_mail_,
                    .release = release_,
                    .campaigns = &campaigns_,
                    .keys = [this] { return seals_.keys(); },
                    .make_id = [] { return io::random_hex(kNoticeIdOctets); }}),
      replies_({.notices = notices_,
                .reader = answer_reader_,
                .log = *log_,
                .clock = clock_,
                .keys = [this] { return seals_.keys(); },
                .host_name = own_mail_.host_name()}),
      digest_flow_({.digests = digests_,
                    .log = *log_,
                    .clock = clock_,
                    .own_mail = own_mail_,
                    .local_offset = io::local_utc_offset,
                    .outages =
                        [this] {
                            std::vector<std::string> providers;
                            for (const dsn::Outage& outage : learner_.outages()) {
                                providers.push_back(outage.provider);
                            }
                            return providers;
                        }}),
      auto_release_({.held = held_,
                     .release = release_,
                     .resolver = resolver_,
                     .suppressions = suppressions_,
                     .log = *log_,
                     .clock = clock_}),
      doubts_({.held = held_,
               .journal = journal_,
               .log = *log_,
               .clock = clock_,
               .campaigns = &campaigns_}),
      session_parts_{.snapshots = snapshots_,
                     .outbound = outbound_,
                     .inbound = inbound_,
                     .release = release_,
                     .seals = seals_,
                     .replies = replies_,
                     .waiting = waiting_,
                     .log = *log_},
      log_following_({.journal = journal_,
                      .log = *log_,
                      .clock = clock_,
                      .snapshots = snapshots_,
                      .listeners = {&outcome_learning_, &doubts_}}),
      recording_(recorder_, snapshots_, *log_),
      dns_watch_(resolver_, clock_, *log_) {
    guard_.pair(database_, held_, spool_);
    use_resolver(snapshot->settings.dns);
    static_cast<void>(use_seal_keys(snapshot->settings));
    release_.recover();
    learner_.recover();
    campaigns_.recover();
    campaign_writer_ = std::jthread([this](const std::stop_token& stop) { write_campaigns(stop); });
    worker_ = std::jthread([this](const std::stop_token& stop) {
        run_worker(stop,
                   notice_flow_,
                   digest_flow_,
                   release_,
                   auto_release_,
                   learner_,
                   doubts_,
                   database_,
                   guard_,
                   snapshots_,
                   *log_);
    });
    answers_ = std::jthread([this](const std::stop_token& stop) { release_.answers().run(stop); });
    if (sockets.control.has_value()) {
        control_.emplace(
            *std::move(sockets.control),
            [this](const ControlLine& request) { return control(request); },
            *log_);
    }
}

App::~App() = default;

void App::start(std::function<void(bool)> on_end) {
    const config::Settings& settings = snapshots_.current()->settings;
    log_->write(ports::Severity::Info,
                fmt::format("started version={} mode={} socket={} settings={}",
                            kVersion,
                            config::wire_name(settings.mode),
                            core::log_safe(settings.milter.socket),
                            core::log_safe(settings_path_)));
    say_what_has_no_effect(settings);
    milter_ = std::jthread([this, on_end = std::move(on_end)] {
        bool ended_well = false;
        try {
            ended_well = run_milter(session_parts_, counters_, connection_);
        } catch (const std::exception& error) {
            log_->write(ports::Severity::Error,
                        fmt::format("the milter ended: {}", core::log_safe(error.what())));
        }
        on_end(ended_well);
    });
}

void App::use_resolver(const config::DnsSettings& settings) {
    auto resolver = io::make_resolver(settings, clock_);
    if (resolver.has_value()) {
        resolver_.replace(*std::move(resolver));
        return;
    }
    resolver_.replace(nullptr);
    log_->write(ports::Severity::Error,
                fmt::format("dns: no nameserver, all domains are unresolved: {}",
                            core::log_safe(resolver.error())));
}

core::Result<void, std::string> App::use_seal_keys(const config::Settings& settings) {
    // The tokens of notices are signed with them too.
    if (!settings.seal.enabled && !settings.notice.enabled) {
        return {};
    }
    auto keys = io::load_seal_keys(settings.seal.key, clock_.now());
    if (!keys.has_value()) {
        log_->write(ports::Severity::Error,
                    fmt::format("seal: {}: {}",
                                core::printable(keys.error()),
                                seals_.keys().empty() ? "mail leaves unsealed"
                                                      : "the keys in memory stay"));
        return std::unexpected(std::move(keys.error()));
    }
    seals_.use(*std::move(keys));
    return {};
}

core::Result<void, std::string> App::reload() {
    const std::scoped_lock lock(reload_mutex_);
    auto next = load_snapshot(settings_path_);
    if (!next.has_value()) {
        for (const io::FileError& error : next.error()) {
            log_->write(ports::Severity::Error,
                        fmt::format("reload: {}", core::printable(error.text())));
        }
        log_->write(ports::Severity::Error, "reload: the old settings stay");
        return std::unexpected(errors_text(next.error()));
    }
    const std::shared_ptr<const flow::Snapshot> before = snapshots_.current();
    const config::Settings& settings = (*next)->settings;
    if (const auto applied = log_->apply(settings.log); !applied.has_value()) {
        log_->write(ports::Severity::Error,
                    fmt::format("reload: {}; the old settings stay",
                                core::printable(applied.error().message)));
        return std::unexpected(applied.error().message);
    }
    if (settings.dns != before->settings.dns || resolver_.current() == nullptr) {
        use_resolver(settings.dns);
    }
    static_cast<void>(use_seal_keys(settings));
    say_what_waits_for_a_restart(before->settings, settings);
    say_what_has_no_effect(settings);
    snapshots_.replace(*next);
    log_->write(ports::Severity::Info,
                fmt::format("reloaded mode={} rules={}",
                            config::wire_name(settings.mode),
                            (*next)->rules.rules().size()));
    return {};
}

void App::say_what_has_no_effect(const config::Settings& settings) const {
    for (const config::Contradiction& each : config::without_effect(settings)) {
        log_->write(ports::Severity::Warning,
                    fmt::format("settings: {} {}", each.key, each.message));
    }
}

void App::say_what_waits_for_a_restart(const config::Settings& before,
                                       const config::Settings& after) const {
    const auto say = [this](std::string_view key) {
        log_->write(ports::Severity::Warning,
                    fmt::format("reload: {} takes effect at the next start", key));
    };
    if (before.milter.socket != after.milter.socket ||
        before.milter.socket_group != after.milter.socket_group ||
        before.milter.socket_mode != after.milter.socket_mode) {
        say("[milter] socket");
    }
    if (before.milter.user != after.milter.user) {
        say("[milter] user");
    }
    if (before.control.socket != after.control.socket) {
        say("[control] socket");
    }
    if (before.store.path != after.store.path) {
        say("[store] path");
    }
    if (before.store.hash != after.store.hash || before.store.hash_key != after.store.hash_key) {
        say("[store] hash");
    }
    if (before.hold.spool != after.hold.spool) {
        say("[hold] spool");
    }
}

void App::stop() {
    if (milter_listener_.has_value()) {
        milter_listener_->remove_path();
    }
    const core::SteadyPoint deadline = clock_.steady_now() + kDrainTime;
    while (counters_.messages_in_flight.load() > 0 && clock_.steady_now() < deadline) {
        std::this_thread::sleep_for(kDrainStep);
    }
    log_->write(ports::Severity::Info,
                fmt::format("stopping messages_in_flight={}", counters_.messages_in_flight.load()));
    stop_milter();
}

}  // namespace holdback::milter
