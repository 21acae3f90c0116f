// SPDX-License-Identifier: Apache-2.0
#pragma once
// The use cases of common/flow, each with its dependencies.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "flow/campaign_watch.hpp"
#include "flow/held/auto_release.hpp"
#include "flow/held/doubts.hpp"
#include "flow/held/release_flow.hpp"
#include "flow/held/send_as.hpp"
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
#include "flow/sender_limits.hpp"
#include "flow/snapshot.hpp"
#include "flow/spool_room.hpp"
#include "flow/store_trouble.hpp"
#include "io/mime/gmime_reader.hpp"
#include "io/system/local_time.hpp"
#include "mail/header.hpp"
#include "milter/daemon/stores.hpp"
#include "ports/held_store.hpp"
#include "ports/log.hpp"
#include "ports/mta_tables.hpp"
#include "ports/resolver.hpp"
#include "ports/spool.hpp"
#include "ports/submitter.hpp"
#include "reading/html_text.hpp"
#include "terms/held.hpp"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace holdback::milter::daemon {

/// All use cases, in the order of their dependencies. Safe from several threads, as each of them
/// is.
struct UseCases {
    /// All outlive the object.
    struct Parts {
        Stores& stores;
        ports::Spool& spool;
        ports::Resolver& resolver;
        ports::MtaTables& mta;
        ports::Log& log;
        core::Clock& clock;
        const flow::SnapshotSource& snapshots;
        flow::OwnName& own_name;
        /// True while the MTA's log tells how deliveries ended.
        std::function<bool()> log_tells;
    };

    explicit UseCases(Parts with) : parts(std::move(with)) {}

    [[nodiscard]] std::vector<std::string> broken_providers() const;
    [[nodiscard]] std::unique_ptr<ports::Submitter> submitter(
        const config::HoldSettings& settings) const;

    Parts parts;

    flow::OwnSenders own_senders{
        {.own_name = parts.own_name, .mta = parts.mta, .clock = parts.clock}};
    flow::SpoolRoom spool_room{{.held = &parts.stores.held,
                                .spool = &parts.spool,
                                .log = &parts.log,
                                .clock = &parts.clock}};
    flow::OwnMail own_mail{
        parts.spool, parts.stores.held, parts.clock, parts.own_name, parts.snapshots};
    flow::CampaignWatch campaigns{
        {.store = parts.stores.campaigns, .log = parts.log, .clock = parts.clock}};

    flow::SenderLimits limits{
        {.store = parts.stores.usage, .log = parts.log, .clock = parts.clock}};

    flow::StoreTrouble store_trouble{parts.log, parts.clock};
    flow::incoming::Departures departures{
        &parts.stores.decisions, flow::incoming::kMostDepartures, &store_trouble};
    flow::incoming::LogSilence log_silence;
    flow::incoming::Learner learner{{.suppressions = parts.stores.suppressions,
                                     .journal = parts.stores.journal,
                                     .outages = parts.stores.outages,
                                     .resolver = parts.resolver,
                                     .log = parts.log,
                                     .clock = parts.clock}};
    flow::incoming::OutcomeLearning outcome_learning{{.learner = learner,
                                                      .departures = departures,
                                                      .journal = parts.stores.journal,
                                                      .snapshots = parts.snapshots,
                                                      .log = parts.log,
                                                      .clock = parts.clock}};
    flow::incoming::Seals seals{{.resolver = parts.resolver,
                                 .departures = departures,
                                 .clock = parts.clock,
                                 .journal = &parts.stores.journal,
                                 .silence = &log_silence}};
    io::mime::GmimeReader reader;
    flow::incoming::InboundFlow inbound{{.reader = reader,
                                         .learner = learner,
                                         .unknown = parts.stores.unknown,
                                         .seals = seals,
                                         .log = parts.log,
                                         .clock = parts.clock,
                                         .log_tells = parts.log_tells}};

