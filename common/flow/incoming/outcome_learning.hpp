// SPDX-License-Identifier: Apache-2.0
#pragma once
// Learns from the MTA's log: bounces, which it proves, and deliveries.

#include "core/clock.hpp"
#include "dsn/learn.hpp"
#include "dsn/report.hpp"
#include "flow/incoming/departures.hpp"
#include "flow/incoming/learner.hpp"
#include "flow/snapshot.hpp"
#include "mail/outcome.hpp"
#include "ports/journal.hpp"
#include "ports/log.hpp"

#include <optional>
#include <vector>

namespace holdback::flow::incoming {

/// An outcome in the form of our own MTA's report about a failed recipient, for classification.
[[nodiscard]] dsn::Report report_of(const mail::MtaOutcome& outcome);

/// Listens for every outcome. Only attempts by SMTP teach: local delivery and programs say nothing
/// about other people's servers. Only attempts for messages that left here teach, since others than
/// the MTA can write to a log file. A recipient of the message teaches for all senders. An address
/// behind an alias of ours teaches for the message's sender only. A line that contradicts an
/// earlier one teaches nothing. If the later line is the true one, what the earlier one taught is
/// taken back.
class OutcomeLearning final : public ports::OutcomeListener {
public:
    /// What it uses; all outlive it.
    struct Parts {
        Learner& learner;
        const Departures& departures;
        const ports::Journal& journal;
        const SnapshotSource& snapshots;
        ports::Log& log;
        const core::Clock& clock;
    };

    explicit OutcomeLearning(const Parts& parts) : parts_(parts) {}

    /// False when the suppression list is out of reach. A second call for an outcome does no harm.
    [[nodiscard]] bool on_outcome(const ports::JournalEntry& entry, core::TimePoint now) override;

private:
    [[nodiscard]] bool bounced(const ports::JournalEntry& entry, const Snapshot& snapshot);
    [[nodiscard]] bool sent(const ports::JournalEntry& entry, const Snapshot& snapshot);
    [[nodiscard]] bool deferred(const ports::JournalEntry& entry, const Snapshot& snapshot);
    /// The reason why the line teaches nothing, whatever it says.
    [[nodiscard]] static std::optional<dsn::LearnReason> objection_to(
        const ports::JournalEntry& entry,
        const Departure* departure,
        const std::vector<ports::JournalEntry>& earlier);
    /// The outcomes of the same message and recipient that were told before; nullopt: the store is
    /// out of reach.
    [[nodiscard]] std::optional<std::vector<ports::JournalEntry>> earlier_than(
        const ports::JournalEntry& entry) const;

    Parts parts_;
};

}  // namespace holdback::flow::incoming
