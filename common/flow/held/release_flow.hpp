// SPDX-License-Identifier: Apache-2.0
#pragma once
// The way of held mail out of the spool: released, returned to its sender, or discarded.

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

/// The use case. One object serves all; safe from several threads, but for `work` and `recover`,
/// which one thread calls. Two releases of one item at the same time make one mail: the store lets
/// only one of them begin.
class ReleaseFlow {
public:
    /// What the flow works with; all outlive it.
    struct Parts {
        ports::HeldStore& held;
        ports::Spool& spool;
        ports::Log& log;
        core::Clock& clock;
        OwnMail& own_mail;
        /// Who is told of copies that left; nullptr: nobody.
        CampaignWatch* campaigns = nullptr;
        /// Whether a DSN may go to the sender of held mail with this header; null: to any sender.
        std::function<bool(const terms::HeldMessage&, const mail::HeaderList&)> may_be_told;
        /// Who is told when messages leave the spool; nullptr: nobody.
        SpoolRoom* room = nullptr;
        /// Makes the submitter for `[hold] reinject`.
        std::function<std::unique_ptr<ports::Submitter>(const config::HoldSettings&)>
            make_submitter;
        /// Gives an unpredictable token of printable ASCII.
        std::function<std::string()> make_token;
    };

    explicit ReleaseFlow(Parts parts);

    /// Re-injects items through the MTA, one submission per message; an outcome per id, in order.
    /// `cause` stands in the log and the history: "command", "due", "expiry", "cause-gone: …".
    std::vector<ItemOutcome> release(std::span<const std::int64_t> ids,
                                     const config::HoldSettings& settings,
                                     std::string_view cause,
                                     ports::InDoubt in_doubt = ports::InDoubt::LeaveAlone) {
        return releases_.release(ids, settings, cause, in_doubt);
    }

    /// Sends the senders a DSN about items and ends them, in one step. Items of a sender who may
    /// not be told stay held (`Failed`).
    std::vector<ItemOutcome> give_back(std::span<const std::int64_t> ids,
                                       std::string_view cause,
                                       ports::InDoubt in_doubt = ports::InDoubt::LeaveAlone) {
        return returns_.give_back(ids, cause, in_doubt);
    }

    /// Ends items without telling anybody but the log and the store.
    std::vector<ItemOutcome> discard(std::span<const std::int64_t> ids,
                                     std::string_view cause,
                                     ports::InDoubt in_doubt = ports::InDoubt::LeaveAlone) {
        return returns_.discard(ids, cause, in_doubt);
    }

    /// Releases what is due by itself, ends what has expired, and removes what is no longer wanted.
    /// Called every second or so by one thread. Does a bounded number of things in one turn, and
    /// leaves the MTA alone for a while when it does not answer.
    void work(const config::HoldSettings& settings);

    /// Puts back what an earlier use of the store left in the middle. Call it when the store comes
    /// into use, before anything is released.
    void recover();
    /// To be called before anybody else uses the store: what comes into the spool from now on is no
    /// concern of `recover`.
    void note_files() { sweep_.note_files(); }

    /// A message came with this token: what is released, when the token is good for exactly this
    /// sender and these recipients. The token is used up.
    [[nodiscard]] std::optional<terms::HeldKind> claim(std::string_view token,
                                                       const mail::Envelope& envelope) {
        return releases_.claim(token, envelope);
    }

    /// True while a release of this sender and recipient is under way, so that its RCPT is not
    /// judged again.
    [[nodiscard]] bool is_releasing(const mail::Envelope& envelope,
                                    const mail::Recipient& recipient) const {
        return releases_.is_releasing(envelope, recipient);
    }

    /// Where a session says that it answers the MTA about held items.
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
