// SPDX-License-Identifier: Apache-2.0
#pragma once
// What proven failures and deliveries change on the suppression list.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/guarded.hpp"
#include "dsn/learn.hpp"
#include "dsn/outage.hpp"
#include "flow/snapshot.hpp"
#include "flow/store_trouble.hpp"
#include "mail/address.hpp"
#include "mail/domain.hpp"
#include "mail/envelope.hpp"
#include "ports/journal.hpp"
#include "ports/log.hpp"
#include "ports/outage_store.hpp"
#include "ports/resolver.hpp"
#include "ports/suppression_store.hpp"
#include "report/decision.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::flow::incoming {

/// One failure, however we learned of it.
struct Failure {
    dsn::Evidence evidence;
    std::vector<std::string> events;  ///< see `dsn::event_names`
    /// The host that refused, as the report or the log names it, or empty.
    std::string remote_host;
    /// The deadline for asking DNS when the failure is about a domain.
    core::SteadyPoint look_up_until;
};

/// For this long after a server took mail for a recipient it may still reject it by a DSN, as
/// servers do that take everything and check later. An acceptance proves nothing earlier.
inline constexpr std::chrono::hours kSettleTime{72};

/// What a reason means for the list, in one word.
[[nodiscard]] report::LearnOutcome outcome_of(dsn::LearnReason reason);

/// The use case. One object serves all sessions; safe from several threads. An unreachable store is
/// logged, and nothing is learned.
class Learner {
public:
    /// What the flow uses; all outlive it.
    struct Parts {
        ports::SuppressionStore& suppressions;
        ports::Journal& journal;
        ports::OutageStore& outages;
        ports::Resolver& resolver;
        ports::Log& log;
        core::Clock& clock;
    };

    explicit Learner(const Parts& parts) : parts_(parts) {}

    /// Reopens the outages that were open when the program ended. Call once, at the start.
    void recover();

    /// Starts the look-up that `learn` may need, so that those of a report run in parallel.
    void prepare(const dsn::Evidence& evidence, const Snapshot& snapshot);

    /// Teaches the list. Gives the reason why it did, or did not, change. When the failure is about
    /// a domain, it waits for DNS: such an entry is made only if DNS confirms it now.
    dsn::LearnReason learn(const Failure& failure, const Snapshot& snapshot);

    /// A server took mail for a recipient at `at`. Lifts what was learned from earlier bounces. An
    /// entry that a DSN made, after a server had taken the mail, stays until mail was taken for
    /// `kSettleTime` without one. False when the list is out of reach; then call it again.
    bool delivered(const mail::Address& recipient,
                   std::string_view provider,
                   core::TimePoint at,
                   const Snapshot& snapshot);

    /// The same on the word of somebody who speaks for one sender only: lifts what was learned
    /// about the mailbox for that sender.
    bool delivered_for(const mail::EnvelopeSender& sender,
                       const mail::Address& recipient,
                       core::TimePoint at,
                       const Snapshot& snapshot);

    /// What our MTA said about a mailbox was not true: lifts what was learned from it.
    bool take_back(const mail::Address& recipient, const Snapshot& snapshot);

    /// DNS says that a domain takes mail: lifts what was learned from bounces about the domain.
    void takes_mail(const mail::Domain& domain, const config::LearnSettings& settings);

    /// Closes the outages that have ended. Called every second or so by one thread.
    void work(const config::OutageSettings& settings);

    /// Outages that are open now.
    [[nodiscard]] std::vector<dsn::Outage> outages() const;

private:
    /// True when nothing is to be learned from the failure because its provider has an outage.
    [[nodiscard]] bool is_outage(const Failure& failure,
                                 const terms::SuppressionKey& key,
                                 std::string& provider,
                                 const Snapshot& snapshot);
    [[nodiscard]] std::optional<ports::Acceptance> acceptance_of(std::string_view recipient) const;
    /// Mail for a mailbox came back: earlier acceptances no longer prove anything.
    void refute(std::string_view recipient);
    /// The reason why no entry for this domain can be made now; nullopt when DNS confirms the
    /// failure.
    [[nodiscard]] std::optional<dsn::LearnReason> objection_to(const std::string& domain,
                                                               core::SteadyPoint until,
                                                               const Snapshot& snapshot);
    /// Lifts the learned entries that fit and were last seen before `at`.
    using Fits = std::function<bool(const terms::SuppressionEntry&)>;
    [[nodiscard]] bool lift(const terms::SuppressionSubject& subject,
                            core::TimePoint at,
                            const Fits& fits);
    [[nodiscard]] bool remove(const terms::SuppressionSubject& subject,
                              const terms::SuppressionEntry& entry);
    void record(const dsn::Outage& outage);
    void trouble(std::string_view what, const ports::StoreError& error) const;

    Parts parts_;
    StoreTrouble trouble_{parts_.log, parts_.clock};
    core::Guarded<dsn::OutageWatch> watch_;
};

}  // namespace holdback::flow::incoming
