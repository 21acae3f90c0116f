// SPDX-License-Identifier: Apache-2.0
#pragma once
// From an outgoing message to the decision about it: facts, findings, verdicts, plan.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/guarded.hpp"
#include "flow/campaign_watch.hpp"
#include "flow/facts.hpp"
#include "flow/incoming/learner.hpp"
#include "flow/outgoing/decision_report.hpp"
#include "flow/outgoing/message_decision.hpp"
#include "flow/own_senders.hpp"
#include "flow/passing_message.hpp"
#include "flow/sender_limits.hpp"
#include "flow/store_trouble.hpp"
#include "mail/envelope.hpp"
#include "mail/smtp_reply.hpp"
#include "outbound/bulk.hpp"
#include "ports/journal.hpp"
#include "ports/log.hpp"
#include "ports/message_reader.hpp"
#include "ports/mta_tables.hpp"
#include "ports/resolver.hpp"
#include "ports/suppression_store.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace holdback::flow::outgoing {

/// Decides about outgoing messages. One object serves all sessions; safe from several threads.
class MessageJudge {
public:
    /// All outlive the object.
    struct Parts {
        ports::Resolver& resolver;
        ports::SuppressionStore& suppressions;
        const ports::Journal& journal;
        ports::Log& log;
        core::Clock& clock;
        const OwnSenders& own_senders;
        const ports::MessageReader& reader;
        CampaignWatch& campaigns;
        const DecisionReport& report;
        incoming::Learner* learner;  ///< told of domains that take mail after all; nullptr: nobody
        ports::MtaTables* mta;       ///< nullptr: there is no MTA to ask
        SenderLimits* limits;        ///< nullptr: nobody keeps them
    };

    explicit MessageJudge(const Parts& parts) : parts_(parts) {}

    /// A recipient was named, the last of the envelope: starts its look-ups. Gives the sum of the
    /// sender's window with all recipients of this message. They count for good only when the
    /// message goes on (`decide`), since another pass of the same message may be under way behind a
    /// proxy.
    std::size_t recipient_named(const PassingMessage& message);

    /// The reply to RCPT for the last recipient of the envelope: a refusal, or nullopt to go on.
    /// `window` is the result of `recipient_named`. `budget` is what is left of `[dns] budget`, and
    /// is reduced by the time used. A recipient who may be reached takes room under the sender's
    /// limits. Writes the decision line of a refusal.
    [[nodiscard]] std::optional<mail::SmtpReply> answer_at_rcpt(const PassingMessage& message,
                                                                std::size_t window,
                                                                std::chrono::milliseconds& budget,
                                                                Booking& booking);

    /// The whole envelope and the headers are known: gives facts, verdicts and the plan. Recipients
    /// who were judged before pass, and count nowhere.
    [[nodiscard]] MessageDecision decide(const PassingMessage& message,
                                         std::chrono::milliseconds budget);

    /// The body is known too, or as much of it as is compared (`kComparedOctets`). Counts the
    /// message among those of its sender. Judges it again if it turns out to be bulk, to belong to
    /// a stopped campaign, or to have been sent before. Ends `needs_body`.
    void weigh(const PassingMessage& message, std::string_view body, MessageDecision& decision);

    /// Keeps the message within the limits of its sender: takes room for those who would get it,
    /// and decides anew about those for whom there is none. The last step of the decision.
    void keep_limits(const PassingMessage& message,
                     MessageDecision& decision,
                     Booking& booking) const;
    /// The same for a message that is only asked about: takes nothing.
    void foresee_limits(const PassingMessage& message, MessageDecision& decision) const;

    /// We let the message go to the recipients at these positions, ascending.
    void left(const PassingMessage& message,
              const MessageDecision& decision,
              std::span<const std::size_t> positions,
              Booking& booking);
    /// The same where they get a copy from the spool, after the message itself is discarded.
    void left_by_copy(const PassingMessage& message,
                      std::span<const std::size_t> positions,
                      Booking& booking) const;

private:
    /// Counts recipients in the sender's window and gives its sum.
    std::size_t count_recipients(const PassingMessage& message, std::size_t recipients);
    [[nodiscard]] GatheredFacts gather(const PassingMessage& message,
                                       std::span<const mail::Recipient> recipients,
                                       core::SteadyPoint until) const;
    /// Logs what could not be asked, and sets the reply that `[on_error]` has for it.
    void take_trouble(const config::Settings& settings, MessageDecision& decision);
    void ask_limits(const PassingMessage& message,
                    bool only_asked,
                    MessageDecision& decision,
                    Booking& booking) const;
    /// Names the campaign of bulk mail and counts it. Judges again if it is stopped, or if somebody
    /// got it before.
    void count_in_campaign(const PassingMessage& message,
                           std::string_view said,
                           const outbound::RepeatWindow::Counts& counts,
                           MessageDecision& decision);

    Parts parts_;
    StoreTrouble trouble_{parts_.log, parts_.clock};
    core::Guarded<outbound::SenderWindows> windows_;
};

}  // namespace holdback::flow::outgoing
