// SPDX-License-Identifier: Apache-2.0
// Outgoing mail that is read before it is decided upon, and what is noted of mail that has left.

#include "flow/outgoing/outbound_flow.hpp"
#include "milter/session/mta_actions.hpp"
#include "milter/session/session.hpp"
#include "milter/session/session_message.hpp"

#include <cstddef>
#include <span>

namespace holdback::milter::session {

SessionReply Session::weigh() {
    parts_.outbound.weigh(message_->who,
                          message_->envelope,
                          message_->headers,
                          message_->octets,
                          message_->snapshot->settings,
                          *message_->decision);
    SessionReply reply = follow_plan();
    if (message_->course == Course::Split) {
        message_->copy->append_body(message_->octets);
    }
    message_->octets.clear();
    return reply;
}

void Session::note_left(std::span<const std::size_t> positions) {
    if (message_->decision != nullptr) {
        parts_.outbound.left(message_->envelope, *message_->decision, positions);
    }
}

}  // namespace holdback::milter::session
