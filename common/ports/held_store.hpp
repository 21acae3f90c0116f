// SPDX-License-Identifier: Apache-2.0
#pragma once
// How use cases reach the rows of held mail.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "ports/spool.hpp"              // CopyCheck
#include "ports/suppression_store.hpp"  // StoreError
#include "terms/held.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::ports {

/// A held recipient with the message it belongs to.
struct HeldItem {
    terms::HeldMessage message;
    terms::HeldRecipient recipient;
};

/// What became of one recipient given to `HeldStore::hold`.
struct HoldOutcome {
    std::int64_t id;
    /// True when the same message was already held for this recipient (a retried submission), and
    /// `id` is that older item.
    bool already_held;
};

/// Which items `list` gives; what is empty does not filter.
struct HeldFilter {
    std::int64_t after = 0;  ///< ids above this
    std::vector<std::int64_t> ids;
    std::vector<terms::HeldState> states;
    std::optional<terms::HeldKind> kind;
    std::optional<std::string> sender;   ///< envelope sender, compared without letter case
    std::optional<std::string> domain;   ///< recipient domain, compared without letter case
    std::optional<std::string> finding;  ///< wire name
    std::optional<std::string> campaign;
    std::optional<std::string> recipient;   ///< address, compared without letter case
    std::optional<std::string> queue_id;    ///< under which it came, or last left
    std::optional<std::string> message_id;  ///< without its angle brackets
    std::optional<core::TimePoint> held_before;
    std::optional<core::TimePoint> release_due;  ///< `release_at` is at or before this
    std::optional<core::TimePoint> expired;      ///< `expires_at` is at or before this
    std::optional<core::TimePoint> recheck_due;  ///< `recheck_at` is at or before this
    std::optional<bool> in_doubt;
};

/// A message and its recipients as `hold` takes them.
struct NewHold {
    terms::HeldMessage message;
    std::vector<terms::HeldRecipient> recipients;
};

/// What came of giving items back.
enum class GivenBack : std::uint8_t {
    No,          ///< one is not held, or to be left alone: nothing was changed
    Yes,         ///< the DSN is to go
    ToldBefore,  ///< they are given back, and the rows of this DSN were not needed
};

/// What is done with items in doubt. An item that somebody named may have come into doubt after he
/// looked.
enum class InDoubt : std::uint8_t {
    LeaveAlone,
    Take,  ///< he knows that they are
};

/// How the release of one item ended.
struct ReleaseEnd {
    enum class What : std::uint8_t {
        Released,  ///< the MTA took it: `releasing` -> `released`
        Failed,    ///< it did not: `releasing` -> `held`, to be tried again at `retry_at`
        Unknown,   ///< it may have taken it: `releasing` -> `held`, in doubt
    };

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

/// What one sender (as `mail::spool_sharer` names them) has in the spool.
struct SpoolShare {
    std::string sender;
    std::uint64_t octets = 0;
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

/// One change of state of an item, as `history` gives it.
struct HeldEvent {
    core::TimePoint at;
    std::optional<terms::HeldState> from;  ///< nullopt: the item was made
    terms::HeldState to = terms::HeldState::Held;
    std::string text;  ///< the MTA's answer, the reason, or empty

    bool operator==(const HeldEvent&) const = default;
};

/// How many items are in each state.
struct HeldCounts {
    std::size_t held = 0;
    std::size_t releasing = 0;
    std::size_t released = 0;
    std::size_t returned = 0;
    std::size_t discarded = 0;

    bool operator==(const HeldCounts&) const = default;
};

/// What a release token stands for.
struct ReleaseGrant {
    std::string spool_id;
    std::string sender;
    terms::HeldKind kind = terms::HeldKind::Mail;
    std::vector<std::string> addresses;  ///< exactly the recipients that may go
};

/// The rows of held mail. Each call is one durable transaction that also writes an event row for
/// every change of state. Safe from several threads and processes.
class HeldStore {
public:
    HeldStore() = default;
    HeldStore(const HeldStore&) = delete;
    HeldStore& operator=(const HeldStore&) = delete;
    HeldStore(HeldStore&&) = delete;
    HeldStore& operator=(HeldStore&&) = delete;
    virtual ~HeldStore() = default;

    /// An error when it is known that nothing can be held now. Waits for nothing.
    [[nodiscard]] virtual core::Result<void, StoreError> usable() const = 0;

