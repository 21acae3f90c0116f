// SPDX-License-Identifier: Apache-2.0
#pragma once
// What is done with held mail. Each act is one durable transaction of the store, in which each item
// changes as `terms/held_rules` say; every change of state leaves a line in the item's history.

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

/// What came of giving items back.
enum class GivenBack : std::uint8_t {
    No,          ///< one is not held, or to be left alone: nothing was changed
    Yes,         ///< the DSN is to go
    ToldBefore,  ///< they are given back, and the rows of this DSN were not needed
};

/// How the release of one item ended.
struct ReleaseEnd {
    using What = terms::ReleaseEnded::What;

    std::int64_t id = 0;
    What what = What::Failed;
    std::string answer;  ///< the MTA's words, or the reason of the interruption
    std::optional<core::TimePoint> retry_at;
};

/// An answer about held items that the MTA has taken.
struct TakenAnswer {
    std::vector<std::int64_t> ids;
    std::string queue_id;  ///< of the message that was answered for
};

/// An item in doubt of which the MTA has a copy, under this queue id.
struct FoundCopy {
    std::int64_t id = 0;
    std::string queue_id;
    std::string text;  ///< what says so, for people
};

/// When to look at an item again.
struct Recheck {
    std::int64_t id = 0;
    core::TimePoint at;
};

/// What `recover` found.
struct Recovered {
    std::size_t put_back = 0;            ///< releases that begin again
    std::vector<std::int64_t> in_doubt;  ///< held items in doubt that it had not seen before
};

/// What a release token stands for.
struct ReleaseGrant {
    std::string spool_id;
    std::string sender;
    terms::HeldKind kind = terms::HeldKind::Mail;
    std::vector<std::string> addresses;  ///< exactly the recipients that may go
};

/// Writes messages and their recipients, all or nothing (ids, spool ids, attempts, answers and
/// `mta_since` in `recipients` are ignored: each begins in `held`, at `message.held_at`, and
/// goes on to `returned` at once when its state says so). A recipient for whom a message with
/// this fingerprint and sender is already in `held` or `releasing` gets no second row, nor one
/// that is returned at once for whom one is `returned` and in doubt; sender and address are
/// compared octet by octet, and an empty fingerprint equals no other. A row in `held` that is
/// found so is as much in doubt as the new one would be. Outcomes are in the order of `holds`
/// and their recipients. When every outcome of a message is `already_held` its row is not
/// written and the caller drops its spool file.
[[nodiscard]] core::Result<std::vector<std::vector<HoldOutcome>>, StoreError> hold_together(
    HeldStore& store, std::span<const NewHold> holds);

/// The same for one message.
[[nodiscard]] core::Result<std::vector<HoldOutcome>, StoreError> hold(
    HeldStore& store,
    const terms::HeldMessage& message,
    std::span<const terms::HeldRecipient> recipients);

/// Holds a message whose file was found in the spool, and of which no more is known: in doubt, with
/// `why` as its last answer. Nothing of it goes by itself. Gives the ids.
[[nodiscard]] core::Result<std::vector<std::int64_t>, StoreError> rescue(HeldStore& store,
                                                                         NewHold hold,
                                                                         std::string_view why,
                                                                         core::TimePoint now);

/// Puts all that is held or being released in doubt, with the same words: the store is of an
/// earlier moment. Gives how many items.
[[nodiscard]] core::Result<std::size_t, StoreError> doubt_all(HeldStore& store,
                                                              std::string_view why,
                                                              core::TimePoint now);

/// The items are in doubt no more, but for those of which a release under another queue id is:
/// the answer says nothing about that. A crash of the machine may undo it, the end of the
/// program not.
[[nodiscard]] core::Result<void, StoreError> settle_doubt(HeldStore& store,
                                                          std::span<const TakenAnswer> answers);

/// The doubt about these items is going to last: `why` stands with those that are held, and in
/// their history. What has words already keeps them.
[[nodiscard]] core::Result<void, StoreError> note_doubt(HeldStore& store,
                                                        std::span<const std::int64_t> ids,
                                                        std::string_view why,
                                                        core::TimePoint now);

/// The MTA has dropped the message with this queue id, which had come by `at`: items in doubt
/// about that original are in doubt no more. Gives those that `recover` had seen in doubt; they
/// have `why` in their history.
[[nodiscard]] core::Result<std::vector<std::int64_t>, StoreError> settle_dropped(
    HeldStore& store,
    std::string_view queue_id,
    core::TimePoint at,
    std::string_view why,
    core::TimePoint now);

