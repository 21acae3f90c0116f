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
#include <span>
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

/// What became of one recipient given to `hold`.
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
    std::optional<std::string> sender;  ///< envelope sender, compared without letter case
    std::optional<std::string> domain;  ///< recipient domain, compared without letter case
    std::optional<terms::HeldFinding> finding;
    std::optional<std::string> campaign;
    std::optional<std::string> recipient;   ///< address, compared without letter case
    std::optional<std::string> queue_id;    ///< under which it came, or last left
    std::optional<std::string> copy_id;     ///< queue id under which the MTA has a copy, if any
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

/// Which rows `HeldRows::select` gives.
struct ById {
    std::int64_t id = 0;
};
/// Those that are good for a token.
struct UnderToken {
    std::string hash;
};
/// Those in doubt of which the MTA may have a copy under this queue id.
struct InDoubtUnder {
    std::string queue_id;
};
/// Those in `held` of a message.
struct HeldOf {
    std::string spool_id;
};
/// Those of a message for this address, without letter case.
struct AddressedTo {
    std::string spool_id;
    std::string address;
};
/// The active one with this identity (`terms::identity_of`).
struct ActiveTwin {
    std::string identity;
};
/// Those with this identity that are returned and in doubt.
struct ReturnedTwin {
    std::string identity;
};
/// All that are being released.
struct Releasing {};
/// Those in `held` whose doubt has no words yet.
struct UnsaidDoubt {};
/// The first `most` that are held or being released, with ids above `id`.
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

/// The rows of held mail within one transaction, and nothing but rows: what may become of them say
/// `terms/held_rules`. A store that is out of reach throws an exception of its own, which ends the
/// transaction and is not for others to catch.
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
    /// Writes what differs from `before`, which `select` gave in this transaction, and the line of
    /// its history.
    virtual void write(const terms::HeldRow& before,
                       const terms::HeldChange& change,
                       core::TimePoint now) = 0;

    /// A message that is not there yet, and an item of it, in `held`, with the first line of its
    /// history. Gives the item's id; no other active one has its `identity`.
    virtual void add(const terms::HeldMessage& message) = 0;
    virtual std::int64_t add(const terms::HeldMessage& message,
                             const terms::HeldRecipient& recipient,
                             const std::optional<std::string>& identity) = 0;

    [[nodiscard]] virtual std::optional<terms::ReleaseToken> token(std::string_view hash) = 0;
    /// Writes a token, be it new or changed since; `now` is when.
    virtual void write(const terms::ReleaseToken& token, core::TimePoint now) = 0;

    /// How the copy of a message looks: its damage, or its digest where there was none.
    virtual void note_copy(std::string_view spool_id, const CopyCheck& check) = 0;
};

/// When a change is on the disk.
enum class Durability : std::uint8_t {
    Full,      ///< on return
    Deferred,  ///< soon: a crash of the machine may undo it, the end of the program not
};

/// The rows of held mail, and the files that they name. Safe from several threads and processes.
/// What is done with the rows, by which rules, is in `ports/held_acts`.
class HeldStore : public HeldFiles {
public:
    /// An error when it is known that nothing can be held now. Waits for nothing.
    [[nodiscard]] virtual core::Result<void, StoreError> usable() const = 0;

    /// Runs `work` in one transaction, which is the only one that writes meanwhile. `work` may not
    /// call the store. On an error nothing has changed.
    [[nodiscard]] virtual core::Result<void, StoreError> change(
        const std::function<void(HeldRows&)>& work, Durability durability = Durability::Full) = 0;

    /// Calls `visit` for each item until it returns false, in order of the time that is asked for,
    /// else of id. No lock is held while `visit` runs: it may call this store.
    [[nodiscard]] virtual core::Result<void, StoreError> list(
        const HeldFilter& filter, const std::function<bool(const HeldItem&)>& visit) = 0;

    /// The changes of state of one item, oldest first; empty for an unknown id.
    [[nodiscard]] virtual core::Result<std::vector<HeldEvent>, StoreError> history(
        std::int64_t id) = 0;

    [[nodiscard]] virtual core::Result<HeldCounts, StoreError> counts() = 0;
};

}  // namespace holdback::ports
