// SPDX-License-Identifier: Apache-2.0
#pragma once
// What proven failures and deliveries do to the suppression list.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/guarded.hpp"
#include "dsn/learn.hpp"
#include "dsn/outage.hpp"
#include "flow/snapshot.hpp"
#include "mail/address.hpp"
#include "ports/journal.hpp"
#include "ports/log.hpp"
#include "ports/outage_store.hpp"
#include "ports/suppression_store.hpp"
#include "report/decision.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::flow {

/// One failure, by whatever way it came to our knowledge.
struct Failure {
    dsn::Evidence evidence;
    std::vector<std::string> events;  ///< see `dsn::event_names`
    /// Host that refused, as the report or the log names it, or empty.
    std::string remote_host;
};

/// What a reason means for the list, in one word.
[[nodiscard]] report::LearnOutcome outcome_of(dsn::LearnReason reason);

/// The use case. One object serves all; safe from several threads. A store out of reach is logged,
/// and nothing is learned.
class Learner {
public:
    /// What the flow works with; all outlive it.
    struct Parts {
        ports::SuppressionStore& suppressions;
        ports::Journal& journal;
        ports::OutageStore& outages;
        ports::Log& log;
        core::Clock& clock;
    };

    explicit Learner(const Parts& parts) : parts_(parts) {}

    /// Outages that were open when the program ended are open again. Call once, at the start.
    void recover();

    /// Teaches the list; gives why it did, or did not, change.
    dsn::LearnReason learn(const Failure& failure, const Snapshot& snapshot);

    /// A server took mail for a recipient at `at`: lifts what was learned from bounces before.
    /// False when the list is out of reach; call it again then.
    bool delivered(const mail::Address& recipient,
                   std::string_view provider,
                   core::TimePoint at,
                   const Snapshot& snapshot);

    /// Closes the outages that have ended. Called every second or so by one thread.
    void work(const config::OutageSettings& settings);

    /// Outages that are open now.
    [[nodiscard]] std::vector<dsn::Outage> outages() const;

private:
    /// True when nothing is to be learned from the failure because its provider is broken.
    [[nodiscard]] bool is_outage(const Failure& failure,
                                 const mail::SuppressionKey& key,
                                 std::string& provider,
                                 const Snapshot& snapshot);
    [[nodiscard]] std::optional<ports::Acceptance> acceptance_of(std::string_view recipient) const;
    [[nodiscard]] bool lift(const mail::SuppressionSubject& subject, core::TimePoint at);
    [[nodiscard]] bool remove(const mail::SuppressionSubject& subject,
                              const mail::SuppressionEntry& entry);
    void record(const dsn::Outage& outage);
    void trouble(std::string_view what, const ports::StoreError& error) const;

    Parts parts_;
    core::Guarded<dsn::OutageWatch> watch_;
};

}  // namespace holdback::flow
