// SPDX-License-Identifier: Apache-2.0
#pragma once
// Releases held mail whose cause has gone: a suppression was lifted, or a domain takes mail again.

#include "core/clock.hpp"
#include "flow/held/release_flow.hpp"
#include "flow/sender_limits.hpp"
#include "flow/snapshot.hpp"
#include "flow/store_trouble.hpp"
#include "ports/held_store.hpp"
#include "ports/log.hpp"
#include "ports/mta_tables.hpp"
#include "ports/resolver.hpp"
#include "ports/suppression_store.hpp"
#include "terms/finding.hpp"
#include "terms/held_finding.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace holdback::flow::held {

/// When a new item is checked for the first time.
inline constexpr std::chrono::minutes kFirstRecheck{1};

/// True for findings that time or an administrator can undo, and that the facts about a recipient
/// show.
[[nodiscard]] bool cause_can_go(terms::FindingName name);

/// How long after `now` an item is checked again: a quarter of the time that it has been held,
/// within limits. A suppression is looked up here and costs little; a domain is looked up
/// elsewhere.
[[nodiscard]] std::chrono::milliseconds recheck_delay(const terms::HeldFinding& finding,
                                                      core::TimePoint held_at,
                                                      core::TimePoint now);

/// The use case. Used by one thread, the one that calls `ReleaseFlow::work`.
class AutoRelease {
public:
    /// What the flow uses; all outlive it.
    struct Parts {
        ports::HeldStore& held;
        ReleaseFlow& release;
        ports::Resolver& resolver;
        ports::SuppressionStore& suppressions;
        ports::Log& log;
        core::Clock& clock;
        ports::MtaTables* mta = nullptr;
        SenderLimits* limits = nullptr;  ///< nullptr: nobody keeps them
    };

    explicit AutoRelease(const Parts& parts) : parts_(parts) {}

    /// Judges a bounded number of due items again, by present facts and policy, and releases those
    /// that would pass, with the cause "cause-gone". An unresolved domain proves nothing. When
    /// `[hold] auto_release` is off, looks only at items that wait for a limit. Called every second
    /// or so.
    void work(const Snapshot& snapshot);

private:
    using Items = std::vector<ports::HeldItem>;

    [[nodiscard]] Items due_items() const;
    /// What a look at the items has found.
    struct Looked {
        /// Ids of the items that would pass now, by the finding that held them.
        std::map<std::string, std::vector<std::int64_t>> passing;
        /// When to look again at an item that waits for a limit, by its id.
        std::map<std::int64_t, core::TimePoint> next_look;
    };
    /// Finds nothing when the store is out of reach.
    [[nodiscard]] Looked look(const Items& items, const Snapshot& snapshot) const;
    void look_at(const ports::HeldItem& item,
                 const outbound::RecipientFacts& facts,
                 const Snapshot& snapshot,
                 Looked& looked) const;

    Parts parts_;
    StoreTrouble trouble_{parts_.log, parts_.clock};
    core::SteadyPoint next_turn_;
};

}  // namespace holdback::flow::held
