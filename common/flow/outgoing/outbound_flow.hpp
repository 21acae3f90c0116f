// SPDX-License-Identifier: Apache-2.0
#pragma once
// The steps for outgoing mail: judge it, hold what is taken out, log and remember the decision, or
// answer it if it is only a preflight.

#include "flow/campaign_watch.hpp"
#include "flow/incoming/learner.hpp"
#include "flow/outgoing/decision_recorder.hpp"
#include "flow/outgoing/decision_report.hpp"
#include "flow/outgoing/holding.hpp"
#include "flow/outgoing/message_judge.hpp"
#include "flow/outgoing/preflight.hpp"
#include "flow/own_mail.hpp"
#include "flow/own_senders.hpp"
#include "flow/spool_room.hpp"

namespace holdback::flow::outgoing {

/// The use case, put together. One object serves all sessions; safe from several threads.
struct OutboundFlow {
    /// What the steps use; all outlive them.
    struct Parts {
        ports::Resolver& resolver;
        ports::SuppressionStore& suppressions;
        const ports::Journal& journal;
        ports::HeldStore& held;
        ports::Spool& spool;
        ports::Log& log;
        core::Clock& clock;
        OwnMail& own_mail;
        const OwnSenders& own_senders;
        const ports::MessageReader& reader;
        CampaignWatch& campaigns;
        DecisionRecorder* recorder = nullptr;  ///< nullptr: nothing is remembered
        /// Told of domains that take mail after all; nullptr: nobody.
        incoming::Learner* learner = nullptr;
        ports::MtaTables* mta = nullptr;  ///< nullptr: there is no MTA to ask
        SenderLimits* limits = nullptr;   ///< nullptr: senders have no limits
        SpoolRoom* room = nullptr;        ///< nullptr: the spool has no limits
    };

    explicit OutboundFlow(const Parts& parts)
        : report({.log = parts.log, .clock = parts.clock, .recorder = parts.recorder}),
          judge({.resolver = parts.resolver,
                 .suppressions = parts.suppressions,
                 .journal = parts.journal,
                 .log = parts.log,
                 .clock = parts.clock,
                 .own_senders = parts.own_senders,
                 .reader = parts.reader,
                 .campaigns = parts.campaigns,
                 .report = report,
                 .learner = parts.learner,
                 .mta = parts.mta,
                 .limits = parts.limits}),
          holding({.held = parts.held,
                   .spool = parts.spool,
                   .log = parts.log,
                   .clock = parts.clock,
                   .own_mail = parts.own_mail,
                   .room = parts.room}),
          preflight({.own_mail = parts.own_mail, .reader = parts.reader, .log = parts.log}) {}

    DecisionReport report;
    MessageJudge judge;
    Holding holding;
    Preflight preflight;
};

}  // namespace holdback::flow::outgoing
