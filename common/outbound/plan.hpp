// SPDX-License-Identifier: Apache-2.0
#pragma once
// Verdicts of all recipients -> one plan for the message.

#include "mail/smtp_reply.hpp"
#include "outbound/verdict.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace holdback::outbound {

/// Recipients are named by their index in the envelope.
using RecipientIndices = std::vector<std::size_t>;

/// Everybody gets the message; it may get `tags`.
struct PassAll {};

/// The message is answered with a 4xx or 5xx: no recipient is left that could get it.
struct Refuse {
    mail::SmtpReply reply;
};

/// Some recipients are taken out: `hold` into the spool, `defer` into the spool to be released by
/// themselves later, `give_back` to the sender in a DSN. `pass` go on. When nobody passes, the
/// message is discarded after the copies are safe.
struct Split {
    RecipientIndices pass;
    RecipientIndices hold;
    RecipientIndices defer;
    RecipientIndices give_back;
    /// So many are taken out that the MTA would choke on the deletions: the original is discarded
    /// and the passing recipients are re-injected from the spool.
    bool reinject_passing = false;
};

struct MessagePlan {
    std::variant<PassAll, Refuse, Split> what;
    /// For the tag header field, the findings that the policy tags and that all who get the message
    /// have; empty: no field.
    std::vector<std::string> tags;
};

/// More deletions than this are done by discarding and re-injecting: they are quadratic in Postfix.
inline constexpr std::size_t kMostDeletions = 250;

/// Who can be told of what becomes of the message.
struct Telling {
    /// Nobody can be told about what is given back, so it is held instead.
    bool untold = false;
    /// The client has been refused too often: the message is taken even when nobody is to get it.
    /// Not together with `untold`.
    bool spares_client = false;
};

[[nodiscard]] MessagePlan plan(std::span<const Verdict> verdicts, const Telling& telling);

}  // namespace holdback::outbound
