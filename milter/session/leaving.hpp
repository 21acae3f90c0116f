// SPDX-License-Identifier: Apache-2.0
#pragma once
// The changes to a message that leaves: what is removed, added and remembered.

#include "dsn/tag.hpp"
#include "milter/session/mta_actions.hpp"
#include "milter/session/session_message.hpp"
#include "milter/session/session_parts.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::milter::session {

/// The tag field of outgoing mail, where the settings ask for it: the findings with policy `tag`
/// that all recipients of the message have.
inline constexpr std::string_view kTagField = "X-Holdback-Tag";

/// True when the message gets the field.
[[nodiscard]] bool is_tagged(const SessionMessage& message);

/// Remembers that a message leaves unchanged to all of its recipients.
void leave_unchanged(const SessionParts& parts, SessionMessage& message);

/// The changes of one message, at its end. A change that the MTA refuses is logged. All outlive the
/// object.
class Leaving {
public:
    Leaving(const SessionParts& parts, SessionMessage& message, MtaActions& mta)
        : parts_(parts), message_(message), mta_(mta) {}

    /// Deletes these recipients, spelled as in RCPT. Gives `Accept`, or the reply when the MTA
    /// refused one.
    [[nodiscard]] SessionReply delete_recipients(const std::vector<std::string>& recipients);

    void remove_fields(std::string_view wanted);
    /// Removes the fields that only we may write, except those named `kept`.
    void remove_reserved_fields(std::string_view kept = {});
    void change_fields(const dsn::TagPlan& plan);
    void add_tag();

    /// The message leaves to the recipients at these positions: seals it. Where the settings want
    /// that, tells a single recipient of bulk mail how to unsubscribe.
    void leave(std::span<const std::size_t> positions);
    /// Does `leave` and `note_left` for all of its recipients.
    void leave_to_all();
    /// The message has left to these recipients: nothing can keep it back from them any more.
    void note_left(std::span<const std::size_t> positions);

private:
    /// Removes our own seals (of an earlier pass or another message), malformed ones, and all
    /// foreign ones but the first few.
    void remove_worn_seals();
    void add_unsubscribe(std::span<const std::size_t> positions);
    void remove_field(std::string_view name, int occurrence);
    void add_field(std::string_view name, std::string_view value);
    void say(std::string_view what) const;

    // NOLINTBEGIN(cppcoreguidelines-avoid-const-or-ref-data-members): lives for one call
    const SessionParts& parts_;
    SessionMessage& message_;
    MtaActions& mta_;
    // NOLINTEND(cppcoreguidelines-avoid-const-or-ref-data-members)
};

}  // namespace holdback::milter::session
