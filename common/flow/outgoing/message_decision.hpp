// SPDX-License-Identifier: Apache-2.0
#pragma once
// What has been decided about one outgoing message.

#include "flow/campaign_watch.hpp"
#include "flow/facts.hpp"
#include "mail/smtp_reply.hpp"
#include "outbound/bulk.hpp"
#include "outbound/findings.hpp"
#include "outbound/plan.hpp"
#include "outbound/verdict.hpp"
#include "replay/recorded.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace holdback::flow::outgoing {

/// What has to be kept of the header for the record.
struct HeaderFacts {
    replay::HeaderSigns signs;
    std::string campaign;
    std::string message_id;
};

/// From the facts of each recipient to the plan. `MessageJudge` makes it.
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

}  // namespace holdback::flow::outgoing
