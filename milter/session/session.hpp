// SPDX-License-Identifier: Apache-2.0
#pragma once
// One SMTP session as a state machine in our own types: runs in unit tests without libmilter.

#include "flow/open_answers.hpp"
#include "mail/envelope.hpp"
#include "milter/session/mta_actions.hpp"
#include "milter/session/mta_facts.hpp"
#include "milter/session/session_parts.hpp"
#include "ports/log.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace holdback::milter::session {

struct SessionMessage;

/// How header values come: with their leading white space (SMFIP_HDR_LEADSPC), or without.
enum class HeaderValues : std::uint8_t { Exact, Stripped };

/// One connection of the MTA: any number of messages, one after the other. The MTA's calls come in
/// order but on changing threads; nothing here is thread-local and nothing is locked.
class Session {
public:
    using Parts = SessionParts;

    /// `id` names the session in logs.
    Session(const Parts& parts, std::string id, HeaderValues header_values);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    Session(Session&&) = delete;
    Session& operator=(Session&&) = delete;
    ~Session();

    void connect(ConnectFacts facts);
    void mail(const MailFacts& facts);
    [[nodiscard]] SessionReply recipient(RcptFacts facts);
    void header(std::string_view name, std::string_view value);
    [[nodiscard]] SessionReply end_of_headers(std::string_view queue_id);
    [[nodiscard]] SessionReply body(std::string_view octets);
    [[nodiscard]] SessionReply end_of_message(MtaActions& mta, std::string_view queue_id);
    /// The message ends here without being sent; the connection goes on.
    void abort();

    /// What an exception in one of the calls above is answered with, by `[on_error] internal`.
    [[nodiscard]] SessionReply after_internal_error();

private:
    /// Counts an answer that the MTA takes for an error of the client.
    [[nodiscard]] SessionReply counted(SessionReply reply);
    /// A recipient of outgoing mail was named, the last of the envelope.
    [[nodiscard]] SessionReply answer_to_recipient();
    [[nodiscard]] bool refuses_at_rcpt(const mail::Recipient& recipient) const;
    [[nodiscard]] SessionReply answer_to_headers();
    [[nodiscard]] bool is_release_under_way() const;
    /// It goes unchecked, for a trouble that was told; only forged fields are removed.
    [[nodiscard]] SessionReply go_unchecked();
    [[nodiscard]] SessionReply inbound_headers();
    [[nodiscard]] SessionReply body_of_course(std::string_view octets);
    /// Keeps octets of an inbound message.
    void keep(std::string_view octets);
    /// Does what the course of the message asks for; `reply` is the answer where it says nothing.
    [[nodiscard]] SessionReply end_course(MtaActions& mta, SessionReply reply);
    void finish_inbound(MtaActions& mta);
    /// The message may be an answer to a notice; `reply` is what becomes of it if it is none.
    [[nodiscard]] SessionReply finish_notice(MtaActions& mta, SessionReply reply);
    /// The message ends with this answer.
    void end_message(const SessionReply& reply);
    /// The MTA has gone on after our answer.
    void answer_taken();
    void trouble(ports::Severity severity, std::string_view what) const;

    Parts parts_;
    std::string id_;
    HeaderValues header_values_;
    ConnectFacts connection_;
    std::uint64_t messages_ = 0;
    std::size_t refusals_ = 0;
    std::unique_ptr<SessionMessage> message_;
    /// The answer about held items that the MTA has not gone on after yet.
    std::optional<flow::OpenAnswers::Ticket> open_answer_;
};

}  // namespace holdback::milter::session
