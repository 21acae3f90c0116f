// SPDX-License-Identifier: Apache-2.0
#pragma once
// The way of held mail out of the spool: released, returned to its sender, or discarded.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/guarded.hpp"
#include "core/result.hpp"
#include "flow/campaign_watch.hpp"
#include "flow/held/copy_checks.hpp"
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
#include "report/rate_limit.hpp"
#include "terms/held.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::flow::held {

/// The header field that marks a re-injected message with its one-time token.
inline constexpr std::string_view kReleaseField = "X-Holdback-Release";

/// What became of one item that somebody asked about.
struct ItemOutcome {
    enum class What : std::uint8_t {
        Released,
        Returned,
        Discarded,
        Refused,      ///< the MTA said no; the item is held again
        Interrupted,  ///< no answer; the item is held again
        NotHeld,      ///< unknown, or not in `held`
        InDoubt,      ///< the MTA may have a copy, and it was to be left alone then
        Damaged,      ///< the copy in the spool is not what was held: it was not sent
        Untold,       ///< no DSN goes to this sender; the item is held as before
        Failed,       ///< store or spool out of reach; nothing was changed
    };

    std::int64_t id;
    What what;
    std::string answer;  ///< the MTA's words, the trouble, or why it is not held
};

[[nodiscard]] std::string_view wire_name(ItemOutcome::What what);

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

    explicit ReleaseFlow(Parts parts)
        : parts_(std::move(parts)),
          answers_(parts_.held, parts_.clock, trouble_),
          copies_(parts_.held, parts_.spool, parts_.log, parts_.clock) {}

    /// Re-injects items through the MTA, one submission per message; an outcome per id, in order.
    /// `cause` stands in the log and the history: "command", "due", "expiry", "cause-gone: …".
    std::vector<ItemOutcome> release(std::span<const std::int64_t> ids,
                                     const config::HoldSettings& settings,
                                     std::string_view cause,
                                     ports::InDoubt in_doubt = ports::InDoubt::LeaveAlone);

    /// Sends the senders a DSN about items and ends them, in one step. Items of a sender who may
    /// not be told stay held (`Failed`).
    std::vector<ItemOutcome> give_back(std::span<const std::int64_t> ids,
                                       std::string_view cause,
                                       ports::InDoubt in_doubt = ports::InDoubt::LeaveAlone);

    /// Ends items without telling anybody but the log and the store.
    std::vector<ItemOutcome> discard(std::span<const std::int64_t> ids,
                                     std::string_view cause,
                                     ports::InDoubt in_doubt = ports::InDoubt::LeaveAlone);

    /// Releases what is due by itself, ends what has expired, and removes what is no longer wanted.
    /// Called every second or so by one thread. Does a bounded number of things in one turn, and
    /// leaves the MTA alone for a while when it does not answer.
    void work(const config::HoldSettings& settings);

    /// Puts back what an earlier use of the store left in the middle. Call it when the store comes
    /// into use, before anything is released.
    void recover();
    /// To be called before anybody else uses the store: what comes into the spool from now on is no
    /// concern of `recover`.
    void note_files();

    /// A message came with this token: what is released, when the token is good for exactly this
    /// sender and these recipients. The token is used up.
    [[nodiscard]] std::optional<terms::HeldKind> claim(std::string_view token,
                                                       const mail::Envelope& envelope);

    /// True while a release of this sender and recipient is under way, so that its RCPT is not
    /// judged again.
    [[nodiscard]] bool is_releasing(const mail::Envelope& envelope,
                                    const mail::Recipient& recipient) const;

    /// Where a session says that it answers the MTA about held items.
    [[nodiscard]] OpenAnswers& answers() { return answers_; }

