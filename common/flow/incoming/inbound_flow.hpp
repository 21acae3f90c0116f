// SPDX-License-Identifier: Apache-2.0
#pragma once
// Inbound reports: understand, prove, tag, learn.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/guarded.hpp"
#include "dsn/classify.hpp"
#include "dsn/learn.hpp"
#include "dsn/proof.hpp"
#include "dsn/report.hpp"
#include "dsn/tag.hpp"
#include "dsn/unsubscribe.hpp"
#include "flow/incoming/learner.hpp"
#include "flow/incoming/seals.hpp"
#include "flow/passing_message.hpp"
#include "flow/snapshot.hpp"
#include "flow/store_trouble.hpp"
#include "flow/submitting.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "mail/ip_address.hpp"
#include "ports/log.hpp"
#include "ports/message_reader.hpp"
#include "ports/unknown_store.hpp"
#include "report/rate_limit.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::flow::incoming {

/// The use case. One object serves all sessions; safe from several threads.
class InboundFlow {
public:
    /// What the flow uses; all outlive it.
    struct Parts {
        ports::MessageReader& reader;
        Learner& learner;
        ports::UnknownStore& unknown;
        Seals& seals;
        ports::Log& log;
        core::Clock& clock;
        /// True while the MTA's log is read. The log then tells what our MTA's DSNs tell, and such
        /// DSNs, which a local user can imitate, teach nothing. Empty: never.
        std::function<bool()> log_tells;
    };

    explicit InboundFlow(Parts parts) : parts_(std::move(parts)) {}

    /// True when a message may be a report by its envelope and header, so that its body is needed:
    /// a null sender, a header like those of reports, or an unsubscribe address.
    [[nodiscard]] static bool may_report(const mail::Envelope& envelope,
                                         const mail::HeaderList& headers,
                                         const config::Settings& settings);

    /// Understands a message (`octets`: header, empty line and body, as far as they were kept),
    /// teaches the store what is proven, counts the texts that no rule matched, and writes one line
    /// per recipient. Of unproven recipients the first 50 get a line; another line counts the rest.
    /// Gives the changes to the header. Never fails: an unreachable store is logged and nothing is
    /// learned. Waits for DNS no longer than `patience`, whatever the message holds.
    [[nodiscard]] dsn::TagPlan receive(const PassingMessage& message,
                                       std::string_view octets,
                                       std::chrono::milliseconds patience);

    /// Complaints since the start that could not be attributed to anybody. Any thread.
    [[nodiscard]] std::uint64_t unattributed() const { return unattributed_.load(); }

private:
    /// What the message says, classified by the rules and codes of the snapshot.
    [[nodiscard]] static dsn::Understanding understand(
        dsn::Report report,
        const std::optional<dsn::UnsubscribeRequest>& request,
        const Snapshot& snapshot);
    [[nodiscard]] std::optional<dsn::UnsubscribeRequest> request_of(
        const PassingMessage& message, const dsn::Report& report) const;
    [[nodiscard]] std::vector<dsn::RecipientProof> prove(
        const PassingMessage& message,
        const dsn::Understanding& understanding,
        const std::optional<dsn::UnsubscribeRequest>& request,
        core::SteadyPoint until);
    /// Warns that a feedback loop's complaint is not believed behind a proxy.
    void say_unseen_source(const mail::IpAddress& source);
    /// The evidence about each recipient of a report, in their order. Starts the look-ups.
    [[nodiscard]] std::vector<dsn::Evidence> evidence_of(
        const PassingMessage& message,
        const dsn::Understanding& understanding,
        const std::vector<dsn::RecipientProof>& proofs);
    /// Why the list did, or did not, change.
    [[nodiscard]] dsn::LearnReason learn(const dsn::Understanding& understanding,
                                         dsn::Evidence evidence,
                                         std::string_view letter,
                                         core::SteadyPoint until,
                                         const Snapshot& snapshot);

    /// Handles a report which proves that a recipient got a message.
    void delivered(const dsn::Evidence& evidence, const Snapshot& snapshot);
    /// True for a DSN of our MTA while its log tells the same.
    [[nodiscard]] bool is_left_to_the_log(const dsn::RecipientProof& proof) const;
    void count_unknown(const dsn::Understanding& understanding,
                       std::span<const terms::Proof> proofs);

    Parts parts_;
    std::atomic<std::uint64_t> unattributed_{0};
    StoreTrouble trouble_{parts_.log, parts_.clock};
    core::Guarded<report::RateLimit> warnings_{report::RateLimit(std::chrono::hours(1))};
};

}  // namespace holdback::flow::incoming
