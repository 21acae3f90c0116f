// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the MTA's log teaches: bounces, proven by it, and deliveries.

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

/// An outcome in the form of a report of our own MTA about a failed recipient, to be classified.
[[nodiscard]] dsn::Report report_of(const mail::MtaOutcome& outcome);

/// Hears of every outcome. Only attempts by SMTP teach: what local delivery or a program says, says
/// nothing of other people's servers. And only those of messages that left here, since lines can be
/// written by others than the MTA where the log is a file: a recipient of the message teaches for
/// all senders; one that the message was not addressed to, behind an alias of ours, for its sender
/// alone. A line that says another end than an earlier one teaches nothing, and where it is the
/// later one that is true, what the earlier one taught is taken back.
class OutcomeLearning final : public ports::OutcomeListener {
public:
    /// What it works with; all outlive it.
    struct Parts {
        Learner& learner;
        const Departures& departures;
        const ports::Journal& journal;
        const SnapshotSource& snapshots;
        ports::Log& log;
        const core::Clock& clock;
    };

    explicit OutcomeLearning(const Parts& parts) : parts_(parts) {}

    /// False when the suppression list is out of reach. Hearing of an outcome twice does no harm.
    [[nodiscard]] bool on_outcome(const ports::JournalEntry& entry, core::TimePoint now) override;

private:
    [[nodiscard]] bool bounced(const ports::JournalEntry& entry, const Snapshot& snapshot);
    [[nodiscard]] bool sent(const ports::JournalEntry& entry, const Snapshot& snapshot);
    [[nodiscard]] bool deferred(const ports::JournalEntry& entry, const Snapshot& snapshot);
    /// Why the line teaches nothing, whatever it says.
    [[nodiscard]] static std::optional<dsn::LearnReason> objection_to(
        const ports::JournalEntry& entry,
        const Departure* departure,
        const std::vector<ports::JournalEntry>& earlier);
    /// The outcomes of the same message that were told before; nullopt: the store is out of reach.
    [[nodiscard]] std::optional<std::vector<ports::JournalEntry>> earlier_than(
        const ports::JournalEntry& entry) const;

    Parts parts_;
};

}  // namespace holdback::flow::incoming
