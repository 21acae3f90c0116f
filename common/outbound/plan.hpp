// SPDX-License-Identifier: Apache-2.0
#pragma once
// Verdicts of all recipients -> one plan for the message.

#include "mail/smtp_reply.hpp"
#include "outbound/verdict.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace holdback::outbound {

/// Recipients, by their index in the envelope.
using RecipientIndices = std::vector<std::size_t>;

/// All recipients get the message.
struct PassAll {};

/// The message is refused with a 4xx or 5xx reply, because no recipient is left.
struct Refuse {
    mail::SmtpReply reply;
};

/// Some recipients are taken out: `hold` go into the spool; `defer` do too, and are released by
/// themselves later; `give_back` return to the sender in a DSN. The others `pass`. When none
/// passes, the message is discarded after the copies are safe.
struct Split {
    RecipientIndices pass;
    RecipientIndices hold;
    RecipientIndices defer;
    RecipientIndices give_back;
    /// Too many are taken out for the MTA to delete them: the original is discarded, and the
    /// passing recipients are re-injected from the spool.
    bool reinject_passing = false;
};

struct MessagePlan {
    std::variant<PassAll, Refuse, Split> what;
    /// For the tag header field: the tagged findings that all who get the message share. Empty: no
    /// field.
    std::vector<std::string> tags;
};

/// Above this many deletions the message is discarded and re-injected: their cost is quadratic in
/// Postfix.
inline constexpr std::size_t kMostDeletions = 250;

/// How the sender or the client can be told.
struct Telling {
    /// Nobody can be told of a return, so `give_back` recipients are held instead.
    bool untold = false;
    /// The client has been refused too often: the message is accepted even when nobody is to get
    /// it. Never set together with `untold`.
    bool spares_client = false;
};

[[nodiscard]] MessagePlan plan(std::span<const Verdict> verdicts, const Telling& telling);

}  // namespace holdback::outbound
