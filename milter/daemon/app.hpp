// SPDX-License-Identifier: Apache-2.0
#pragma once
// The composition root: everything that sessions share is made here, before the milter runs, and
// ends here, after it.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "flow/campaign_watch.hpp"
#include "flow/held/auto_release.hpp"
#include "flow/held/doubts.hpp"
#include "flow/held/release_flow.hpp"
#include "flow/incoming/departures.hpp"
#include "flow/incoming/inbound_flow.hpp"
#include "flow/incoming/learner.hpp"
#include "flow/incoming/log_silence.hpp"
#include "flow/incoming/outcome_learning.hpp"
#include "flow/incoming/seals.hpp"
#include "flow/notices/digest_flow.hpp"
#include "flow/notices/notice_flow.hpp"
#include "flow/notices/notice_reader.hpp"
#include "flow/notices/notice_replies.hpp"
#include "flow/notices/sender_override.hpp"
#include "flow/outgoing/decision_recorder.hpp"
#include "flow/outgoing/judged_before.hpp"
#include "flow/outgoing/outbound_flow.hpp"
#include "flow/own_mail.hpp"
#include "flow/own_name.hpp"
#include "flow/own_senders.hpp"
#include "flow/snapshot.hpp"
#include "flow/spool_room.hpp"
#include "flow/store_trouble.hpp"
#include "io/mime/gmime_reader.hpp"
#include "io/mta/postfix_tables.hpp"
#include "io/sqlite/sqlite_campaigns.hpp"
#include "io/sqlite/sqlite_changes.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_decisions.hpp"
#include "io/sqlite/sqlite_digest.hpp"
#include "io/sqlite/sqlite_held.hpp"
#include "io/sqlite/sqlite_journal.hpp"
#include "io/sqlite/sqlite_lessons.hpp"
#include "io/sqlite/sqlite_notices.hpp"
#include "io/sqlite/sqlite_suppressions.hpp"
#include "io/sqlite/sqlite_unknown.hpp"
#include "io/state/dir_spool.hpp"
#include "io/system/log_setup.hpp"
#include "mail/mta_names.hpp"
#include "milter/control_protocol.hpp"
#include "milter/daemon/callbacks.hpp"
#include "milter/daemon/change_telling.hpp"
#include "milter/daemon/control_access.hpp"
#include "milter/daemon/control_socket.hpp"
#include "milter/daemon/decision_recording.hpp"
#include "milter/daemon/descriptors.hpp"
#include "milter/daemon/dns_watch.hpp"
#include "milter/daemon/listener.hpp"
#include "milter/daemon/log_following.hpp"
#include "milter/daemon/periodic.hpp"
#include "milter/daemon/stopping.hpp"
#include "milter/daemon/store_watch.hpp"
#include "milter/daemon/swappable_resolver.hpp"
#include "milter/session/milter_warnings.hpp"
#include "milter/session/waiting_room.hpp"
#include "milter/spool_guard.hpp"
#include "report/metrics.hpp"

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace holdback::milter::daemon {

/// What is opened before the program gives up its privileges.
struct AppSockets {
    /// The milter's unix socket; nullopt when the settings name another kind.
    std::optional<Listener> milter;
    std::optional<Listener> control;
    ControlGroups control_groups;
};

/// The running daemon.
class App {
public:
    /// Opens store and spool and puts interrupted releases back. Throws StartRefusal when they are
    /// not this daemon's, and std::exception when it can't do its work: no spool. Without a store
    /// it runs, see StoreWatch.
    App(std::string settings_path,
        const std::shared_ptr<const flow::Snapshot>& snapshot,
        AppSockets sockets,
        std::unique_ptr<io::system::ProgramLog> log);
    App(const App&) = delete;
    App& operator=(const App&) = delete;
    App(App&&) = delete;
    App& operator=(App&&) = delete;
    ~App();

    /// Runs the milter in a thread of its own. True when an MTA can connect from now on, false when
    /// the milter has ended without that. `on_end` is called, from that thread, when the milter has
    /// ended; it says whether it ended well.
    [[nodiscard]] bool start(std::function<void(bool)> on_end);

    /// Reads all settings anew. Lines say what is another now, as {"changed", key, old, new}, and
    /// what waits for the next start, as {"waits", key, in force, new}. The error is a text for
    /// people, and the old settings stay.
    [[nodiscard]] core::Result<std::vector<ControlLine>, std::string> reload();

    /// Waits until no message is under way, ends the milter, and sees to it that the process ends
    /// soon after, whatever else runs: see `Stopping`. Blocks.
    void stop();
    /// Makes `stop` wait for nothing more. Any thread.
    void hurry();

private:
    [[nodiscard]] core::Result<std::vector<ControlLine>, std::string> control(
        const ControlLine& request, const ControlPeer& peer);
    /// The same for who may have it.
    [[nodiscard]] core::Result<std::vector<ControlLine>, std::string> answer(
        const ControlLine& request, const ControlPeer& peer);
    [[nodiscard]] core::Result<std::vector<ControlLine>, std::string> control_items(
        const ControlLine& request, const ControlPeer& peer);
    /// Releases one item to another address.
    [[nodiscard]] core::Result<std::vector<ControlLine>, std::string> release_as(
        const ControlLine& request, const ControlPeer& peer);
    /// Lets a stopped campaign go on; the answer is how many there were.
    [[nodiscard]] core::Result<std::vector<ControlLine>, std::string> continue_campaign(
        const ControlLine& request, const ControlPeer& peer);
    /// Tells who let a campaign go on.
    void note_continued(const std::string& name,
                        const std::string& sender,
                        std::size_t issues,
                        const ControlPeer& peer);
    [[nodiscard]] std::vector<report::MetricValue> stopped_campaigns() const;
    /// Writes down what is new of campaigns. Waits for nothing but the store.
    void write_campaigns();
    /// What is written beside mail is written a last time, all of it at once.
    void end_writing();
    [[nodiscard]] std::vector<ControlLine> status() const;
    /// One line of the text form of Prometheus each.
    [[nodiscard]] std::vector<ControlLine> metrics() const;
    [[nodiscard]] std::vector<ControlLine> cache_lines() const;
    void use_resolver(const config::DnsSettings& settings);
    /// Reads the keys of the seal anew, making the first one. Trouble is logged; the old keys stay.
    [[nodiscard]] core::Result<void, std::string> use_seal_keys(const config::Settings& settings);
    /// What the MTA says of itself now; what it said before where that cannot be read any more.
    [[nodiscard]] mail::MtaNames read_mta_again(const config::OutgoingSettings& settings) const;
    void use_mta(const mail::MtaNames& names);
    void say_mta_names(const mail::MtaNames& names) const;
    /// Settings that do nothing without others.
    void say_what_has_no_effect(const config::Settings& settings) const;
    /// Why the store, of which this database is not in use yet, is not the spool's; nullopt: it is.
    [[nodiscard]] std::optional<std::string> pair_refusal(io::sqlite::Database& database);
    /// What is done with a store that comes into use: puts interrupted releases back, reads what
    /// was learned.
    void use_store();
    /// What `reload` gives, and logs.
    [[nodiscard]] std::vector<ControlLine> say_what_changed(const config::Settings& before,
                                                            const config::Settings& after) const;

    std::string settings_path_;
    std::unique_ptr<io::system::ProgramLog> log_;
    core::SystemClock clock_;
    MilterCounters counters_;
    Stopping stopping_;  // before all that may hang at the end
    core::SteadyPoint started_;
    flow::SnapshotSource snapshots_;
    const config::Settings started_with_;
    ControlGroups control_groups_;
    flow::OwnName own_name_;
    std::optional<Listener> milter_listener_;
    std::string connection_;
    SwappableResolver resolver_;
    io::mta::PostfixTables mta_tables_;
    flow::OwnSenders own_senders_;
    SpoolGuard guard_;  // before the store and the spool: nobody else may have them
    InUseMark in_use_;
    io::sqlite::Database database_;
    bool has_recovered_ = false;  ///< what the store knew of other days is in memory
    StoreWatch store_;
    Descriptors descriptors_;
    io::sqlite::SqliteSuppressions suppressions_;
    io::sqlite::SqliteUnknown unknown_;
    io::sqlite::SqliteHeld held_;
    io::sqlite::SqliteNotices notices_;
    io::sqlite::SqliteDigest digests_;
    io::sqlite::SqliteJournal journal_;
    io::sqlite::SqliteDecisions decisions_;
    io::sqlite::SqliteOutages outages_;
    io::sqlite::SqliteChanges changes_;
    ChangeTelling change_telling_;
    io::sqlite::SqliteCampaigns campaign_store_;
    io::state::DirSpool spool_;
    io::mime::GmimeReader reader_;
    io::mime::GmimeReader answer_reader_{{.html_parts = reading::HtmlParts::Own}};
    flow::SpoolRoom spool_room_;
    flow::OwnMail own_mail_;
    flow::CampaignWatch campaigns_;
    flow::StoreTrouble store_trouble_{*log_, clock_};
    flow::incoming::Departures departures_;
    flow::incoming::LogSilence log_silence_;
    flow::incoming::Learner learner_;
    flow::incoming::OutcomeLearning outcome_learning_;
    flow::incoming::Seals seals_;
    flow::outgoing::DecisionRecorder recorder_;
    flow::outgoing::OutboundFlow outbound_;
    flow::incoming::InboundFlow inbound_;
    flow::held::ReleaseFlow release_;
    flow::notices::NoticeReader notice_reader_;
    flow::held::SendAs send_as_;
    flow::notices::NoticeFlow notice_flow_;
    flow::notices::NoticeReplies replies_;
    flow::notices::SenderOverride sender_override_;
    flow::notices::DigestFlow digest_flow_;
    flow::held::AutoRelease auto_release_;
    flow::held::Doubts doubts_;
    flow::outgoing::JudgedBefore judged_before_;
    session::MilterWarnings warnings_;
    session::WaitingRoom waiting_;
    session::Session::Parts session_parts_;
    std::mutex reload_mutex_;
    Periodic campaign_writer_;              // before all that tell of campaigns: it ends after them
    std::atomic<bool> chores_done_{false};  // by the worker
    std::jthread worker_;
    std::jthread answers_;
    LogFollowing log_following_;
    DecisionRecording recording_;
    DnsWatch dns_watch_;
    std::optional<ControlSocket> control_;
    std::jthread milter_;
};

}  // namespace holdback::milter::daemon
