// SPDX-License-Identifier: Apache-2.0
#pragma once
// One SMTP session as a state machine in our own types. It runs in unit tests without libmilter.

#include "flow/open_answers.hpp"
#include "mail/envelope.hpp"
#include "milter/session/mta_actions.hpp"
#include "milter/session/mta_facts.hpp"
#include "milter/session/session_parts.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace holdback::milter::session {

struct SessionMessage;

/// Whether header values have their leading white space (SMFIP_HDR_LEADSPC).
enum class HeaderValues : std::uint8_t { Exact, Stripped };

/// One connection of the MTA, with any number of messages one after the other. The MTA's calls come
/// in order but on changing threads; nothing here is thread-local and nothing is locked.
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
    /// The message ends here without being sent. The connection goes on.
    void abort();

    /// The reply after an exception in one of the calls above, by `[on_error] internal`.
    [[nodiscard]] SessionReply after_internal_error();

private:
    /// Counts a reply that the MTA takes for an error of the client.
    [[nodiscard]] SessionReply counted(SessionReply reply);
    /// Replies to RCPT, for the last recipient of the envelope of an outgoing message.
    [[nodiscard]] SessionReply answer_to_recipient();
    [[nodiscard]] bool refuses_at_rcpt(const mail::Recipient& recipient) const;
    [[nodiscard]] SessionReply answer_to_headers();
    [[nodiscard]] bool is_release_under_way() const;
    /// The message goes on unchecked after a failure that was logged; only forged fields are
    /// removed.
    [[nodiscard]] SessionReply go_unchecked();
    [[nodiscard]] SessionReply inbound_headers();
    [[nodiscard]] SessionReply body_of_course(std::string_view octets);
    /// Keeps octets of an inbound message.
    void keep(std::string_view octets);
    /// Does what the course of the message asks for. Gives `reply` where the course has none.
    [[nodiscard]] SessionReply end_course(MtaActions& mta, SessionReply reply);
    void finish_inbound(MtaActions& mta);
    /// The message may be an answer to a notice. Gives `reply` when it is not.
    [[nodiscard]] SessionReply finish_notice(MtaActions& mta, SessionReply reply);
    void end_message(const SessionReply& reply);
    /// The MTA has gone on after our reply.
    void answer_taken();
    void trouble(ports::Severity severity, std::string_view what) const;

    Parts parts_;
    std::string id_;
    HeaderValues header_values_;
    ConnectFacts connection_;
    std::uint64_t messages_ = 0;
    std::size_t refusals_ = 0;
    std::unique_ptr<SessionMessage> message_;
    /// The answer about held items after which the MTA has not gone on yet.
    std::optional<flow::OpenAnswers::Ticket> open_answer_;
};

}  // namespace holdback::milter::session
