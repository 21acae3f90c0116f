// SPDX-License-Identifier: Apache-2.0
#pragma once
// How use cases reach the rows of held mail.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "ports/held_files.hpp"
#include "ports/spool.hpp"              // CopyCheck
#include "ports/suppression_store.hpp"  // StoreError
#include "terms/held.hpp"
#include "terms/held_finding.hpp"
#include "terms/held_rules.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace holdback::ports {

/// A held recipient with the message it belongs to.
struct HeldItem {
    terms::HeldMessage message;
    terms::HeldRecipient recipient;
};

/// What `hold` did with one recipient.
struct HoldOutcome {
    std::int64_t id;
    /// True when the same message was already held for this recipient (a retried submission). Then
    /// `id` is the older item.
    bool already_held;
};

/// Which items `list` gives. An empty field does not filter.
struct HeldFilter {
    std::int64_t after = 0;  ///< ids above this
    std::vector<std::int64_t> ids;
    std::vector<terms::HeldState> states;
    std::optional<terms::HeldKind> kind;
    std::optional<std::string> sender;  ///< envelope sender, compared without letter case
    std::optional<std::string> domain;  ///< recipient domain, compared without letter case
    std::optional<terms::HeldFinding> finding;
    std::optional<std::string> campaign;
    std::optional<std::string> recipient;   ///< address, compared without letter case
    std::optional<std::string> queue_id;    ///< under which it came, or last left
    std::optional<std::string> copy_id;     ///< under which the MTA has a copy, if any
    std::optional<std::string> message_id;  ///< without its angle brackets
    std::optional<core::TimePoint> held_before;
    std::optional<core::TimePoint> release_due;  ///< `release_at` is at or before this
    std::optional<core::TimePoint> expired;      ///< `expires_at` is at or before this
    std::optional<core::TimePoint> recheck_due;  ///< `recheck_at` is at or before this
    std::optional<bool> in_doubt;
};

/// A message and its recipients as given to `hold`.
struct NewHold {
    terms::HeldMessage message;
    std::vector<terms::HeldRecipient> recipients;
};

/// One change of state of an item, as `history` gives it.
struct HeldEvent {
    core::TimePoint at;
    std::optional<terms::HeldState> from;  ///< nullopt: the item was created
    terms::HeldState to = terms::HeldState::Held;
    std::string text;  ///< the MTA's answer, the reason, or empty

    bool operator==(const HeldEvent&) const = default;
};

struct HeldCounts {
    std::size_t held = 0;
    std::size_t releasing = 0;
    std::size_t released = 0;
    std::size_t returned = 0;
    std::size_t discarded = 0;

    bool operator==(const HeldCounts&) const = default;
};

/// The row with this id. The types up to `ActiveAfter` select rows.
struct ById {
    std::int64_t id = 0;
};
/// The rows for which a token is good.
struct UnderToken {
    std::string hash;
};
/// The rows in doubt of which the MTA may have a copy under this queue id.
struct InDoubtUnder {
    std::string queue_id;
};
/// The rows of a message that are in `held`.
struct HeldOf {
    std::string spool_id;
};
/// The rows of a message with this address, compared without letter case.
struct AddressedTo {
    std::string spool_id;
    std::string address;
};
/// The active row with this identity (`terms::identity_of`).
struct ActiveTwin {
    std::string identity;
};
/// The rows with this identity that are returned and in doubt.
struct ReturnedTwin {
    std::string identity;
};
/// All rows that are being released.
struct Releasing {};
/// The rows in `held` that are in doubt and have no answer yet.
struct UnsaidDoubt {};
/// The first `most` rows that are held or being released, with ids above `id`.
struct ActiveAfter {
    std::int64_t id = 0;
    std::size_t most = 0;
};

using RowSelection = std::variant<ById,
                                  UnderToken,
                                  InDoubtUnder,
                                  HeldOf,
                                  AddressedTo,
                                  ActiveTwin,
                                  ReturnedTwin,
                                  Releasing,
                                  UnsaidDoubt,
                                  ActiveAfter>;

/// The rows of held mail within one transaction, without any rules: `terms/held_rules` says how a
/// row may change. An unreachable store throws its own exception, which ends the transaction; do
/// not catch it.
class HeldRows {
public:
    HeldRows() = default;
    HeldRows(const HeldRows&) = delete;
    HeldRows& operator=(const HeldRows&) = delete;
    HeldRows(HeldRows&&) = delete;
    HeldRows& operator=(HeldRows&&) = delete;
    virtual ~HeldRows() = default;

    /// In order of id.
    [[nodiscard]] virtual std::vector<terms::HeldRow> select(const RowSelection& which) = 0;
    /// Writes what `change` changes of `before`, and its line of history. `before` is a row that
    /// `select` gave in this transaction.
    virtual void write(const terms::HeldRow& before,
                       const terms::HeldChange& change,
                       core::TimePoint now) = 0;

    /// Adds a message that is not there yet, or an item of it, in `held`, with the first line of
    /// its history. No other active item may have the same `identity`. Gives the item's id.
    virtual void add(const terms::HeldMessage& message) = 0;
    virtual std::int64_t add(const terms::HeldMessage& message,
                             const terms::HeldRecipient& recipient,
                             const std::optional<std::string>& identity) = 0;

    [[nodiscard]] virtual std::optional<terms::ReleaseToken> token(std::string_view hash) = 0;
    /// Writes a new or changed token. `now` is the time of the change.
    virtual void write(const terms::ReleaseToken& token, core::TimePoint now) = 0;

    /// Records how the copy of a message looks: its damage, or its digest if it had none.
    virtual void note_copy(std::string_view spool_id, const CopyCheck& check) = 0;
};

/// When a change is on the disk.
enum class Durability : std::uint8_t {
    Full,      ///< on return
    Deferred,  ///< soon: a crash of the machine may undo it, the end of the program does not
};

/// The rows of held mail and the files that they name. Safe from several threads and processes.
/// `ports/held_acts` has the acts that change them by the rules.
class HeldStore : public HeldFiles {
public:
    /// Gives an error when it is known that nothing can be held now. Does not wait.
    [[nodiscard]] virtual core::Result<void, StoreError> usable() const = 0;

    /// Runs `work` in one transaction; nobody else writes meanwhile. `work` must not call the
    /// store. On an error nothing has changed.
    [[nodiscard]] virtual core::Result<void, StoreError> change(
        const std::function<void(HeldRows&)>& work, Durability durability = Durability::Full) = 0;

    /// Calls `visit` for each item that fits until it returns false, in order of the time that the
    /// filter asks for, otherwise of id. No lock is held while `visit` runs: it may call this
    /// store.
    [[nodiscard]] virtual core::Result<void, StoreError> list(
        const HeldFilter& filter, const std::function<bool(const HeldItem&)>& visit) = 0;

    /// The changes of state of one item, oldest first; empty for an unknown id.
    [[nodiscard]] virtual core::Result<std::vector<HeldEvent>, StoreError> history(
        std::int64_t id) = 0;

    [[nodiscard]] virtual core::Result<HeldCounts, StoreError> counts() = 0;
};

}  // namespace holdback::ports
