// SPDX-License-Identifier: Apache-2.0
#pragma once
// An outgoing message from its headers to its end. It is judged; then it is let go, split, refused,
// or answered without leaving.

#include "flow/outgoing/holding.hpp"
#include "milter/session/mta_actions.hpp"
#include "milter/session/session_message.hpp"
#include "milter/session/session_parts.hpp"
#include "outbound/plan.hpp"

#include <string_view>

namespace holdback::milter::session {

/// The steps of one outgoing message; the message holds the state. All outlive the object.
class OutgoingCourse {
public:
    OutgoingCourse(const SessionParts& parts, SessionMessage& message)
        : parts_(parts), message_(message) {}

    /// The envelope and the headers are known.
    [[nodiscard]] SessionReply at_headers();
    /// More of the body of a message that is weighed or split.
    [[nodiscard]] SessionReply at_body(std::string_view octets);
    /// The end of a message that is still weighed.
    [[nodiscard]] SessionReply weigh();
    /// The end of a message of the courses `Pass`, `Split`, `Preflight` and `Unchecked`.
    [[nodiscard]] SessionReply at_end(MtaActions& mta);
    /// The reply after trouble: a 4xx, because a preflight must never leave.
    [[nodiscard]] SessionReply preflight_failed(std::string_view why) const;

private:
    /// All recipients were judged on an earlier pass: only reserved fields remain to be removed.
    [[nodiscard]] SessionReply pass_again();
    /// Judges the message. `is_preflight`: the message does not leave.
    [[nodiscard]] SessionReply decide(bool is_preflight);
    /// Does what the plan asks for before the end of the message.
    [[nodiscard]] SessionReply follow_plan();
    [[nodiscard]] SessionReply begin_split();
    [[nodiscard]] SessionReply finish_split(MtaActions& mta);
    /// Deletes the recipients who were taken out, once that is durable.
    [[nodiscard]] SessionReply act_on_split(MtaActions& mta, const outbound::Split& split);
    [[nodiscard]] SessionReply finish_preflight() const;
    [[nodiscard]] SessionReply holding_failed(const flow::outgoing::CommitTrouble& why);
    /// Something of ours has failed, and the settings want the message to go on: everybody gets it.
    [[nodiscard]] SessionReply pass_unchecked();
    /// It leaves to all recipients, with at most a seal added.
    void finish_unchecked(MtaActions& mta);
    void report(const flow::outgoing::Committed* committed) const;

    // NOLINTBEGIN(cppcoreguidelines-avoid-const-or-ref-data-members): lives for one call
    const SessionParts& parts_;
    SessionMessage& message_;
    // NOLINTEND(cppcoreguidelines-avoid-const-or-ref-data-members)
};

}  // namespace holdback::milter::session
