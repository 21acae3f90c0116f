// SPDX-License-Identifier: Apache-2.0
#pragma once
// A message as it leaves: what is removed from it and added to it, and what is remembered.

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

/// On outgoing mail, where the settings ask for it: the findings whose policy is `tag` and that all
/// who get the message have.
inline constexpr std::string_view kTagField = "X-Holdback-Tag";

/// True when the message gets the field.
[[nodiscard]] bool is_tagged(const SessionMessage& message);

/// Remembers that a message leaves that is not changed, to all of its recipients.
void leave_unchanged(const SessionParts& parts, const SessionMessage& message);

/// The changes of one message, at its end. What the MTA does not take is logged. All outlives the
/// object.
class Leaving {
public:
    Leaving(const SessionParts& parts, const SessionMessage& message, MtaActions& mta)
        : parts_(parts), message_(message), mta_(mta) {}

    /// Deletes these recipients, by the MTA's spelling: `Accept`, or the answer when it did not
    /// take one.
    [[nodiscard]] SessionReply delete_recipients(const std::vector<std::string>& recipients);

    void remove_fields(std::string_view wanted);
    /// Removes the fields that only we may write, but for those named `kept`.
    void remove_reserved_fields(std::string_view kept = {});
    void change_fields(const dsn::TagPlan& plan);
    void add_tag();

    /// The message leaves to the recipients at these positions: seals it, and tells a single
    /// recipient of bulk mail how to be taken off where the settings want that.
    void leave(std::span<const std::size_t> positions);
    /// The same to all of its recipients, and nothing can keep it back any more.
    void leave_to_all();
    /// They are out: nothing can keep the message back from them any more.
    void note_left(std::span<const std::size_t> positions);

private:
    /// Removes seals of ours, of an earlier pass or another message, and what is none.
    void remove_worn_seals();
    void add_unsubscribe(std::span<const std::size_t> positions);
    void remove_field(std::string_view name, int occurrence);
    void add_field(std::string_view name, std::string_view value);
    void say(std::string_view what) const;

    // NOLINTBEGIN(cppcoreguidelines-avoid-const-or-ref-data-members): lives for one call
    const SessionParts& parts_;
    const SessionMessage& message_;
    MtaActions& mta_;
    // NOLINTEND(cppcoreguidelines-avoid-const-or-ref-data-members)
};

}  // namespace holdback::milter::session