    /// Writes messages and their recipients, all or nothing (ids, spool ids, attempts, answers and
    /// `mta_since` in `recipients` are ignored: each begins in `held`, at `message.held_at`, and
    /// goes on to `returned` at once when its state says so). A recipient for whom a message with
    /// this fingerprint and sender is already in `held` or `releasing` gets no second row, nor one
    /// that is returned at once for whom one is `returned` and in doubt; sender and address are
    /// compared octet by octet, and an empty fingerprint equals no other. A row in `held` that is
    /// found so is as much in doubt as the new one would be. Outcomes are in the order of `holds`
    /// and their recipients. When every outcome of a message is `already_held` its row is not
    /// written and the caller drops its spool file.
    [[nodiscard]] virtual core::Result<std::vector<std::vector<HoldOutcome>>, StoreError>
    hold_together(std::span<const NewHold> holds) = 0;

    /// The same for one message.
    [[nodiscard]] core::Result<std::vector<HoldOutcome>, StoreError> hold(
        const terms::HeldMessage& message, std::span<const terms::HeldRecipient> recipients);

    /// The items are in doubt no more, but for those of which a release under another queue id is:
    /// the answer says nothing about that. A crash of the machine may undo it, the end of the
    /// program not.
    [[nodiscard]] virtual core::Result<void, StoreError> settle_doubt(
        std::span<const TakenAnswer> answers) = 0;

    /// The doubt about these items is going to last: `why` stands with those that are held, and in
    /// their history. What has words already keeps them.
    [[nodiscard]] virtual core::Result<void, StoreError> note_doubt(
        std::span<const std::int64_t> ids, std::string_view why, core::TimePoint now) = 0;

    /// The MTA has dropped the message with this queue id, which had come by `at`: items in doubt
    /// about that original are in doubt no more. Gives those that `recover` had seen in doubt; they
    /// have `why` in their history.
    [[nodiscard]] virtual core::Result<std::vector<std::int64_t>, StoreError> settle_dropped(
        std::string_view queue_id,
        core::TimePoint at,
        std::string_view why,
        core::TimePoint now) = 0;

    /// `held` or `returned`, and in doubt -> `released`. Gives the ids of those that still were,
    /// under the same queue id. A DSN in doubt about that original is discarded when nobody is left
    /// of whom it would tell.
    [[nodiscard]] virtual core::Result<std::vector<std::int64_t>, StoreError> settle_found(
        std::span<const FoundCopy> copies, core::TimePoint now) = 0;

    /// The messages with a file in the spool, by sender. A look at all of them.
    [[nodiscard]] virtual core::Result<std::vector<SpoolShare>, StoreError> spool_shares() = 0;

    /// Calls `visit` for each item until it returns false, in order of the time that is asked for,
    /// else of id. No lock is held while `visit` runs: it may call this store.
    [[nodiscard]] virtual core::Result<void, StoreError> list(
        const HeldFilter& filter, const std::function<bool(const HeldItem&)>& visit) = 0;

    /// Moves those of `ids` (all of one message) that are in `held`, and, unless they are to be
    /// taken too, not in doubt, to `releasing`, counts the attempt, and remembers `token_hash` as
    /// good for exactly them. Gives the ids that were moved; two callers never get the same one,
    /// and nothing of them is in doubt any more. Ids of two messages are an error. `why` stands in
    /// the history.
    [[nodiscard]] virtual core::Result<std::vector<std::int64_t>, StoreError> begin_release(
        std::span<const std::int64_t> ids,
        InDoubt in_doubt,
        std::string_view token_hash,
        std::string_view why,
        core::TimePoint now) = 0;

    /// Writes down how releases ended; items that are not in `releasing` are left alone. Gives the
    /// ids that were. The token of a released item stays good for it, since sendmail(1) answers
    /// before the message comes by the milter; that of another is no longer: a copy that comes late
    /// is held again, and `hold` finds that it is held already.
    [[nodiscard]] virtual core::Result<std::vector<std::int64_t>, StoreError> settle(
        std::span<const ReleaseEnd> ends, core::TimePoint now) = 0;

    /// `held` -> `returned` or `discarded`. Gives the ids that were in `held`, and not in doubt
    /// unless that is to be taken too.
    [[nodiscard]] virtual core::Result<std::vector<std::int64_t>, StoreError> end(
        std::span<const std::int64_t> ids,
        InDoubt in_doubt,
        terms::HeldState state,
        std::string_view why,
        core::TimePoint now) = 0;

