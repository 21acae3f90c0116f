// SPDX-License-Identifier: Apache-2.0
#pragma once
// Outgoing mail: facts, findings, verdicts, plan, durable copies, decision lines.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/digest.hpp"
#include "core/guarded.hpp"
#include "core/result.hpp"
#include "flow/campaign_watch.hpp"
#include "flow/facts.hpp"
#include "flow/incoming/learner.hpp"
#include "flow/outgoing/decision_recorder.hpp"
#include "flow/outgoing/recording.hpp"
#include "flow/own_mail.hpp"
#include "flow/own_senders.hpp"
#include "flow/spool_room.hpp"
#include "flow/store_trouble.hpp"
#include "flow/submitting.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "mail/smtp_reply.hpp"
#include "outbound/address_lists.hpp"
#include "outbound/bulk.hpp"
#include "outbound/plan.hpp"
#include "outbound/verdict.hpp"
#include "ports/held_store.hpp"
#include "ports/journal.hpp"
#include "ports/log.hpp"
#include "ports/message_reader.hpp"
#include "ports/mta_tables.hpp"
#include "ports/resolver.hpp"
#include "ports/spool.hpp"
#include "ports/suppression_store.hpp"
#include "replay/recorded.hpp"
#include "report/rate_limit.hpp"
#include "terms/held.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::flow::outgoing {

/// What has been decided about one outgoing message.
struct MessageDecision {
    GatheredFacts facts;  ///< what was known, one per recipient
    /// What was found about the message, for all recipients alike.
    std::vector<outbound::Finding> about_message;
    std::vector<outbound::Verdict> verdicts;  ///< one per recipient
    /// The answer to a sender who may not send at all, whatever the recipients; nullopt: it may.
    std::optional<mail::SmtpReply> sender_refusal;
    outbound::MessagePlan plan;
    outbound::StreamDecision stream;
    /// What the message says may still change all this: read its body, then `weigh` it.
    bool needs_body = false;
    WeighedCampaign campaign;  ///< of bulk mail, once it is weighed
    std::chrono::milliseconds dns_time{0};
    /// The answer that `[on_error]` wants for trouble met on the way; nullopt: go on.
    std::optional<mail::SmtpReply> trouble_answer;
    /// A notice or a DSN about the message can go to its sender; else who is to be rejected is
    /// held.
    bool may_be_told = false;
    /// What becomes of a message of which nobody gets anything can be told in a DSN too.
    bool can_be_returned = false;
    bool client_had_enough = false;  ///< of refusals: see `outbound::is_spared`
    bool is_unchecked = false;       ///< trouble of ours lets it pass, whatever was found
    HeaderFacts header;              ///< for the record
    std::size_t window = 0;          ///< the same

    [[nodiscard]] outbound::Telling telling() const {
        return {.untold = !may_be_told, .spares_client = can_be_returned && client_had_enough};
    }
    /// By which people know the campaign: the message says it, or its text does. Empty: neither.
    [[nodiscard]] const std::string& campaign_name() const {
        return campaign.identity.name.empty() ? header.campaign : campaign.identity.name;
    }
};

/// The copy of a message on its way into the spool while its body comes in.
class HeldCopy {
public:
    HeldCopy(std::unique_ptr<ports::SpoolWriter> writer, std::string header_digest)
        : writer_(std::move(writer)), header_digest_(std::move(header_digest)) {}

    /// Adds octets of the header block or the body. A failure is remembered for `finish`.
    void append_header(std::string_view octets);
    void append_body(std::string_view octets);

private:
    friend class OutboundFlow;

    void append(std::string_view octets);

    std::unique_ptr<ports::SpoolWriter> writer_;
    std::string header_digest_;
    core::RunningDigest body_digest_;
    std::optional<ports::SpoolError> failure_;
};

/// Why nothing could be held.
struct CommitTrouble {
    enum class Where : std::uint8_t {
        Spool,
        SpoolLimit,  ///< a limit of the spool was reached, which has been said
        Store,
    };

    Where where;
    std::string what;  ///< for the log
};

/// How holding ended.
struct Committed {
    /// Held item ids, by position in the envelope; 0 where nothing was held.
    std::vector<std::int64_t> ids;
    /// What was written, the DSN's item too: in doubt until the MTA has the answer (OpenAnswers).
    std::vector<std::int64_t> written;
};

