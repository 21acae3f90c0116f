// SPDX-License-Identifier: Apache-2.0
#pragma once
// The rules of held mail: how each event changes an item. A store reads a row, asks here, and
// writes the answer in the same transaction; it has no rules of its own.

#include "core/clock.hpp"
#include "terms/held.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace holdback::terms {

/// The part of a held item that the rules know: its place, and everything that changes.
struct HeldRow {
    std::int64_t id = 0;
    std::string spool_id;
    HeldKind kind = HeldKind::Mail;  ///< of its message; so is `sender`
    std::string sender;
    std::string address;
    HeldState state = HeldState::Held;
    core::TimePoint changed_at;
    int attempts = 0;
    std::string last_answer;
    bool in_doubt = false;
    std::string mta_queue_id;
    std::optional<core::TimePoint> mta_since;
    std::optional<core::TimePoint> release_at;
    std::optional<core::TimePoint> expires_at;
    std::optional<core::TimePoint> recheck_at;
    std::string token;  ///< hash of the release token that is valid for it; empty: none

    bool operator==(const HeldRow&) const = default;
};

/// A recipient as an item begins: held since its message came, with no release tried.
[[nodiscard]] HeldRecipient new_item(const HeldMessage& message, HeldRecipient recipient);

/// A token that marks one re-injected message; known by its hash.
struct ReleaseToken {
    std::string hash;
    std::string spool_id;
    bool sent = false;  ///< the MTA was about to get the end of the message
    bool used = false;  ///< a message has come with it

    bool operator==(const ReleaseToken&) const = default;
};

/// The choice about items in doubt. An item that somebody named may have come into doubt after they
/// looked.
enum class InDoubt : std::uint8_t {
    LeaveAlone,
    Take,  ///< the person knows of the doubt
};

/// The same message came again for this recipient, under this queue id. The MTA may let it pass
/// until it has our answer.
struct CameAgain {
    std::string queue_id;
};

/// Our answer to the message refused the recipient, and a DSN tells the sender.
struct RefusedAtOnce {};

/// The MTA has taken our answer about the message with this queue id.
struct AnswerTaken {
    std::string queue_id;
};

/// A doubt will last; `why` is written to the item unless it has an explanation already.
struct DoubtLasts {
    std::string why;
};

/// The MTA has dropped the message with this queue id, which had come at `at` or earlier.
struct MtaDropped {
    std::string queue_id;
    core::TimePoint at;
    std::string why;
};

/// The MTA has a copy, under this queue id.
struct CopyFound {
    std::string queue_id;
    std::string text;  ///< the evidence, for people
};

/// Everybody whom a DSN would name has got the mail.
struct NobodyLeft {};

struct ReleaseBegins {
    InDoubt in_doubt = InDoubt::LeaveAlone;
    std::string token;  ///< its hash
    std::string why;
};

struct ReleaseEnded {
    enum class What : std::uint8_t {
        Released,  ///< the MTA took it: `releasing` -> `released`
        Failed,    ///< it did not: `releasing` -> `held`, to be tried again at `retry_at`
        Unknown,   ///< it may have taken it: `releasing` -> `held`, in doubt
    };

    What what = What::Failed;
    std::string answer;  ///< the MTA's words, or the cause of the interruption
    std::optional<core::TimePoint> retry_at;
};

/// A message came with the token of this item, under this queue id (or "").
struct TokenCame {
    std::string queue_id;
};

/// The item ends as `Returned` or `Discarded`; other states are refused.
struct Ended {
    InDoubt in_doubt = InDoubt::LeaveAlone;
    HeldState state = HeldState::Discarded;
    std::string why;
};

/// Another address for the item. The caller makes sure that the message is not held for it already.
struct Readdressed {
    std::string address;
    std::string why;
};

struct RecheckAt {
    core::TimePoint at;
};
struct ExpiresAt {
    core::TimePoint at;
};
/// The next try of a release that is due is put off.
struct ReleaseAt {
    core::TimePoint at;
};

/// The copy in the spool is damaged.
struct CopyDamaged {
    std::string damage;
};

/// The item was listed again from the file of its message: its later fate is not known.
struct Rescued {
    std::string why;
};

/// The store is of an earlier time: mail that was held then may have left.
struct MayHaveLeft {
    std::string why;
};

/// The program has ended and starts again. `token` is the token of the item.
struct ProgramEnded {
    std::optional<ReleaseToken> token;
};

/// The events of a held item.
using ItemEvent = std::variant<CameAgain,
                               RefusedAtOnce,
                               AnswerTaken,
                               DoubtLasts,
                               MtaDropped,
                               CopyFound,
                               NobodyLeft,
                               ReleaseBegins,
                               ReleaseEnded,
                               TokenCame,
                               Ended,
                               Readdressed,
                               RecheckAt,
                               ExpiresAt,
                               ReleaseAt,
                               CopyDamaged,
                               Rescued,
                               MayHaveLeft,
                               ProgramEnded>;

/// The result of an event.
struct HeldChange {
    HeldRow row;
    /// A line for the item's history, from the old state to the state of `row`; nullopt: none.
    std::optional<std::string> line;
};

/// The change of `row` by `event`; nullopt: the event does not concern the item in its state, and
/// nothing changes.
[[nodiscard]] std::optional<HeldChange> apply(const HeldRow& row,
                                              const ItemEvent& event,
                                              core::TimePoint now);

/// True while something may still be done with an item. It then keeps the file of its message, and
/// keeps a second submission of the message from becoming a second item.
[[nodiscard]] constexpr bool is_active(HeldState state) {
    return state == HeldState::Held || state == HeldState::Releasing;
}

/// The same for two submissions of one message to one recipient; nullopt when that can't be told.
/// Sender and address are compared octet by octet.
[[nodiscard]] std::optional<std::string> identity_of(const HeldMessage& message,
                                                     const HeldRecipient& recipient);

/// The held, untried DSNs among `rows` that have nobody left to name; `rows` are in doubt about one
/// original. Empty as long as one of them was returned.
[[nodiscard]] std::vector<HeldRow> idle_dsns(std::span<const HeldRow> rows);

/// The token after a message came with it; nullopt: it is used up.
[[nodiscard]] std::optional<ReleaseToken> used_up(const ReleaseToken& token);

}  // namespace holdback::terms
