// SPDX-License-Identifier: Apache-2.0
#pragma once
// Ends doubt about held items by the MTA's log.
//
// An item is in doubt when the program ended, or lost the MTA, between two steps: the MTA may have
// a copy. If its log is followed, two things are proof. When it shows an attempt to deliver to this
// recipient, under the queue id of the possible copy, the MTA has the copy, and the item counts as
// released. When it shows that the MTA dropped the original as it was told to, there is no copy,
// and the item is held like others. A missing line proves nothing, since lines may be lost. A log
// that others can write proves nothing either (`[maillog] trusted`).

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

namespace holdback::flow::held {

/// The outcome that proves that the MTA has, or had, a copy of an item in doubt; nullopt: there is
/// none. `entries` are the outcomes under the item's `mta_queue_id`.
[[nodiscard]] std::optional<ports::JournalEntry> proof_of_copy(
    const ports::HeldItem& item, std::span<const ports::JournalEntry> entries);

/// Listens for dropped messages in the thread that follows the MTA's log; another thread calls
/// `work`.
class Doubts final : public ports::OutcomeListener {
public:
    /// All outlive the object.
    struct Parts {
        ports::HeldStore& held;
        const ports::Journal& journal;
        ports::Log& log;
        const core::Clock& clock;
        /// Told of copies that left; nullptr: nobody.
        CampaignWatch* campaigns = nullptr;
        /// True when only the MTA can have written its log; a null function means true.
        std::function<bool()> is_log_trusted;
    };

    explicit Doubts(Parts parts) : parts_(std::move(parts)) {}

    [[nodiscard]] bool on_outcome(const ports::JournalEntry& entry, core::TimePoint now) override;
    [[nodiscard]] bool on_dropped(const mail::DroppedMessage& message,
                                  core::TimePoint now) override;

    /// Checks what the journal says about items in doubt, a bounded number in one turn. Called
    /// every second or so by one thread; checks every few seconds.
    void work();

private:
    [[nodiscard]] bool is_log_trusted() const;
    void settle(std::span<const ports::HeldItem> items);
    void report(const ports::HeldItem& item, const ports::FoundCopy& copy);

    Parts parts_;
    StoreTrouble trouble_{parts_.log, parts_.clock};
    // Used only by the thread that calls `work`.
    core::SteadyPoint next_look_;
    std::int64_t seen_up_to_ = 0;  ///< the id after which the next turn begins
};

}  // namespace holdback::flow::held
