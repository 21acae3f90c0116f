// SPDX-License-Identifier: Apache-2.0
#pragma once
// How held mail leaves the spool: released, returned to its sender, or discarded.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "flow/campaign_watch.hpp"
#include "flow/held/copy_checks.hpp"
#include "flow/held/held_chores.hpp"
#include "flow/held/held_recovery.hpp"
#include "flow/held/item_outcome.hpp"  // IWYU pragma: export
#include "flow/held/releases.hpp"      // IWYU pragma: export
#include "flow/held/returns.hpp"
#include "flow/held/spool_sweep.hpp"
#include "flow/open_answers.hpp"
#include "flow/own_mail.hpp"
#include "flow/spool_room.hpp"
#include "flow/store_trouble.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "ports/held_acts.hpp"
#include "ports/held_store.hpp"
#include "ports/log.hpp"
#include "ports/spool.hpp"
#include "ports/submitter.hpp"
#include "terms/held.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::flow::held {

/// The use case. One object serves all sessions; safe from several threads, except `work` and
/// `recover`, which one thread calls. Two releases of one item at the same time make one mail: the
/// store lets only one of them begin.
class ReleaseFlow {
public:
    /// What the flow uses; all outlive it.
    struct Parts {
        ports::HeldStore& held;
        ports::Spool& spool;
        ports::Log& log;
        core::Clock& clock;
        OwnMail& own_mail;
        /// Told of copies that left; nullptr: nobody.
        CampaignWatch* campaigns = nullptr;
        /// Told of items that left; null: nobody.
        std::function<void(const ports::HeldItem&)> item_left;
        /// Until when an item that would leave by itself waits for a limit: see `HeldChores`.
        std::function<std::optional<core::TimePoint>(const ports::HeldItem&)> must_wait;
        /// True when a DSN may go to the sender of held mail with this header; null: to any sender.
        std::function<bool(const terms::HeldMessage&, const mail::HeaderList&)> may_be_told;
        /// Told when messages leave the spool; nullptr: nobody.
        SpoolRoom* room = nullptr;
        /// Makes the submitter for `[hold] reinject`.
        std::function<std::unique_ptr<ports::Submitter>(const config::HoldSettings&)>
            make_submitter;
        /// Gives an unpredictable token of printable ASCII.
        std::function<std::string()> make_token;
    };

    explicit ReleaseFlow(Parts parts);

    /// Submits items to the MTA again, one submission per message. Gives an outcome per id, in
    /// order. `cause` appears in the log and the history: "cause-gone: …", "command", "due",
    /// "expiry".
    std::vector<ItemOutcome> release(std::span<const std::int64_t> ids,
                                     const config::HoldSettings& settings,
                                     std::string_view cause,
                                     ports::InDoubt in_doubt = ports::InDoubt::LeaveAlone) {
        return releases_.release(ids, settings, cause, in_doubt);
    }

    /// Sends the senders a DSN about items and ends the items, in one step. Items of a sender who
    /// may not be told stay held (`Untold`).
    std::vector<ItemOutcome> give_back(std::span<const std::int64_t> ids,
                                       std::string_view cause,
                                       ports::InDoubt in_doubt = ports::InDoubt::LeaveAlone) {
        return returns_.give_back(ids, cause, in_doubt);
    }

    /// Ends items. Only the log and the store record it.
    std::vector<ItemOutcome> discard(std::span<const std::int64_t> ids,
                                     std::string_view cause,
                                     ports::InDoubt in_doubt = ports::InDoubt::LeaveAlone) {
        return returns_.discard(ids, cause, in_doubt);
    }

    /// Releases what is due, ends what has expired, and removes files that are no longer needed.
    /// Called every second or so by one thread. Does a bounded amount of work in one turn, and
    /// pauses for a while when the MTA does not answer.
    void work(const config::HoldSettings& settings);

    /// Restores what an earlier use of the store left unfinished. Call it when the store comes into
    /// use, before anything is released.
    void recover();
    /// Call it before anybody else uses the store: `recover` ignores files that come into the spool
    /// later.
    void note_files() { sweep_.note_files(); }

    /// A message came with this token. Gives the kind of mail that is released if the token is good
    /// for this sender and all these recipients. Uses the token up.
    [[nodiscard]] std::optional<terms::HeldKind> claim(std::string_view token,
                                                       const mail::Envelope& envelope) {
        return releases_.claim(token, envelope);
    }

    /// True while a release of this sender and recipient is under way; then its RCPT is not judged
    /// again.
    [[nodiscard]] bool is_releasing(const mail::Envelope& envelope,
                                    const mail::Recipient& recipient) const {
        return releases_.is_releasing(envelope, recipient);
    }

    /// Sessions report here how they answer the MTA about held items.
    [[nodiscard]] OpenAnswers& answers() { return answers_; }

private:
    Parts parts_;
    StoreTrouble trouble_{parts_.log, parts_.clock};
    OpenAnswers answers_{parts_.held, parts_.clock, trouble_};
    CopyChecks copies_{parts_.held, parts_.spool, parts_.log, parts_.clock};
    Returns returns_;
    Releases releases_;
    HeldChores chores_;
    SpoolSweep sweep_;
    HeldRecovery recovery_;
};

}  // namespace holdback::flow::held
