// SPDX-License-Identifier: Apache-2.0
#pragma once
// Ends doubt about held items by the MTA's log.
//
// An item is in doubt when the program ended, or lost the MTA, between two steps: the MTA may have
// a copy. Where its log is followed, two things are proof. It tells of an attempt to deliver to
// this recipient, under the queue id under which the copy would be: the MTA has it, and the item is
// released by that. Or it has dropped the original as it was told: it has no copy, and the item is
// held like others. What the log does not say proves nothing, since lines may be missing; what a
// log says into which others can write proves nothing either (`[maillog] trusted`).

#include "core/clock.hpp"
#include "flow/campaign_watch.hpp"
#include "flow/store_trouble.hpp"
#include "mail/outcome.hpp"
#include "ports/held_acts.hpp"
#include "ports/held_store.hpp"
#include "ports/journal.hpp"
#include "ports/log.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace holdback::flow::held {

/// The outcome that proves that the MTA has, or had, a copy of an item in doubt; nullopt: none of
/// `entries` does. They are those of the item's `mta_queue_id`.
[[nodiscard]] std::optional<ports::JournalEntry> proof_of_copy(
    const ports::HeldItem& item, std::span<const ports::JournalEntry> entries);

/// Hears of what the MTA dropped, in the thread that follows its log; `work` is another's.
class Doubts final : public ports::OutcomeListener {
public:
    /// All outlive the object.
    struct Parts {
        ports::HeldStore& held;
        const ports::Journal& journal;
        ports::Log& log;
        const core::Clock& clock;
        /// Who is told of copies that left; nullptr: nobody.
        CampaignWatch* campaigns = nullptr;
        /// Whether nobody but the MTA can have written the lines of its log; null: it is so.
        std::function<bool()> is_log_trusted;
    };

    explicit Doubts(Parts parts) : parts_(std::move(parts)) {}

    [[nodiscard]] bool on_outcome(const ports::JournalEntry& entry, core::TimePoint now) override;
    [[nodiscard]] bool on_dropped(const mail::DroppedMessage& message,
                                  core::TimePoint now) override;

    /// Looks what the journal says of items in doubt, a bounded number of them in one turn. Called
    /// every second or so by one thread; looks every few seconds.
    void work();

private:
    [[nodiscard]] bool is_log_trusted() const;
    void settle(std::span<const ports::HeldItem> items);
    void report(const ports::HeldItem& item, const ports::FoundCopy& copy);

    Parts parts_;
    StoreTrouble trouble_{parts_.log, parts_.clock};
    // Of the thread that calls `work`.
    core::SteadyPoint next_look_;
    std::int64_t seen_up_to_ = 0;  ///< where the next turn begins
};

}  // namespace holdback::flow::held
