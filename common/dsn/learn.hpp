// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a proven failure teaches: the next suppression entry, or why there is none.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "dsn/classify.hpp"
#include "dsn/proof.hpp"
#include "dsn/report.hpp"
#include "mail/envelope.hpp"
#include "terms/failure_code.hpp"
#include "terms/suppression.hpp"
#include "terms/suppression_scope.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::dsn {

/// Why a failure did or did not change the list.
enum class LearnReason : std::uint8_t {
    Suppressed,      ///< the subject is held back from now on
    Counted,         ///< one strike more, not enough of them yet
    Renewed,         ///< held back already: the time begins anew
    SameDay,         ///< a second failure on one day is no second strike
    Off,             ///< learning is switched off
    Unproven,        ///< nobody vouches for the report
    NoFailure,       ///< a delay, a success, ordinary mail
    NeverTeaches,    ///< the code says nothing about a mailbox
    NotAttributed,   ///< the provider hides who complained, and no seal tells
    NoAddress,       ///< the report names no address that parses
    AdminDecides,    ///< there is an entry of the administrator's
    StrongerStands,  ///< an entry on better evidence is in force
    KnownAlready,    ///< this failure has taught before
    Outage,          ///< the provider is broken: nothing is learned from it
    NoSender,        ///< the entry would be for one sender, and nothing tells which
    WholeMessage,    ///< the refusal came after the data of several recipients: it names none
    DomainUnproven,  ///< the entry would be for a domain, and only a seal speaks for the failure
    LocalDomain,     ///< the entry would be for a domain of ours
    DnsDisagrees,    ///< the entry would be for a domain, and DNS does not confirm the failure
    NotOurMessage,   ///< the log's line is about nothing that left here
    Contradicted,    ///< the log has told another end of the same message before
    LogTells,        ///< the MTA's log will tell it
    BehindAlias,     ///< somebody failed behind the address that was mailed
    StoreTrouble,    ///< the store is out of reach
};

[[nodiscard]] std::string_view wire_name(LearnReason reason);

/// A failure as evidence.
struct Evidence {
    ClassifiedRecipient failure;
    RecipientProof proof;
    std::string message_id;  ///< of the message that failed, or empty
    /// The envelope sender of the message that failed; null when nothing tells it.
    mail::EnvelopeSender sender;
    /// An entry for a mailbox counts for no more senders than this, whatever the settings say. One
    /// for a domain needs DNS to say the same, which is as true for everybody.
    terms::ScopeKind widest = terms::ScopeKind::Global;
    /// See `refused_together`.
    bool refused_together = false;
};

/// For each recipient of a report, whether a server refused the message for several of them at
/// once: after the data of a transaction, with the same words for all. What it says then is about
/// the message, or about one of them that nobody can tell.
[[nodiscard]] std::vector<bool> refused_together(const Report& report);

/// Who failed behind the address that was mailed: a member of a list, or to whom an alias goes.
/// nullopt where it is the mailed one himself, who may be written with another domain or without
/// what follows a "+", or where nothing tells.
[[nodiscard]] std::optional<mail::Address> member_of(const RecipientReport& report,
                                                     const RecipientProof& proof);

/// The entry that a failure is about: the mailbox that is proven to have failed, or its domain for
/// codes that are about the domain. A failure behind an alias says nothing of the alias, and nobody
/// vouches for the member's: whoever reads the alias could have written it. The entry stands in the
/// scope that the settings have for the reason. What only a seal proves counts for the sender that
/// sealed it (a complaint or wish to unsubscribe for the sender's domain at most), and for no
/// domain. The error says why it teaches nothing, whatever the list holds.
[[nodiscard]] core::Result<terms::SuppressionKey, LearnReason> learn_key(
    const Evidence& evidence,
    const terms::CodeCatalogue& codes,
    const config::LearnSettings& settings);

/// The recipient that is proven to have failed, else the one that is reported, as text.
[[nodiscard]] const std::string& failed_recipient(const Evidence& evidence);

/// True for codes that say that a mailbox does not, or no longer, take mail: what bounces by them
/// in an outage are good addresses.
[[nodiscard]] bool speaks_of_mailbox(terms::FailureCode code, const terms::CodeCatalogue& codes);

struct Lesson {
    std::optional<terms::SuppressionEntry> next;  ///< nullopt: leave the list alone
    LearnReason reason = LearnReason::NeverTeaches;
};

/// The next entry for a key that `learn_key` gave.
///
/// - `suppress` and `suppress-domain` hold back at once; `count` after the code's strikes on
///   distinct days (UTC) within its window; a count that outlives the window begins anew. Strikes
///   of different codes do not add up: a failure of another code begins a count of its own, unless
///   the one that goes on needs fewer strikes.
/// - A suppression lasts the code's expiry. When a subject fails again after its suppression has
///   expired, the next one lasts twice as long, up to eight times the code's expiry. The difference
///   of `expires` and `last_seen` remembers the length, also while strikes are counted.
/// - `Allow` and `Manual` entries and all entries that the administrator made are never changed.
/// - A complaint or a wish to unsubscribe stands above bounces; a code that suppresses at once
///   stands above one that counts.
[[nodiscard]] Lesson learn(const std::optional<terms::SuppressionEntry>& existing,
                           const terms::SuppressionKey& key,
                           const Evidence& evidence,
                           core::TimePoint now,
                           const terms::CodeCatalogue& codes);

/// Names of one recipient's fate of one message. The same failure in several forms (two DSNs, a DSN
/// and a line of the log) shares at least one of them, so that it teaches once. They are made of
/// the recipient and, as far as there are any, the seal's message, the returned Message-ID, the
/// envelope id and the reporting MTA's queue id; without all of them, of the diagnostic text and
/// the day. `letter` is the Message-ID of what was read: a person who asks again to be left alone,
/// or complains again, is heard again.
[[nodiscard]] std::vector<std::string> event_names(const Report& report,
                                                   const RecipientReport& recipient,
                                                   const RecipientProof& proof,
                                                   core::TimePoint now,
                                                   std::string_view letter = {});

/// The same for a line of our own MTA's log.
[[nodiscard]] std::string local_event_name(std::string_view queue_id, std::string_view recipient);

}  // namespace holdback::dsn
