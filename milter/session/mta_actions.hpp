// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a session may ask of the MTA at the end of a message, and its reply to each step.

#include "mail/smtp_reply.hpp"

#include <string_view>
#include <variant>

namespace holdback::milter::session {

/// Changes that the MTA makes to a message, only while `Session::end_of_message` runs. False means
/// that the MTA refused or that the connection is gone.
class MtaActions {
public:
    MtaActions() = default;
    MtaActions(const MtaActions&) = delete;
    MtaActions& operator=(const MtaActions&) = delete;
    MtaActions(MtaActions&&) = delete;
    MtaActions& operator=(MtaActions&&) = delete;
    virtual ~MtaActions() = default;

    /// `verbatim` exactly as RCPT gave it: the MTA compares octets.
    [[nodiscard]] virtual bool delete_recipient(std::string_view verbatim) = 0;
    /// Adds a header field at the end of the header; "\n" and white space fold the value.
    [[nodiscard]] virtual bool add_header(std::string_view name, std::string_view value) = 0;
    /// Adds a field above all others, including the MTA's own.
    [[nodiscard]] virtual bool insert_header(std::string_view name, std::string_view value) = 0;
    /// Removes the `occurrence`-th (from 1) field of that name.
    [[nodiscard]] virtual bool remove_header(std::string_view name, int occurrence) = 0;
    /// Gives the message an envelope id (ENVID, RFC 3461 section 4.4). The envelope sender stays:
    /// `sender` is exactly as MAIL gave it.
    [[nodiscard]] virtual bool set_envelope_id(std::string_view sender, std::string_view id) = 0;
    /// Tells the MTA that we are still at work.
    virtual void progress() = 0;
};

/// Go on with the next step.
struct Continue {};
/// The rest of the message goes unchecked.
struct Accept {};
/// The client is told that the message was accepted; nobody gets it.
struct Discard {};
/// No more body is wanted; the end of the message is.
struct SkipBody {};
/// The recipient or the message gets this 4xx or 5xx reply.
struct Answer {
    mail::SmtpReply reply;
};

using SessionReply = std::variant<Continue, Accept, Discard, SkipBody, Answer>;

}  // namespace holdback::milter::session
