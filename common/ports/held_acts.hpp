// SPDX-License-Identifier: Apache-2.0
#pragma once
// What is done with held mail. Each act is one durable transaction of the store. Each item changes
// by the rules of `terms/held_rules`, and every change of state adds a line to its history.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "ports/held_store.hpp"
#include "ports/spool.hpp"              // CopyCheck
#include "ports/suppression_store.hpp"  // StoreError
#include "terms/held.hpp"
#include "terms/held_rules.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::ports {

using terms::InDoubt;

/// The outcome of `give_back`.
enum class GivenBack : std::uint8_t {
    No,          ///< one is not held, or in doubt and to be left alone: nothing was changed
    Yes,         ///< returned; the DSN is to be sent
    ToldBefore,  ///< returned; a DSN from before stands for this one
};

/// How the release of one item ended.
struct ReleaseEnd {
    using What = terms::ReleaseEnded::What;

    std::int64_t id = 0;
    What what = What::Failed;
    std::string answer;  ///< the MTA's reply, or the reason of the interruption
    std::optional<core::TimePoint> retry_at;
};

/// The MTA has taken our answer about these held items.
struct TakenAnswer {
    std::vector<std::int64_t> ids;
    std::string queue_id;  ///< of the message that was answered for
};

/// An item in doubt of which the MTA has a copy under this queue id.
struct FoundCopy {
    std::int64_t id = 0;
    std::string queue_id;
    std::string text;  ///< the evidence, in words for people
};

/// When to look at an item again.
struct Recheck {
    std::int64_t id = 0;
    core::TimePoint at;
};

/// What `recover` found.
struct Recovered {
    std::size_t put_back = 0;            ///< releases that start again
    std::vector<std::int64_t> in_doubt;  ///< held items in doubt whose doubt had no words yet
};

/// The mail that a release token admits.
struct ReleaseGrant {
    std::string spool_id;
    std::string sender;
    terms::HeldKind kind = terms::HeldKind::Mail;
    std::vector<std::string> addresses;  ///< exactly the recipients that may be released
};

/// Writes messages and their recipients, all or nothing. Ids, spool ids, attempts, answers and
/// `mta_since` in `recipients` are ignored: each begins in `held` at `message.held_at`, and moves
/// to `returned` at once when its state says so. A recipient gets no second row when a message with
/// this fingerprint and sender is already in `held` or `releasing` for it. A recipient returned at
/// once gets none either when one is `returned` and in doubt. Sender and address are compared octet
/// by octet; an empty fingerprint equals no other. An old row in `held` comes into doubt if the new
/// one would be in doubt. Outcomes are in the order of `holds` and their recipients. If every
/// outcome of a message is `already_held`, its row is not written and the caller drops its spool
/// file.
[[nodiscard]] core::Result<std::vector<std::vector<HoldOutcome>>, StoreError> hold_together(
    HeldStore& store, std::span<const NewHold> holds);

/// The same for one message.
[[nodiscard]] core::Result<std::vector<HoldOutcome>, StoreError> hold(
    HeldStore& store,
    const terms::HeldMessage& message,
    std::span<const terms::HeldRecipient> recipients);

/// Holds a message whose file was found in the spool and of which no more is known. Its items are
/// in doubt, with `why` as last answer; none is released by itself. Gives the ids.
[[nodiscard]] core::Result<std::vector<std::int64_t>, StoreError> rescue(HeldStore& store,
                                                                         NewHold hold,
                                                                         std::string_view why,
                                                                         core::TimePoint now);

/// Puts all items held or being released in doubt, with the same words: the store is of an earlier
/// moment. Gives the number of items.
[[nodiscard]] core::Result<std::size_t, StoreError> doubt_all(HeldStore& store,
                                                              std::string_view why,
                                                              core::TimePoint now);

/// Ends the doubt about the items, except where the doubt is about a release under another queue
/// id: the answer says nothing about that. A crash of the machine may undo this; the end of the
/// program does not.
[[nodiscard]] core::Result<void, StoreError> settle_doubt(HeldStore& store,
                                                          std::span<const TakenAnswer> answers);

/// Notes that the doubt about these items will last. Held items get `why` as their last answer and
/// in their history, unless they already have an answer.
[[nodiscard]] core::Result<void, StoreError> note_doubt(HeldStore& store,
                                                        std::span<const std::int64_t> ids,
                                                        std::string_view why,
                                                        core::TimePoint now);

/// The MTA has dropped the message with this queue id, which had arrived by `at`. Ends the doubt
/// about items whose original it is. Gives the held ones whose doubt already had words; they get
/// `why` in their history.
[[nodiscard]] core::Result<std::vector<std::int64_t>, StoreError> settle_dropped(
    HeldStore& store,
    std::string_view queue_id,
    core::TimePoint at,
    std::string_view why,
    core::TimePoint now);

