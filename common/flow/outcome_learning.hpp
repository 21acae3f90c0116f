// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the MTA's log teaches: bounces, proven by it, and deliveries.

#include "core/clock.hpp"
#include "dsn/report.hpp"
#include "flow/learner.hpp"
#include "flow/snapshot.hpp"
#include "mail/outcome.hpp"
#include "ports/journal.hpp"
#include "ports/log.hpp"

namespace holdback::flow {

/// An outcome in the form of a report of our own MTA about a failed recipient, to be classified.
[[nodiscard]] dsn::Report report_of(const mail::MtaOutcome& outcome);

/// Hears of every outcome. Only attempts by SMTP teach: what local delivery or a program says, says
/// nothing of other people's servers.
class OutcomeLearning final : public ports::OutcomeListener {
public:
    /// What it works with; all outlive it.
    struct Parts {
        Learner& learner;
        const SnapshotSource& snapshots;
        ports::Log& log;
    };

    explicit OutcomeLearning(const Parts& parts) : parts_(parts) {}

    /// False when the suppression list is out of reach. Hearing of an outcome twice does no harm.
    [[nodiscard]] bool on_outcome(const ports::JournalEntry& entry, core::TimePoint now) override;

private:
    [[nodiscard]] bool bounced(const ports::JournalEntry& entry, const Snapshot& snapshot);

    Parts parts_;
};

}  // namespace holdback::flow