/// The use case. One object serves all sessions; safe from several threads.
class OutboundFlow {
public:
    /// What the flow works with; all outlive it.
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
        incoming::Learner* learner =
            nullptr;  ///< told of domains that take mail after all; nullptr: nobody
        ports::MtaTables* mta = nullptr;  ///< nullptr: there is no MTA to ask
        SpoolRoom* room = nullptr;        ///< nullptr: the spool has no limits
    };

    explicit OutboundFlow(const Parts& parts) : parts_(parts) {}

    /// A recipient was named, the last of the envelope: its look-ups begin. Gives the sum of the
    /// sender's window with all recipients of this message; they count in it for good when the
    /// message goes on (`decide`): another pass of the same message may be under way behind a
    /// proxy.
    std::size_t recipient_named(const Submitting& who,
                                const mail::Envelope& envelope,
                                const mail::Recipient& recipient,
                                const config::Settings& settings);

    /// What a person is told at RCPT: a refusal, or nullopt to go on. `budget` is what is left of
    /// `[dns] budget` and is used up. Writes the decision line of a refusal.
    [[nodiscard]] std::optional<mail::SmtpReply> answer_at_rcpt(const Submitting& who,
                                                                const mail::Envelope& envelope,
                                                                const mail::Recipient& recipient,
                                                                std::size_t window,
                                                                const config::Settings& settings,
                                                                const outbound::AddressLists& lists,
                                                                std::chrono::milliseconds& budget);

    /// The whole envelope and the headers are known: facts, verdicts and the plan. Recipients who
    /// have been judged before pass, and count nowhere.
    [[nodiscard]] MessageDecision decide(const Submitting& who,
                                         const mail::Envelope& envelope,
                                         const mail::HeaderList& headers,
                                         const config::Settings& settings,
                                         const outbound::AddressLists& lists,
                                         std::chrono::milliseconds budget);

    /// The body is known too, or as much of it as is looked at (`kComparedOctets`): the message is
    /// counted among those of its sender, and judged again where it turns out to be bulk, to be of
    /// a campaign that is stopped, or to have been sent before. Ends `needs_body`.
    void weigh(const Submitting& who,
               const mail::Envelope& envelope,
               const mail::HeaderList& headers,
               std::string_view body,
               const config::Settings& settings,
               MessageDecision& decision);

    /// We let the message go to the recipients at these positions.
    void left(const mail::Envelope& envelope,
              const MessageDecision& decision,
              std::span<const std::size_t> positions);

    /// Begins the copy of a message of which recipients are taken out.
    [[nodiscard]] core::Result<HeldCopy, CommitTrouble> begin_copy(
        const Submitting& who,
        const mail::Envelope& envelope,
        const mail::HeaderList& headers,
        const config::HoldSettings& settings);

    /// Makes the copy and all rows durable, and the DSN to the sender where recipients are given
    /// back, all in one step. Only after this may a recipient be deleted.
    [[nodiscard]] core::Result<Committed, CommitTrouble> commit(const Submitting& who,
                                                                const mail::Envelope& envelope,
                                                                const mail::HeaderList& headers,
                                                                const MessageDecision& decision,
                                                                HeldCopy copy,
                                                                const config::Settings& settings);

    /// Answers a message that is only asked about; see flow/preflight.
    [[nodiscard]] core::Result<void, std::string> answer_preflight(
        const Submitting& who,
        const mail::Envelope& envelope,
        const mail::HeaderList& headers,
        const MessageDecision& decision,
        const config::Settings& settings) const;

    /// One decision line per recipient of a message that was judged minutes ago, whole.
    void report_judged(const Submitting& who,
                       const mail::Envelope& envelope,
                       const config::Settings& settings) const;

    /// One decision line per recipient of a message that trouble of ours lets pass unchecked, to
    /// all; it is counted.
    void report_unchecked(const Submitting& who,
                          const mail::Envelope& envelope,
                          const config::Settings& settings);
    /// Messages that passed unchecked since the start.
    [[nodiscard]] std::uint64_t unchecked() const { return unchecked_.load(); }

    /// One decision line per recipient. `committed` is nullptr where nothing was taken out.
    void report(const Submitting& who,
                const mail::Envelope& envelope,
                const MessageDecision& decision,
                const Committed* committed,
                const config::Settings& settings) const;

private:
    /// Counts recipients in the sender's window and gives its sum.
    std::size_t count_recipients(const Submitting& who,
                                 const mail::Envelope& envelope,
                                 std::size_t recipients,
                                 const config::Settings& settings);
    [[nodiscard]] FactSources sources(const Submitting& who,
                                      const outbound::AddressLists& lists) const;
    /// Notes the decision about these recipients, where decisions are remembered.
    void remember(const Submitting& who,
                  const mail::Envelope& envelope,
                  std::span<const mail::Recipient> recipients,
                  const MessageDecision& decision,
                  replay::DecidedAt decided_at,
                  const Committed* committed,
                  const config::Settings& settings) const;
    /// The line and the record of a recipient who is refused at RCPT; its verdict is the only one.
    void report_refused(const Submitting& who,
                        const mail::Envelope& envelope,
                        const mail::Recipient& recipient,
                        const MessageDecision& decision,
                        const config::Settings& settings) const;
    /// The decision line of one recipient; its verdict stands at `index`.
    void report_recipient(const Submitting& who,
                          const mail::Envelope& envelope,
                          const mail::Recipient& recipient,
                          const MessageDecision& decision,
                          std::size_t index,
                          std::optional<std::int64_t> held_id,
                          const config::Settings& settings) const;
    /// The DSN for those who are given back and whose sender wants to hear of it; nullopt when
    /// there are none.
    [[nodiscard]] core::Result<std::optional<ports::NewHold>, CommitTrouble> dsn_for(
        const mail::Envelope& envelope,
        const mail::HeaderList& headers,
        const MessageDecision& decision,
        const outbound::Split& split,
        const terms::HeldMessage& copy);

    /// The log says that nobody is told of what is held.
    void say_who_is_untold(const mail::Envelope& envelope,
                           const MessageDecision& decision,
                           std::size_t held);

    Parts parts_;
    StoreTrouble trouble_{parts_.log, parts_.clock};
    core::Guarded<outbound::SenderWindows> windows_;
    core::Guarded<report::RateLimit> warnings_;
    std::atomic<std::uint64_t> unchecked_{0};
};

}  // namespace holdback::flow::outgoing
