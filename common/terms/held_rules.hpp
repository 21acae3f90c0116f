// SPDX-License-Identifier: Apache-2.0
#pragma once
// The rules of held mail: what an item becomes by what happens to it. A store reads a row, asks
// here, and writes the answer in the same transaction; it knows no rule of its own.

#include "core/clock.hpp"
#include "terms/held.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace holdback::terms {

/// What the rules know of a held item: its place, and all of it that changes.
struct HeldRow {
    std::int64_t id = 0;
    std::string spool_id;
    HeldKind kind = HeldKind::Mail;  ///< of its message, as is the sender
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
    std::string token;  ///< hash of the release token that is good for it; empty: none

    bool operator==(const HeldRow&) const = default;
};

/// A recipient as an item begins: in `held` since its message came, and never tried to be released.
[[nodiscard]] HeldRecipient new_item(const HeldMessage& message, HeldRecipient recipient);

/// A token that marks one re-injected message, by its hash.
struct ReleaseToken {
    std::string hash;
    std::string spool_id;
    bool sent = false;  ///< the MTA was about to get the end of the message
    bool used = false;  ///< a message has come with it

    bool operator==(const ReleaseToken&) const = default;
};

/// What is done with items in doubt. An item that somebody named may have come into doubt after he
/// looked.
enum class InDoubt : std::uint8_t {
    LeaveAlone,
    Take,  ///< he knows that they are
};

/// The same message came again for this recipient, under this queue id, and until the MTA has our
/// answer it may let it pass.
struct CameAgain {
    std::string queue_id;
};

/// The answer to the message refused the recipient, and a DSN tells the sender.
struct RefusedAtOnce {};

/// The MTA has taken our answer about the message with this queue id.
struct AnswerTaken {
    std::string queue_id;
};

/// A doubt is going to last; `why` stands with the item, unless it has words already.
struct DoubtLasts {
    std::string why;
};

/// The MTA has dropped the message with this queue id, which had come by `at`.
struct MtaDropped {
    std::string queue_id;
    core::TimePoint at;
    std::string why;
};

/// The MTA has a copy, under this queue id.
struct CopyFound {
    std::string queue_id;
    std::string text;  ///< what says so, for people
};

/// Everybody of whom a DSN would tell has got the mail.
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
    std::string answer;  ///< the MTA's words, or the reason of the interruption
    std::optional<core::TimePoint> retry_at;
};

/// A message came with the token of this item, under this queue id or "".
struct TokenCame {
    std::string queue_id;
};

/// The item ends as `Returned` or `Discarded`; another state is refused.
struct Ended {
    InDoubt in_doubt = InDoubt::LeaveAlone;
    HeldState state = HeldState::Discarded;
    std::string why;
};

/// Another address for the item. That the message is not held for it, too, is the caller's to know.
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

/// The copy in the spool is damaged.
struct CopyDamaged {
    std::string damage;
};

/// The item was listed again from the file of its message: nobody knows what became of it since.
struct Rescued {
    std::string why;
};

/// The store is of an earlier moment: whatever was held then may have left.
struct MayHaveLeft {
    std::string why;
};

/// The program has ended, and begins again. `token` is that of the item.
struct ProgramEnded {
    std::optional<ReleaseToken> token;
};

/// What can happen to a held item.
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
                               CopyDamaged,
                               Rescued,
                               MayHaveLeft,
                               ProgramEnded>;

/// What an item becomes.
struct HeldChange {
    HeldRow row;
    /// A line of its history, from the state before to that of `row`; nullopt: none.
    std::optional<std::string> line;
};

/// What `row` becomes by `event`; nullopt: the event does not concern it in its state, and nothing
/// changes.
[[nodiscard]] std::optional<HeldChange> apply(const HeldRow& row,
                                              const ItemEvent& event,
                                              core::TimePoint now);

/// True while something may still be done with an item: it keeps the file of its message, and a
/// second submission of the message from becoming a second item.
[[nodiscard]] constexpr bool is_active(HeldState state) {
    return state == HeldState::Held || state == HeldState::Releasing;
}

/// Equal for two submissions of one message to one recipient; nullopt when that can't be told.
/// Sender and address are compared octet by octet.
[[nodiscard]] std::optional<std::string> identity_of(const HeldMessage& message,
                                                     const HeldRecipient& recipient);

/// The DSNs among `rows`, all in doubt about one original, that would tell of nobody any more;
/// empty as long as one who was returned is among them.
[[nodiscard]] std::vector<HeldRow> idle_dsns(std::span<const HeldRow> rows);

/// The token when a message has come with it; nullopt: it is used up.
[[nodiscard]] std::optional<ReleaseToken> used_up(const ReleaseToken& token);

}  // namespace holdback::terms
