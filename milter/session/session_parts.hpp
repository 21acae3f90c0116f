// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the sessions of the daemon share; comes with what it consists of.

// IWYU pragma: begin_exports
#include "flow/held/release_flow.hpp"
#include "flow/incoming/inbound_flow.hpp"
#include "flow/incoming/seals.hpp"
#include "flow/notices/notice_replies.hpp"
#include "flow/notices/sender_override.hpp"
#include "flow/outgoing/judged_before.hpp"
#include "flow/outgoing/outbound_flow.hpp"
#include "flow/own_name.hpp"
#include "flow/own_senders.hpp"
#include "flow/snapshot.hpp"
#include "milter/session/milter_warnings.hpp"
#include "milter/session/waiting_room.hpp"
#include "ports/log.hpp"
// IWYU pragma: end_exports

namespace holdback::milter::session {

/// All of them outlive the sessions.
struct SessionParts {
    const flow::SnapshotSource& snapshots;
    flow::outgoing::OutboundFlow& outbound;
    flow::incoming::InboundFlow& inbound;
    flow::held::ReleaseFlow& release;
    flow::incoming::Seals& seals;
    flow::notices::NoticeReplies& replies;
    const flow::notices::SenderOverride& sender_override;
    flow::OwnName& own_name;
    const flow::OwnSenders& own_senders;
    flow::outgoing::JudgedBefore& judged_before;
    MilterWarnings& warnings;
    WaitingRoom& waiting;
    ports::Log& log;
};

}  // namespace holdback::milter::session