/// Moves items that are `held` or `returned` and in doubt to `released`. Gives the ids of those
/// that still were so, under the same queue id. A DSN in doubt about that original is discarded
/// when it would tell of nobody any more.
[[nodiscard]] core::Result<std::vector<std::int64_t>, StoreError> settle_found(
    HeldStore& store, std::span<const FoundCopy> copies, core::TimePoint now);

/// Moves those of `ids` (all of one message) that are in `held` to `releasing`. Items in doubt stay
/// unless `in_doubt` takes them. Counts the attempt, ends the doubt, and remembers `token_hash` as
/// good for exactly the moved items. Gives their ids; two callers never get the same one. Ids of
/// two messages are an error. `why` goes into the history.
[[nodiscard]] core::Result<std::vector<std::int64_t>, StoreError> begin_release(
    HeldStore& store,
    std::span<const std::int64_t> ids,
    InDoubt in_doubt,
    std::string_view token_hash,
    std::string_view why,
    core::TimePoint now);

/// Records how releases ended. Items that are not in `releasing` are left alone. Gives the ids of
/// the others. The token of a released item stays good, since sendmail(1) answers before the
/// message comes through the milter. The token of any other item becomes void: a copy that comes
/// late is held again, and `hold` finds that it is held already.
[[nodiscard]] core::Result<std::vector<std::int64_t>, StoreError> settle(
    HeldStore& store, std::span<const ReleaseEnd> ends, core::TimePoint now);

/// Moves items from `held` to `returned` or `discarded`; another state is an error. Items in doubt
/// stay unless `in_doubt` takes them. Gives the ids of the moved items.
[[nodiscard]] core::Result<std::vector<std::int64_t>, StoreError> end_items(
    HeldStore& store,
    std::span<const std::int64_t> ids,
    InDoubt in_doubt,
    terms::HeldState state,
    std::string_view why,
    core::TimePoint now);

/// Moves all of `ids` from `held` to `returned` and writes the rows of the DSN that says so: all or
/// nothing. An older DSN with the same fingerprint stands for the new one.
[[nodiscard]] core::Result<GivenBack, StoreError> give_back(HeldStore& store,
                                                            std::span<const std::int64_t> ids,
                                                            InDoubt in_doubt,
                                                            const NewHold& dsn,
                                                            std::string_view why,
                                                            core::TimePoint now);

/// Records when to look whether the cause of items has gone. As durable as `settle_doubt`.
[[nodiscard]] core::Result<void, StoreError> recheck_later(HeldStore& store,
                                                           std::span<const Recheck> rechecks);

/// Records when items expire. As durable as `settle_doubt`.
[[nodiscard]] core::Result<void, StoreError> expire_later(HeldStore& store,
                                                          std::span<const Recheck> expiries);

/// Puts off the release of items that are due; does nothing for items that are no longer due or not
/// held. As durable as `settle_doubt`.
[[nodiscard]] core::Result<void, StoreError> release_later(HeldStore& store,
                                                           std::span<const Recheck> releases);

/// Gives an item another address; `why` goes into its history. False, and nothing is changed, when
/// the item is not `held`, is in doubt, or has a twin of the same message with that address.
[[nodiscard]] core::Result<bool, StoreError> readdress(HeldStore& store,
                                                       std::int64_t id,
                                                       std::string_view address,
                                                       std::string_view why,
                                                       core::TimePoint now);

/// The MTA is about to get the end of the message with this token. From now on `recover` leaves its
/// items in `releasing`. Durable on return.
[[nodiscard]] core::Result<void, StoreError> about_to_leave(HeldStore& store,
                                                            std::string_view token_hash,
                                                            core::TimePoint now);

/// Uses a token up and gives what it admits, once. nullopt for an unknown or used token, and for
/// one whose items have all gone back to `held`. The message came under `queue_id`, or "".
[[nodiscard]] core::Result<std::optional<ReleaseGrant>, StoreError> claim_token(
    HeldStore& store, std::string_view token_hash, std::string_view queue_id, core::TimePoint now);

/// Moves the items that were in `releasing` when the process ended back to `held`, to be tried
/// again at once (`release_at` = `now`), and voids their tokens. Items whose token was claimed, or
/// that were about to leave, stay in `releasing` for the caller to judge. Held items in doubt
/// without an answer get one that says so. Call once at start, before anything is released.
[[nodiscard]] core::Result<Recovered, StoreError> recover(HeldStore& store, core::TimePoint now);

/// Records how the copy of a message looks: its damage, or its digest if it had none. Held items of
/// a damaged message are no longer released by themselves, and have the damage in their history.
[[nodiscard]] core::Result<void, StoreError> note_copy(HeldStore& store,
                                                       std::string_view spool_id,
                                                       const CopyCheck& check,
                                                       core::TimePoint now);

}  // namespace holdback::ports