/// `held` or `returned`, and in doubt -> `released`. Gives the ids of those that still were,
/// under the same queue id. A DSN in doubt about that original is discarded when nobody is left
/// of whom it would tell.
[[nodiscard]] core::Result<std::vector<std::int64_t>, StoreError> settle_found(
    HeldStore& store, std::span<const FoundCopy> copies, core::TimePoint now);

/// Moves those of `ids` (all of one message) that are in `held`, and, unless they are to be
/// taken too, not in doubt, to `releasing`, counts the attempt, and remembers `token_hash` as
/// good for exactly them. Gives the ids that were moved; two callers never get the same one,
/// and nothing of them is in doubt any more. Ids of two messages are an error. `why` stands in
/// the history.
[[nodiscard]] core::Result<std::vector<std::int64_t>, StoreError> begin_release(
    HeldStore& store,
    std::span<const std::int64_t> ids,
    InDoubt in_doubt,
    std::string_view token_hash,
    std::string_view why,
    core::TimePoint now);

/// Writes down how releases ended; items that are not in `releasing` are left alone. Gives the
/// ids that were. The token of a released item stays good for it, since sendmail(1) answers
/// before the message comes by the milter; that of another is no longer: a copy that comes late
/// is held again, and `hold` finds that it is held already.
[[nodiscard]] core::Result<std::vector<std::int64_t>, StoreError> settle(
    HeldStore& store, std::span<const ReleaseEnd> ends, core::TimePoint now);

/// `held` -> `returned` or `discarded`; another state is an error. Gives the ids that were in
/// `held`, and not in doubt unless that is to be taken too.
[[nodiscard]] core::Result<std::vector<std::int64_t>, StoreError> end_items(
    HeldStore& store,
    std::span<const std::int64_t> ids,
    InDoubt in_doubt,
    terms::HeldState state,
    std::string_view why,
    core::TimePoint now);

/// `held` -> `returned` for all of `ids`, together with the rows of the DSN that says so. A DSN
/// with the same fingerprint that is known from before stands for it.
[[nodiscard]] core::Result<GivenBack, StoreError> give_back(HeldStore& store,
                                                            std::span<const std::int64_t> ids,
                                                            InDoubt in_doubt,
                                                            const NewHold& dsn,
                                                            std::string_view why,
                                                            core::TimePoint now);

/// Writes down when to look whether the cause of items has gone. As durable as `settle_doubt`.
[[nodiscard]] core::Result<void, StoreError> recheck_later(HeldStore& store,
                                                           std::span<const Recheck> rechecks);

/// Writes down when items expire. As durable as `settle_doubt`.
[[nodiscard]] core::Result<void, StoreError> expire_later(HeldStore& store,
                                                          std::span<const Recheck> expiries);

/// Gives an item another address; `why` goes into its history. False, and nothing is changed,
/// when it is not `held`, is in doubt, or its message is held for that address, too.
[[nodiscard]] core::Result<bool, StoreError> readdress(HeldStore& store,
                                                       std::int64_t id,
                                                       std::string_view address,
                                                       std::string_view why,
                                                       core::TimePoint now);

/// The MTA is about to be given the end of the message with this token: `recover` no longer
/// takes its items for ones that never left. Durable on return.
[[nodiscard]] core::Result<void, StoreError> about_to_leave(HeldStore& store,
                                                            std::string_view token_hash,
                                                            core::TimePoint now);

/// Uses a token up: gives what it is good for, once; nullopt for an unknown or used one, and
/// for one whose items have all gone back to `held`. The message came under `queue_id`, or "".
[[nodiscard]] core::Result<std::optional<ReleaseGrant>, StoreError> claim_token(
    HeldStore& store, std::string_view token_hash, std::string_view queue_id, core::TimePoint now);

/// All items that were in `releasing` when the process ended: back to `held`, to be tried again
/// at once (`release_at` = `now`), their tokens void; those whose token was claimed, or that
/// were about to leave, stay in `releasing` for the caller to judge. Held items that are still
/// in doubt get an answer that says so. Call once at start, before anything is released.
[[nodiscard]] core::Result<Recovered, StoreError> recover(HeldStore& store, core::TimePoint now);

/// Writes down how the copy of a message looks: its damage, or its digest where there was none.
/// What is held of a damaged message is not released by itself any more, and has the damage in
/// its history.
[[nodiscard]] core::Result<void, StoreError> note_copy(HeldStore& store,
                                                       std::string_view spool_id,
                                                       const CopyCheck& check,
                                                       core::TimePoint now);

}  // namespace holdback::ports
