// SPDX-License-Identifier: Apache-2.0
#pragma once
// One SMTP session as a state machine in our own types: runs in unit tests without libmilter.

#include "flow/held/release_flow.hpp"
#include "flow/incoming/inbound_flow.hpp"
#include "flow/incoming/seals.hpp"
#include "flow/notices/notice_replies.hpp"
#include "flow/open_answers.hpp"
#include "flow/outgoing/judged_before.hpp"
#include "flow/outgoing/outbound_flow.hpp"
#include "flow/own_name.hpp"
#include "flow/own_senders.hpp"
#include "flow/snapshot.hpp"
#include "mail/envelope.hpp"
#include "milter/session/milter_warnings.hpp"
#include "milter/session/mta_actions.hpp"
#include "milter/session/mta_facts.hpp"
#include "milter/session/waiting_room.hpp"
#include "outbound/plan.hpp"
#include "outbound/received.hpp"
#include "ports/log.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::milter::session {

/// How header values come: with their leading white space (SMFIP_HDR_LEADSPC), or without.
enum class HeaderValues : std::uint8_t { Exact, Stripped };

/// One connection of the MTA: any number of messages, one after the other. The MTA's calls come in
/// order but on changing threads; nothing here is thread-local and nothing is locked.
class Session {
public:
    /// What sessions share; all outlive them.
    struct Parts {
        const flow::SnapshotSource& snapshots;
        flow::outgoing::OutboundFlow& outbound;
        flow::incoming::InboundFlow& inbound;
        flow::held::ReleaseFlow& release;
        flow::incoming::Seals& seals;
        flow::notices::NoticeReplies& replies;
        flow::OwnName& own_name;
        const flow::OwnSenders& own_senders;
        flow::outgoing::JudgedBefore& judged_before;
        MilterWarnings& warnings;
        WaitingRoom& waiting;
        ports::Log& log;
    };

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
    /// One message, made anew at each MAIL.
    struct Message;

    /// Counts an answer that the MTA takes for an error of the client.
    [[nodiscard]] SessionReply counted(SessionReply reply);
    [[nodiscard]] SessionReply answer_to_headers();
    [[nodiscard]] bool refuses_at_rcpt(const mail::Recipient& recipient) const;
    [[nodiscard]] bool is_release_under_way() const;
    /// The headers tell whether the message goes the way that its client and sender made believe.
    void look_at_the_way();
    /// A client that logged in before a proxy or a filter is known by the trace fields alone.
    void take_login(const outbound::Entry& entry);
    /// It goes unchecked, for a trouble that was told; only forged fields are removed.
    [[nodiscard]] SessionReply go_unchecked();
    /// All recipients were judged on an earlier pass: nothing is done but what is left to clean.
    [[nodiscard]] SessionReply pass_again();
    void say_which_way(const outbound::Entry& entry, flow::Way way) const;
    [[nodiscard]] bool has_reserved_fields() const;
    [[nodiscard]] SessionReply outgoing_headers();
    [[nodiscard]] SessionReply inbound_headers();
    /// What follows from the plan as long as the message goes on.
    [[nodiscard]] SessionReply follow_plan();
    /// The body, or enough of it, is there: the last word on an outgoing message.
    [[nodiscard]] SessionReply weigh();
    /// Does what the course of the message asks for; `reply` is the answer where it says nothing.
    [[nodiscard]] SessionReply end_course(MtaActions& mta, SessionReply reply);
    [[nodiscard]] SessionReply begin_split();
    [[nodiscard]] SessionReply finish_split(MtaActions& mta);
    /// Deletes who was taken out, once that is durable.
    [[nodiscard]] SessionReply act_on_split(MtaActions& mta, const outbound::Split& split);
    [[nodiscard]] SessionReply finish_preflight();
    [[nodiscard]] SessionReply refuse_preflight(std::string_view why);
    [[nodiscard]] SessionReply preflight_failed(std::string_view why);
    /// Trouble of ours, and the settings want the message to go on: everybody gets it.
    [[nodiscard]] SessionReply pass_unchecked();
    /// What is left to do for such a message at its end.
    void finish_unchecked(MtaActions& mta);
    [[nodiscard]] SessionReply holding_failed(const flow::outgoing::CommitTrouble& why);
    [[nodiscard]] SessionReply delete_recipients(MtaActions& mta,
                                                 const std::vector<std::string>& recipients);
    [[nodiscard]] SessionReply body_of_course(std::string_view octets);
    /// The message may be an answer to a notice; `reply` is what becomes of it if it is none.
    [[nodiscard]] SessionReply finish_notice(MtaActions& mta, SessionReply reply);
    /// True when no recipient that was judged is left in the envelope.
    [[nodiscard]] bool gone_to_nobody() const;
    void finish_inbound(MtaActions& mta);
    void remove_fields(MtaActions& mta, std::string_view wanted);
    /// Removes the fields that only we may write, but for those named `kept`.
    void remove_reserved_fields(MtaActions& mta, std::string_view kept = {});
    /// Removes seals of ours, of an earlier pass or another message, and what is none.
    void remove_worn_seals(MtaActions& mta);
    [[nodiscard]] bool is_tagged() const;
    void add_tag(MtaActions& mta);
    /// The message leaves to the recipients at these positions: seals it, or remembers it.
    void leave(MtaActions* mta, std::span<const std::size_t> positions);
    void leave_to_all(MtaActions* mta);
    /// Tells a single recipient of bulk mail how to be taken off, where the settings want that.
    void add_unsubscribe(MtaActions& mta, std::span<const std::size_t> positions);
    /// The message has left to these: nothing can keep it back any more.
    void note_left(std::span<const std::size_t> positions);
    void keep(std::string_view octets);
    void report(const flow::outgoing::Committed* committed);
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
    std::unique_ptr<Message> message_;
    /// The answer about held items that the MTA has not gone on after yet.
    std::optional<flow::OpenAnswers::Ticket> open_answer_;
};

}  // namespace holdback::milter::session