    /// `held` -> `returned` for all of `ids`, together with the rows of the DSN that says so. A DSN
    /// with the same fingerprint that is known from before stands for it.
    [[nodiscard]] virtual core::Result<GivenBack, StoreError> give_back(
        std::span<const std::int64_t> ids,
        InDoubt in_doubt,
        const NewHold& dsn,
        std::string_view why,
        core::TimePoint now) = 0;

    /// Writes down when to look whether the cause of items has gone.
    [[nodiscard]] virtual core::Result<void, StoreError> recheck_later(
        std::span<const Recheck> rechecks) = 0;

    /// Writes down when items expire.
    [[nodiscard]] virtual core::Result<void, StoreError> expire_later(
        std::span<const Recheck> expiries) = 0;

    /// Gives an item another address; `why` goes into its history. False, and nothing is changed,
    /// when it is not `held`, is in doubt, or its message is held for that address, too.
    [[nodiscard]] virtual core::Result<bool, StoreError> readdress(std::int64_t id,
                                                                   std::string_view address,
                                                                   std::string_view why,
                                                                   core::TimePoint now) = 0;

    /// The MTA is about to be given the end of the message with this token: `recover` no longer
    /// takes its items for ones that never left. Durable on return.
    [[nodiscard]] virtual core::Result<void, StoreError> about_to_leave(std::string_view token_hash,
                                                                        core::TimePoint now) = 0;

    /// Uses a token up: gives what it is good for, once; nullopt for an unknown or used one, and
    /// for one whose items have all gone back to `held`. The message came under `queue_id`, or "".
    [[nodiscard]] virtual core::Result<std::optional<ReleaseGrant>, StoreError> claim_token(
        std::string_view token_hash, std::string_view queue_id, core::TimePoint now) = 0;

    /// All items that were in `releasing` when the process ended: back to `held`, to be tried again
    /// at once (`release_at` = `now`), their tokens void; those whose token was claimed, or that
    /// were about to leave, stay in `releasing` for the caller to judge. Held items that are still
    /// in doubt get an answer that says so. Call once at start, before anything is released.
    [[nodiscard]] virtual core::Result<Recovered, StoreError> recover(core::TimePoint now) = 0;

    /// Spool ids of the messages that are known and whose file was not removed, in order. A file
    /// that is not among them is only looked at when no session writes: each writes the file first.
    [[nodiscard]] virtual core::Result<std::vector<std::string>, StoreError> listed_spool_ids() = 0;

    /// Writes down how the copy of a message looks: its damage, or its digest where there was none.
    /// What is held of a damaged message is not released by itself any more, and has the damage in
    /// its history.
    [[nodiscard]] virtual core::Result<void, StoreError> note_copy(std::string_view spool_id,
                                                                   const CopyCheck& check,
                                                                   core::TimePoint now) = 0;

    /// Messages whose file was not removed, in order of spool ids above `after`; at most `most`.
    [[nodiscard]] virtual core::Result<std::vector<terms::HeldMessage>, StoreError> kept_messages(
        std::string_view after, std::size_t most) = 0;

    /// Spool ids of messages of which nothing is in `held` or `releasing` any more: the files that
    /// can go, at any time. At most `most`; report them with `spool_removed`.
    [[nodiscard]] virtual core::Result<std::vector<std::string>, StoreError> removable_spool_ids(
        std::size_t most) = 0;

    /// Remembers that the files are gone, so that `removable_spool_ids` names them no more.
    [[nodiscard]] virtual core::Result<void, StoreError> spool_removed(
        std::span<const std::string> spool_ids) = 0;

    /// Forgets items that ended before `before`, with their history and tokens, and messages of
    /// which no item is left and whose file is gone. Gives how many items were forgotten.
    [[nodiscard]] virtual core::Result<std::size_t, StoreError> purge_ended(
        core::TimePoint before) = 0;

    /// The changes of state of one item, oldest first; empty for an unknown id.
    [[nodiscard]] virtual core::Result<std::vector<HeldEvent>, StoreError> history(
        std::int64_t id) = 0;

    [[nodiscard]] virtual core::Result<HeldCounts, StoreError> counts() = 0;
};

}  // namespace holdback::ports
