// SPDX-License-Identifier: Apache-2.0
#include "milter/daemon/app.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "dsn/outage.hpp"
#include "flow/held/auto_release.hpp"
#include "flow/held/doubts.hpp"
#include "flow/held/release_flow.hpp"
#include "flow/incoming/departures.hpp"
#include "flow/incoming/learner.hpp"
#include "flow/notices/digest_flow.hpp"
#include "flow/notices/notice_flow.hpp"
#include "flow/own_name.hpp"
#include "flow/snapshot.hpp"
#include "flow/spool_room.hpp"
#include "io/dns/domain_lookup.hpp"
#include "io/mta/postfix_tables.hpp"
#include "io/settings/settings_change.hpp"
#include "io/settings/settings_field.hpp"
#include "io/settings/toml_access.hpp"
#include "io/settings/toml_document.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_schema.hpp"
#include "io/sqlite/sqlite_suppressions.hpp"
#include "io/submit/mta_submit.hpp"
#include "io/system/host_name.hpp"
#include "io/system/local_time.hpp"
#include "io/system/log_setup.hpp"
#include "io/system/random.hpp"
#include "io/system/seal_key_file.hpp"
#include "mail/header.hpp"
#include "mail/mta_names.hpp"
#include "milter/control_protocol.hpp"
#include "milter/daemon/accept_gate.hpp"
#include "milter/daemon/callbacks.hpp"
#include "milter/daemon/change_telling.hpp"
#include "milter/daemon/control_access.hpp"
#include "milter/daemon/descriptors.hpp"
#include "milter/daemon/store_watch.hpp"
#include "milter/load.hpp"
#include "milter/spool_guard.hpp"
#include "milter/version.hpp"
#include "ports/log.hpp"
#include "terms/held.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <expected>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter::daemon {

namespace {

constexpr std::chrono::seconds kWorkInterval{1};
constexpr std::chrono::seconds kCampaignInterval{1};
constexpr std::chrono::milliseconds kCampaignIntervalNearTheEnd{50};
constexpr std::size_t kTokenOctets = 24;
constexpr std::size_t kNoticeIdOctets = 6;

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
                flow::notices::NoticeFlow& notices,
                flow::notices::DigestFlow& digest,
                flow::held::ReleaseFlow& release,
                flow::held::AutoRelease& auto_release,
                flow::incoming::Learner& learner,
                flow::held::Doubts& doubts,
                flow::SpoolRoom& room,
                ChangeTelling& changes,
                StoreWatch& store,
                io::mta::PostfixTables& mta_tables,
                const flow::SnapshotSource& snapshots,
                ports::Log& log) {
    std::mutex mutex;
    std::condition_variable_any wake;
    while (!stop.stop_requested()) {
        const auto snapshot = snapshots.current();
        const config::Settings& settings = snapshot->settings;
        bool has_store = false;
        do_chore("mta", log, [&] { mta_tables.try_all(); });
        do_chore("store", log, [&] { has_store = store.work(stop); });
        if (has_store) {
            do_chore("notice", log, [&] { notices.work(settings); });
            do_chore("digest", log, [&] { digest.work(settings); });
            do_chore("release", log, [&] { release.work(settings.hold); });
            do_chore("release", log, [&] { auto_release.work(settings); });
            do_chore("release", log, [&] { doubts.work(); });
            do_chore("spool", log, [&] { store.keep_pair(); });
            do_chore("spool", log, [&] { room.work(settings.hold); });
            do_chore("changes", log, [&] { changes.work(); });
            do_chore("outage", log, [&] { learner.work(settings.outage); });
        }
        std::unique_lock lock(mutex);
        wake.wait_for(lock, stop, kWorkInterval, [] { return false; });
    }
}

