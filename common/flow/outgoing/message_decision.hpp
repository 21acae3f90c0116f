// SPDX-License-Identifier: Apache-2.0
#pragma once
// The decision about one outgoing message.

#include "flow/campaign_watch.hpp"
#include "flow/facts.hpp"
#include "mail/smtp_reply.hpp"
#include "outbound/bulk.hpp"
#include "outbound/findings.hpp"
#include "outbound/plan.hpp"
#include "outbound/sender.hpp"
#include "outbound/verdict.hpp"
#include "replay/recorded.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace holdback::flow::outgoing {

/// What the record keeps of the header.
struct HeaderFacts {
    replay::HeaderSigns signs;
    std::string campaign;
    std::string message_id;
};

/// The decision, from the facts of each recipient to the plan. `MessageJudge` makes it.
struct MessageDecision {
    GatheredFacts facts;  ///< what was known, one per recipient
    /// Findings about the message, which all recipients share.
    std::vector<outbound::Finding> about_message;
    std::vector<outbound::Verdict> verdicts;  ///< one per recipient
    /// The refusal of a sender who may not send at all, whoever the recipients are; nullopt: they
    /// may.
    std::optional<outbound::SenderRefusal> sender_refusal;
    outbound::MessagePlan plan;
    outbound::StreamDecision stream;
    /// The body may still change all this: read it, then call `weigh`.
    bool needs_body = false;
    WeighedCampaign campaign;  ///< of bulk mail, once it was weighed
    std::chrono::milliseconds dns_time{0};
    /// The reply that `[on_error]` sets for trouble on the way; nullopt: go on.
    std::optional<mail::SmtpReply> trouble_answer;
    /// A notice or a DSN about the message may go to its sender. Otherwise recipients that would be
    /// rejected are held.
    bool may_be_told = false;
    /// A message that no recipient gets can be returned to its sender by a DSN, too.
    bool can_be_returned = false;
    bool client_had_enough = false;  ///< of refusals: see `outbound::is_spared`
    bool is_unchecked = false;       ///< trouble of ours lets it pass, whatever was found
    HeaderFacts header;              ///< for the record
    std::size_t window = 0;          ///< also for the record

    [[nodiscard]] outbound::Telling telling() const {
        return {.untold = !may_be_told, .spares_client = can_be_returned && client_had_enough};
    }
    /// The campaign's name for people, from the message's header or its text; empty: there is none.
    [[nodiscard]] const std::string& campaign_name() const {
        return campaign.identity.name.empty() ? header.campaign : campaign.identity.name;
    }
};

}  // namespace holdback::flow::outgoing