    flow::outgoing::DecisionRecorder recorder{
        {.store = parts.stores.decisions, .log = parts.log, .clock = parts.clock}};
    flow::outgoing::OutboundFlow outbound{{.resolver = parts.resolver,
                                           .suppressions = parts.stores.suppressions,
                                           .journal = parts.stores.journal,
                                           .held = parts.stores.held,
                                           .spool = parts.spool,
                                           .log = parts.log,
                                           .clock = parts.clock,
                                           .own_mail = own_mail,
                                           .own_senders = own_senders,
                                           .reader = reader,
                                           .campaigns = campaigns,
                                           .recorder = &recorder,
                                           .learner = &learner,
                                           .mta = &parts.mta,
                                           .limits = &limits,
                                           .room = &spool_room}};
    flow::outgoing::JudgedBefore judged_before{{.seals = seals, .clock = parts.clock}};

    flow::held::ReleaseFlow release{
        {.held = parts.stores.held,
         .spool = parts.spool,
         .log = parts.log,
         .clock = parts.clock,
         .own_mail = own_mail,
         .campaigns = &campaigns,
         .item_left =
             [this](const ports::HeldItem& item) {
                 limits.item_left(item, parts.snapshots.current()->limits);
             },
         .must_wait =
             [this](const ports::HeldItem& item) {
                 return limits.wait_for_room(item, parts.snapshots.current()->limits);
             },
         .may_be_told =
             [this](const terms::HeldMessage& message, const mail::HeaderList& headers) {
                 return own_senders.may_be_told(
                     message, headers, parts.snapshots.current()->settings);
             },
         .room = &spool_room,
         .make_submitter =
             [this](const config::HoldSettings& settings) { return submitter(settings); },
         .make_token = make_token}};
    flow::held::SendAs send_as{{.held = parts.stores.held,
                                .resolver = parts.resolver,
                                .suppressions = parts.stores.suppressions,
                                .log = parts.log,
                                .clock = parts.clock,
                                .mta = &parts.mta}};
    flow::held::AutoRelease auto_release{{.held = parts.stores.held,
                                          .release = release,
                                          .resolver = parts.resolver,
                                          .suppressions = parts.stores.suppressions,
                                          .log = parts.log,
                                          .clock = parts.clock,
                                          .mta = &parts.mta,
                                          .limits = &limits}};
    flow::held::Doubts doubts{{.held = parts.stores.held,
                               .journal = parts.stores.journal,
                               .log = parts.log,
                               .clock = parts.clock,
                               .campaigns = &campaigns,
                               .is_log_trusted = [this] {
                                   return parts.snapshots.current()->settings.maillog.is_trusted();
                               }}};

    flow::notices::NoticeReader notice_reader{parts.spool, own_senders};
    flow::notices::NoticeFlow notice_flow{{.notices = parts.stores.notices,
                                           .held = parts.stores.held,
                                           .reader = reader,
                                           .log = parts.log,
                                           .clock = parts.clock,
                                           .own_mail = own_mail,
                                           .release = release,
                                           .send_as = send_as,
                                           .reader_of = notice_reader,
                                           .snapshots = parts.snapshots,
                                           .campaigns = &campaigns,
                                           .keys = [this] { return seals.keys(); },
                                           .make_id = make_notice_id}};
    io::mime::GmimeReader answer_reader{{.html_parts = reading::HtmlParts::Own}};
    flow::notices::NoticeReplies replies{{.notices = parts.stores.notices,
                                          .reader = answer_reader,
                                          .log = parts.log,
                                          .clock = parts.clock,
                                          .keys = [this] { return seals.keys(); },
                                          .own_name = parts.own_name,
                                          .snapshots = parts.snapshots}};
    flow::notices::SenderOverride sender_override{
        {.notices = parts.stores.notices, .log = parts.log, .clock = parts.clock}};
    flow::notices::DigestFlow digest_flow{{.digests = parts.stores.digests,
                                           .log = parts.log,
                                           .clock = parts.clock,
                                           .own_mail = own_mail,
                                           .local_offset = io::system::local_utc_offset,
                                           .outages = [this] { return broken_providers(); }}};

private:
    static std::string make_token();
    static std::string make_notice_id();
};

}  // namespace holdback::milter::daemon
