// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads the data of a report from the store, all as of one moment.

#include "config/policy.hpp"
#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "mail/outcome.hpp"
#include "ports/suppression_store.hpp"
#include "terms/failure_code.hpp"
#include "terms/held.hpp"
#include "terms/suppression.hpp"

#include <cstddef>
#include <functional>
#include <string>

namespace holdback::io::sqlite {

/// One outcome of a delivery: its end, or an attempt.
struct OutcomeRow {
    mail::MtaOutcome outcome;
    std::string domain;  ///< of the recipient, in lower case
    std::string provider;
};

/// A change of state of a held recipient. Mail that passes through the spool for another reason
/// than a finding (our own mail, the good recipients of a message with many bad ones) is left out.
struct HeldRow {
    core::TimePoint at;
    bool is_new = false;  ///< the item is new; `to` is `Held` then
    terms::HeldState to = terms::HeldState::Held;
    std::string sender;
    std::string domain;
    std::string finding;
    terms::FailureCode code = terms::kUnknownFailure;
};

/// A decision about one recipient.
struct DecisionRow {
    core::TimePoint at;
    config::Mode mode = config::Mode::Shadow;
    config::PolicyAction verdict = config::PolicyAction::Pass;
    std::string reason;
    std::string sender;
    std::string domain;
    bool is_held = false;
};

/// Is called with each row, in this order: outcomes, changes of held items, decisions, growth.
struct ReportVisitor {
    std::function<void(const OutcomeRow&)> outcome;
    std::function<void(const HeldRow&)> held;
    std::function<void(const DecisionRow&)> decision;
    /// The number of suppression entries that were first seen on the day that begins at this time.
    std::function<void(core::TimePoint, terms::SuppressionReason, std::size_t)> growth;
};

/// The present counts of the tables.
struct StoreNow {
    std::size_t suppression_entries = 0;
    std::size_t suppression_in_force = 0;
    std::size_t held = 0;  ///< held and releasing, without our own mail
};

/// Reads what happened at or after `since` and before `until`, row by row. The daemon may write
/// meanwhile. The visitor must not call the database.
[[nodiscard]] core::Result<StoreNow, ports::StoreError> read_report(Database& database,
                                                                    core::TimePoint since,
                                                                    core::TimePoint until,
                                                                    const ReportVisitor& visitor);

}  // namespace holdback::io::sqlite