private:
    using Items = std::vector<ports::HeldItem>;
    using OfMessage = std::span<const ports::HeldItem>;

    /// `most` 0: all.
    [[nodiscard]] core::Result<Items, std::string> items(const ports::HeldFilter& filter,
                                                         std::size_t most = 0);
    using Act = std::function<void(OfMessage, std::vector<ItemOutcome>&)>;
    /// Acts on those of `ids` that are held, all at once or message by message.
    std::vector<ItemOutcome> with_held(std::span<const std::int64_t> ids,
                                       ports::InDoubt in_doubt,
                                       const Act& act);
    /// Says of the other `ids` why nothing was done.
    void explain_the_rest(std::span<const std::int64_t> ids,
                          std::map<std::int64_t, ItemOutcome>& by_id);
    std::vector<ItemOutcome> each_message(std::span<const std::int64_t> ids,
                                          ports::InDoubt in_doubt,
                                          const Act& act);
    /// The items of a message by their NOTIFY.
    [[nodiscard]] static std::map<std::string, Items> by_notify(OfMessage of_message);
    void release_message(OfMessage of_message,
                         const config::HoldSettings& settings,
                         std::string_view cause,
                         ports::InDoubt in_doubt,
                         std::vector<ItemOutcome>& outcomes);
    [[nodiscard]] std::vector<ports::RecipientOutcome> submit(OfMessage items,
                                                              const std::string& token,
                                                              const config::HoldSettings& settings);
    void settle(std::vector<ports::ReleaseEnd> ends);
    static constexpr std::string_view kRefusedByMta = "refused by the MTA";
    static constexpr std::string_view kDamagedCopy = "the copy is damaged";
    /// Tells the senders, or the postmaster in their place, at once of good recipients
    /// (`terms::kNoFinding`) who can't get their mail: nobody waits for a word about them.
    void give_back_good(OfMessage items, std::string_view cause);
    void give_back_message(OfMessage of_message,
                           std::string_view cause,
                           ports::InDoubt in_doubt,
                           std::vector<ItemOutcome>& outcomes);
    /// Who reads a DSN: the sender, or the postmaster of this host in the sender's place.
    enum class Reader : std::uint8_t { Sender, Postmaster };
    /// Gives back those of a message whose sender wants to hear of it.
    void report_return(OfMessage of_message,
                       Reader reader,
                       std::string_view cause,
                       ports::InDoubt in_doubt,
                       std::vector<ItemOutcome>& outcomes);
    /// Why an item ends without a DSN.
    enum class Untold : std::uint8_t { Discarded, ByNullSender, ByWish };
    [[nodiscard]] static std::string_view plain_words(Untold why);
    void end_items(OfMessage items,
                   Untold why,
                   std::string_view cause,
                   ports::InDoubt in_doubt,
                   std::vector<ItemOutcome>& outcomes);
    /// What a DSN quotes: the header of the copy, or what the row knows of it when the copy is
    /// damaged.
    [[nodiscard]] std::string header_of(const terms::HeldMessage& message,
                                        std::string_view damage) const;

    // The chores: release_work.cpp.
    void settle_again();
    void release_due(const config::HoldSettings& settings);
    void release_patiently(const Items& items,
                           const config::HoldSettings& settings,
                           std::string_view cause);
    void expire(const config::HoldSettings& settings);
    /// Those of whom nobody may be told expire later, so that they keep no other from its end; in
    /// the end the postmaster gets them. `items` are what `outcomes` are about.
    void end_untold(const Items& items,
                    std::span<const ItemOutcome> outcomes,
                    const config::HoldSettings& settings);
    /// False when some could not be given.
    bool give_to_postmaster(const Items& items, std::string_view cause);
    void put_off(const Items& items);
    /// Logs the first failure, if there is one, now and then. True when there is one.
    bool say_failure(std::span<const ItemOutcome> outcomes, std::string_view what);
    /// Whether something of this kind is logged now: see RateLimit. Any thread.
    [[nodiscard]] std::optional<std::size_t> admit(std::string_view kind);
    /// Once a minute at most.
    void warn_of_untold(std::string_view kind, std::string_view text);
    void purge(const config::HoldSettings& settings);
    /// Removes what can go out of the spool; gives how many files.
    std::size_t remove_files();
    void put_in_doubt();
    /// Gives back good recipients whom nothing brings on their way any more: the MTA had refused
    /// them when the program ended, or their copy was found damaged before their turn.
    void give_back_stranded();
    void set_strays_aside();

    void report(const ports::HeldItem& item,
                const ItemOutcome& outcome,
                std::string_view cause) const;

    Parts parts_;
    StoreTrouble trouble_{parts_.log, parts_.clock};
    OpenAnswers answers_;
    CopyChecks copies_;
    std::optional<core::Result<std::vector<std::string>, ports::SpoolError>> files_before_;
    core::Guarded<std::multiset<std::string>> under_way_;
    /// How releases ended that the store could not write down; they are `releasing` until it can.
    core::Guarded<std::vector<ports::ReleaseEnd>> unsettled_;
    core::Guarded<report::RateLimit> said_;
    // Of the thread that calls `work`: when to try the MTA and the returns again after trouble, and
    // when to look for what is no longer wanted.
    core::SteadyPoint mta_pause_until_;
    core::SteadyPoint return_pause_until_;
    core::SteadyPoint next_files_;
    core::SteadyPoint next_purge_;
    int mta_pauses_ = 0;
};

}  // namespace holdback::flow::held
