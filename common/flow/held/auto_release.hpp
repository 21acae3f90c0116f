// SPDX-License-Identifier: Apache-2.0
#pragma once
// Releases held mail whose cause has gone: a suppression was lifted, or a domain takes mail again.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "flow/held/release_flow.hpp"
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
    };

    explicit AutoRelease(const Parts& parts) : parts_(parts) {}

    /// Judges a bounded number of due items again, by present facts and policy, and releases those
    /// that would pass, with the cause "cause-gone". An unresolved domain proves nothing. Does
    /// nothing when `[hold] auto_release` is off. Called every second or so.
    void work(const config::Settings& settings);

private:
    using Items = std::vector<ports::HeldItem>;

    [[nodiscard]] Items due_items() const;
    /// Ids of the items that would pass now, by the finding that held them. Empty when the store is
    /// out of reach.
    [[nodiscard]] std::map<std::string, std::vector<std::int64_t>> passing(
        const Items& items, const config::Settings& settings) const;

    Parts parts_;
    StoreTrouble trouble_{parts_.log, parts_.clock};
    core::SteadyPoint next_turn_;
};

}  // namespace holdback::flow::held