std::string errors_text(const io::settings::FileErrors& errors) {
    std::string text;
    for (const io::settings::FileError& error : errors) {
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
         std::unique_ptr<io::system::ProgramLog> log)
    : settings_path_(std::move(settings_path)),
      log_(std::move(log)),
      stopping_(snapshot->settings.milter.socket, counters_, *log_),
      started_(clock_.steady_now()),
      snapshots_(snapshot),
      started_with_(snapshot->settings),
      control_groups_(sockets.control_groups),
      own_name_(io::system::host_name()),
      milter_listener_(std::move(sockets.milter)),
      connection_(milter_listener_.has_value()
                      ? fmt::format("fd:{}", milter_listener_->descriptor())
                      : snapshot->settings.milter.socket),
      mta_tables_(*log_, clock_),
      own_senders_({.own_name = own_name_, .mta = mta_tables_, .clock = clock_}),
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
      suppressions_(database_, io::sqlite::suppression_options(snapshot->settings.store)),
      unknown_(database_),
      held_(database_),
      notices_(database_),
      digests_(database_),
      journal_(database_),
      decisions_(database_),
      outages_(database_),
      changes_(database_),
      change_telling_(changes_, *log_, clock_),
      campaign_store_(database_),
      spool_(snapshot->settings.hold.spool, clock_),
      spool_room_({.held = &held_, .spool = &spool_, .log = log_.get(), .clock = &clock_}),
      own_mail_(spool_, held_, clock_, own_name_, snapshots_),
      campaigns_({.store = campaign_store_, .log = *log_, .clock = clock_}),
      departures_(&decisions_, flow::incoming::kMostDepartures, &store_trouble_),
      learner_({.suppressions = suppressions_,
                .journal = journal_,
                .outages = outages_,
                .resolver = resolver_,
                .log = *log_,
                .clock = clock_}),
      outcome_learning_({.learner = learner_,
                         .departures = departures_,
                         .journal = journal_,
                         .snapshots = snapshots_,
                         .log = *log_,
                         .clock = clock_}),
      seals_({.resolver = resolver_,
              .departures = departures_,
              .clock = clock_,
              .journal = &journal_,
              .silence = &log_silence_}),
      recorder_({.store = decisions_, .log = *log_, .clock = clock_}),
      outbound_({.resolver = resolver_,
                 .suppressions = suppressions_,
                 .journal = journal_,
                 .held = held_,
                 .spool = spool_,
                 .log = *log_,
                 .clock = clock_,
                 .own_mail = own_mail_,
                 .own_senders = own_senders_,
                 .reader = reader_,
                 .campaigns = campaigns_,
                 .recorder = &recorder_,
                 .learner = &learner_,
                 .mta = &mta_tables_,
                 .room = &spool_room_}),
      inbound_({.reader = reader_,
                .learner = learner_,
                .unknown = unknown_,
                .seals = seals_,
                .log = *log_,
                .clock = clock_,
                .log_tells = [this] { return log_following_.tells(); }}),
      release_({.held = held_,
                .spool = spool_,
                .log = *log_,
                .clock = clock_,
                .own_mail = own_mail_,
                .campaigns = &campaigns_,
                .may_be_told =
                    [this](const terms::HeldMessage& message, const mail::HeaderList& headers) {
                        return own_senders_.may_be_told(
                            message, headers, snapshots_.current()->settings);
                    },
                .room = &spool_room_,
                .make_submitter =
                    [this](const config::HoldSettings& settings) {
                        // The settings were checked: a target that does not parse never gets here.
                        return io::submit::make_submitter(
                            io::submit::parse_reinject(settings.reinject).value(),
                            own_name_.current());
                    },
                .make_token = [] { return io::system::random_hex(kTokenOctets); }}),
      notice_reader_(spool_, own_senders_),
      send_as_({.held = held_,
                .resolver = resolver_,
                .suppressions = suppressions_,
                .log = *log_,
                .clock = clock_,
                .mta = &mta_tables_}),
      notice_flow_({.notices = notices_,
                    .held = held_,
                    .reader = reader_,
                    .log = *log_,
                    .clock = clock_,
                    .own_mail = own_mail_,
                    .release = release_,
                    .send_as = send_as_,
                    .reader_of = notice_reader_,
                    .snapshots = snapshots_,
                    .campaigns = &campaigns_,
                    .keys = [this] { return seals_.keys(); },
                    .make_id = [] { return io::system::random_hex(kNoticeIdOctets); }}),
      replies_({.notices = notices_,
                .reader = answer_reader_,
                .log = *log_,
                .clock = clock_,
                .keys = [this] { return seals_.keys(); },
                .own_name = own_name_,
                .snapshots = snapshots_}),
      sender_override_({.notices = notices_, .log = *log_, .clock = clock_}),
      digest_flow_({.digests = digests_,
                    .log = *log_,
                    .clock = clock_,
                    .own_mail = own_mail_,
                    .local_offset = io::system::local_utc_offset,
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
                     .clock = clock_,
                     .mta = &mta_tables_}),
      doubts_({.held = held_,
               .journal = journal_,
               .log = *log_,
               .clock = clock_,
               .campaigns = &campaigns_,
               .is_log_trusted =
                   [this] { return snapshots_.current()->settings.maillog.is_trusted(); }}),
      judged_before_({.seals = seals_, .clock = clock_}),
      warnings_(clock_),
      session_parts_{.snapshots = snapshots_,
                     .outbound = outbound_,
                     .inbound = inbound_,
                     .release = release_,
                     .seals = seals_,
                     .replies = replies_,
                     .sender_override = sender_override_,
                     .own_name = own_name_,
                     .own_senders = own_senders_,
                     .judged_before = judged_before_,
                     .warnings = warnings_,
                     .waiting = waiting_,
                     .log = *log_},
      campaign_writer_([this] { write_campaigns(); }, kCampaignInterval),
      log_following_({.journal = journal_,
                      .departures = departures_,
                      .log = *log_,
                      .clock = clock_,
                      .snapshots = snapshots_,
                      .listeners = {&outcome_learning_, &doubts_, &campaigns_.sent()},
                      .silence = log_silence_}),
      recording_(recorder_, snapshots_, *log_),
      dns_watch_(resolver_, clock_, *log_) {
    say_mta_names(snapshot->settings.mta);
    use_mta(snapshot->settings.mta);
    use_resolver(snapshot->settings.dns);
    static_cast<void>(use_seal_keys(snapshot->settings));
    store_.begin();
    campaign_writer_.start();
    worker_ = std::jthread([this](const std::stop_token& stop) {
        run_worker(stop,
                   notice_flow_,
                   digest_flow_,
                   release_,
                   auto_release_,
                   learner_,
                   doubts_,
                   spool_room_,
                   change_telling_,
                   store_,
                   mta_tables_,
                   snapshots_,
                   *log_);
        // The end closes the store the faster; one that hangs is not waited for.
        if (!database_.disorder().has_value()) {
            do_chore("store", *log_, [this] { database_.checkpoint(); });
        }
        chores_done_.store(true);
    });
    answers_ = std::jthread([this](const std::stop_token& stop) { release_.answers().run(stop); });
    if (sockets.control.has_value()) {
        control_.emplace(
            *std::move(sockets.control),
            [this](const ControlLine& request, const ControlPeer& peer) {
                return control(request, peer);
            },
            [](const ControlLine& request) {
                const std::string& command = request.front();
                return command == "release" || command == "return" || command == "discard" ||
                       command == "reload";
            },
            *log_);
    }
}

App::~App() {
    end_writing();
}

std::optional<std::string> App::pair_refusal(io::sqlite::Database& database) {
    // Nobody else gets to the store as long as this is asked: what is in the spool now was there
    // before this use of it.
    release_.note_files();
    io::sqlite::SqliteHeld held(database);
    return guard_.pair(database, held, spool_);
}

void App::use_store() {
    spool_room_.shrunk();
    release_.recover();
    if (!std::exchange(has_recovered_, true)) {
        // Later, what the program remembers is newer than what a store knows that has come back.
        learner_.recover();
        campaigns_.recover();
    }
}

bool App::start(std::function<void(bool)> on_end) {
    const config::Settings& settings = snapshots_.current()->settings;
    log_->write(ports::Severity::Info,
                fmt::format("started version={} mode={} socket={} settings={}",
                            kVersion,
                            config::wire_name(settings.mode),
                            core::log_safe(settings.milter.socket),
                            core::log_safe(settings_path_)));
    if (own_name_.is_makeshift()) {
        log_->write(ports::Severity::Warning,
                    fmt::format("this host has a bare name: own mail bears {} until the MTA "
                                "connects and says its own (myhostname of Postfix, $j of Sendmail)",
                                core::log_safe(own_name_.current())));
    }
    say_what_has_no_effect(settings);
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
    return listening->get_future().get();
}

void App::use_resolver(const config::DnsSettings& settings) {
    auto resolver = io::dns::make_resolver(settings, clock_);
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
    auto keys = io::system::load_seal_keys(settings.seal.key, clock_.now());
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

core::Result<std::vector<ControlLine>, std::string> App::reload() {
    const std::scoped_lock lock(reload_mutex_);
    auto next = load_snapshot(settings_path_, [this](const config::OutgoingSettings& settings) {
        return read_mta_again(settings);
    });
    if (!next.has_value()) {
        for (const io::settings::FileError& error : next.error()) {
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
    std::vector<ControlLine> changes = say_what_changed(before->settings, settings);
    use_mta(settings.mta);
    say_what_has_no_effect(settings);
    snapshots_.replace(*next);
    store_.try_again();
    log_->write(ports::Severity::Info,
                fmt::format("reloaded mode={} rules={}",
                            config::wire_name(settings.mode),
                            (*next)->knowledge.rules.rules().size()));
    return changes;
}

mail::MtaNames App::read_mta_again(const config::OutgoingSettings& settings) const {
    const std::shared_ptr<const flow::Snapshot> before = snapshots_.current();
    mail::MtaNames names = read_mta_now(settings);
    const mail::MtaNames& known = before->settings.mta;
    const bool same_source = settings.mta_domains == before->settings.outgoing.mta_domains;
    if (names.troubles.empty() || !known.troubles.empty() || !same_source) {
        say_mta_names(names);
        return names;
    }
    // What was read as root at the start may be closed to the account that we have now.
    for (const std::string& trouble : names.troubles) {
        log_->write(ports::Severity::Warning,
                    fmt::format("mta: {}; what was read before stays", core::printable(trouble)));
    }
    return known;
}

void App::use_mta(const mail::MtaNames& names) {
    mta_tables_.use(names);
    for (const std::string& name : names.other_names) {
        own_name_.learn(name);
    }
    if (!names.host_name.empty()) {
        own_name_.learn(names.host_name);  // last: it speaks
    }
}

void App::say_mta_names(const mail::MtaNames& names) const {
    for (const std::string& trouble : names.troubles) {
        log_->write(ports::Severity::Warning,
                    fmt::format("mta: {}; domains that only the MTA knows may be judged by the "
                                "public DNS: see [outgoing] mta_domains",
                                core::printable(trouble)));
    }
}

void App::say_what_has_no_effect(const config::Settings& settings) const {
    for (const config::Contradiction& each : config::without_effect(settings)) {
        log_->write(ports::Severity::Warning,
                    fmt::format("settings: {} {}", each.key, each.message));
    }
}

std::vector<ControlLine> App::say_what_changed(const config::Settings& before,
                                               const config::Settings& after) const {
    std::vector<ControlLine> lines;
    for (const io::settings::SettingChange& each : io::settings::settings_changes(before, after)) {
        if (each.takes_effect == io::settings::TakesEffect::AtReload) {
            log_->write(ports::Severity::Info,
                        fmt::format("reload: {} changed: {} -> {}",
                                    each.name,
                                    core::printable(each.before),
                                    core::printable(each.after)));
            lines.push_back({"changed", each.name, each.before, each.after});
        }
    }
    // What an earlier reload left waiting still does.
    for (const io::settings::SettingChange& each :
         io::settings::settings_changes(started_with_, after)) {
        if (each.takes_effect == io::settings::TakesEffect::AtNextStart) {
            log_->write(ports::Severity::Warning,
                        fmt::format("reload: {} takes effect at the next start: {} -> {}",
                                    each.name,
                                    core::printable(each.before),
                                    core::printable(each.after)));
            lines.push_back({"waits", each.name, each.before, each.after});
        }
    }
    return lines;
}

void App::stop() {
    // Between the milter's end and ours mail goes by unchecked: what can be done before is.
    worker_.request_stop();
    log_following_.request_stop();
    dns_watch_.request_stop();
    stopping_.wait_for_chores(chores_done_);
    descriptors_.leave_gate();
    recording_.quicken();
    campaign_writer_.quicken(kCampaignIntervalNearTheEnd);
    if (stopping_.wait_for_messages()) {
        database_.leave_log_at_end();
    }
    end_writing();
    stopping_.end_milter();
    release_.answers().finish();
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
