// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a proven failure teaches: the next suppression entry, or the reason why there is none.

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

/// The reason why a failure changed the list, or did not.
enum class LearnReason : std::uint8_t {
    Suppressed,      ///< the subject is suppressed from now on
    Counted,         ///< one more strike, but too few so far
    Renewed,         ///< suppressed already: the time begins anew
    SameDay,         ///< a second failure on one day is no second strike
    Off,             ///< learning is switched off
    Unproven,        ///< nothing proves the report
    NoFailure,       ///< a delay, a success, ordinary mail
    NeverTeaches,    ///< the code says nothing about a mailbox
    NotAttributed,   ///< the provider hides who complained, and no seal tells it
    NoAddress,       ///< the report names no address that parses
    AdminDecides,    ///< the administrator made the entry
    StrongerStands,  ///< an entry on better evidence is in force
    KnownAlready,    ///< this failure has already taught
    Outage,          ///< the provider is broken: nothing is learned from it
    NoSender,        ///< the entry would be for one sender, and nothing tells which
    WholeMessage,    ///< the refusal came after the data of several recipients: it names none
    DomainUnproven,  ///< the entry would be for a domain, and only a seal speaks for the failure
    LocalDomain,     ///< the entry would be for one of our domains
    DnsDisagrees,    ///< the entry would be for a domain, and DNS does not confirm the failure
    NotOurMessage,   ///< no message that left here fits the log line
    Contradicted,    ///< the log has already told another outcome of the same message
    LogTells,        ///< the log of the MTA will tell it
    BehindAlias,     ///< a recipient failed behind the address that was mailed
    StoreTrouble,    ///< the store is out of reach
};

[[nodiscard]] std::string_view wire_name(LearnReason reason);

struct Evidence {
    ClassifiedRecipient failure;
    RecipientProof proof;
    std::string message_id;  ///< of the message that failed, or empty
    /// The envelope sender of the message that failed; null when it is unknown.
    mail::EnvelopeSender sender;
    /// An entry for a mailbox counts for no more senders than this, whatever the settings say. An
    /// entry for a domain needs confirmation by DNS, which holds for every sender.
    terms::ScopeKind widest = terms::ScopeKind::Global;
    /// See `refused_together`.
    bool refused_together = false;
};

/// Tells for each recipient of a report whether a server refused the message for several recipients
/// at once: after the data, with the same words for all. Such a refusal is about the message, or
/// about one of them that nobody can tell.
[[nodiscard]] std::vector<bool> refused_together(const Report& report);

/// The recipient that failed behind the mailed address: a member of a list, or the target of an
/// alias. nullopt when it is the mailed address itself, perhaps with another domain or without a
/// "+" detail, or when nothing tells.
[[nodiscard]] std::optional<mail::Address> member_of(const RecipientReport& report,
                                                     const RecipientProof& proof);

/// The key of the entry that a failure is about: the mailbox that is proven to have failed, or its
/// domain for codes about the domain. The scope is the one that the settings have for the reason. A
/// failure behind an alias says nothing about the alias, and nothing proves the member's failure:
/// any reader of the alias could have written it. What only a seal proves counts for the sender
/// that sealed it, and for no domain. The error is the reason why the failure teaches nothing,
/// whatever the list holds.
[[nodiscard]] core::Result<terms::SuppressionKey, LearnReason> learn_key(
    const Evidence& evidence,
    const terms::CodeCatalogue& codes,
    const config::LearnSettings& settings);

/// The recipient that is proven to have failed, otherwise the reported one, as text.
[[nodiscard]] const std::string& failed_recipient(const Evidence& evidence);

/// True for codes that say that a mailbox does not take mail, or no longer does. In an outage such
/// codes bounce good addresses.
[[nodiscard]] bool speaks_of_mailbox(terms::FailureCode code, const terms::CodeCatalogue& codes);

struct Lesson {
    std::optional<terms::SuppressionEntry> next;  ///< nullopt: leave the list alone
    LearnReason reason = LearnReason::NeverTeaches;
};

/// The next entry for a key from `learn_key`.
///
/// - `suppress` and `suppress-domain` suppress at once. `count` suppresses after the code's strikes
///   on distinct days (UTC) within its window; a count that outlives the window begins anew.
///   Strikes of different codes do not add up: a failure with another code begins its own count,
///   unless the running count needs fewer strikes.
/// - A suppression lasts the code's expiry. When a subject fails again after its suppression has
///   expired, the next one lasts twice as long, up to eight times the code's expiry. The difference
///   of `expires` and `last_seen` remembers the length, also while strikes are counted.
/// - `Allow` and `Manual` entries and all entries made by the administrator are never changed.
/// - A complaint or a wish to unsubscribe outranks bounces. A code that suppresses at once outranks
///   one that counts.
[[nodiscard]] Lesson learn(const std::optional<terms::SuppressionEntry>& existing,
                           const terms::SuppressionKey& key,
                           const Evidence& evidence,
                           core::TimePoint now,
                           const terms::CodeCatalogue& codes);

/// Names of one recipient's outcome of one message. The same failure in several forms (two DSNs, a
/// DSN and a log line) shares at least one name, so that it teaches once. Names are made of the
/// recipient and each of these that is known: the seal's message, the returned Message-ID, the
/// envelope id, the reporting MTA's queue id; without all of them, of the diagnostic text and the
/// day. `letter` is the Message-ID of a request or complaint. It is used instead of text and day,
/// so that a person who writes again is heard again.
[[nodiscard]] std::vector<std::string> event_names(const Report& report,
                                                   const RecipientReport& recipient,
                                                   const RecipientProof& proof,
                                                   core::TimePoint now,
                                                   std::string_view letter = {});

/// The same for a line of our own MTA's log.
[[nodiscard]] std::string local_event_name(std::string_view queue_id, std::string_view recipient);

}  // namespace holdback::dsn
