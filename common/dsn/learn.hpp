// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a proven failure teaches: the next suppression entry, or why there is none.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "dsn/classify.hpp"
#include "mail/failure_code.hpp"
#include "mail/suppression.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

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
    NoAddress,       ///< the report names no address that parses
    AdminDecides,    ///< there is an entry of the administrator's
    StrongerStands,  ///< an entry on better evidence is in force
    KnownAlready,    ///< this failure has taught before
    StoreTrouble,    ///< the store is out of reach
};

[[nodiscard]] std::string_view wire_name(LearnReason reason);

/// Whom a failure is about.
struct LearnSubject {
    mail::SubjectKind kind;
    std::string subject;  ///< `Address::key()` or `Domain::text()`

    bool operator==(const LearnSubject&) const = default;
};

/// The subject of a failure: the address that we mailed where the report tells it, else the final
/// recipient; its domain for codes that are about the domain. The error says why it teaches
/// nothing, whatever the list holds.
[[nodiscard]] core::Result<LearnSubject, LearnReason> learn_subject(
    const ClassifiedRecipient& failure,
    mail::Proof proof,
    const mail::CodeCatalogue& codes,
    const config::LearnSettings& settings);

/// A failure as evidence.
struct Evidence {
    ClassifiedRecipient failure;
    mail::Proof proof;
    std::string message_id;  ///< of the returned message
};

struct Lesson {
    std::optional<mail::SuppressionEntry> next;  ///< nullopt: leave the list alone
    LearnReason reason = LearnReason::NeverTeaches;
};

/// The next entry for a subject that `learn_subject` gave.
///
/// - `suppress` and `suppress-domain` hold back at once; `count` after the code's strikes on
///   distinct days (UTC) within its window; a count that outlives the window begins anew.
/// - A suppression lasts the code's expiry. When a subject fails again after its suppression has
///   expired, the next one lasts twice as long, up to eight times the code's expiry. The difference
///   of `expires` and `last_seen` remembers the length, also while strikes are counted.
/// - `Allow` and `Manual` entries and all entries that the administrator made are never changed.
/// - A complaint or a wish to unsubscribe stands above bounces; a code that suppresses at once
///   stands above one that counts.
[[nodiscard]] Lesson learn(const std::optional<mail::SuppressionEntry>& existing,
                           const LearnSubject& subject,
                           const Evidence& evidence,
                           core::TimePoint now,
                           const mail::CodeCatalogue& codes);

/// A key for one recipient's fate of one message, so that a report which arrives twice teaches
/// once. Made of the returned Message-ID, else the envelope id, else the reporting MTA and its
/// queue id, and the recipient; without any of them, of the diagnostic text and the day.
[[nodiscard]] std::string event_key(const Report& report,
                                    const RecipientReport& recipient,
                                    core::TimePoint now);

}  // namespace holdback::dsn
