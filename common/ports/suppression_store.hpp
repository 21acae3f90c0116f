// SPDX-License-Identifier: Apache-2.0
#pragma once
// How a use case reaches the suppression list.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "terms/suppression.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace holdback::ports {

/// The store is out of reach; the text is for the log.
struct StoreError {
    std::string what;
};

/// What the list knows about one address, from the entries that count for mail of one sender. If
/// several entries apply, the one with the gravest reason is given (manual, bounce, complaint,
/// unsubscribe), then the one with the narrowest scope. Among those that cover the domain, the
/// order is then: the domain itself, the longest suffix, a pattern.
struct SuppressionLookup {
    std::optional<terms::SuppressionEntry> allow;    ///< an allow entry that covers the address
    std::optional<terms::SuppressionEntry> address;  ///< an entry in force for the mailbox
    /// An entry in force for its domain: a domain, a suffix or a pattern.
    std::optional<terms::SuppressionEntry> domain;

    bool operator==(const SuppressionLookup&) const = default;
};

/// The entry that decides about the address: the one with the gravest reason, or the mailbox's one
/// where both weigh the same. nullopt when there is neither. Allow entries do not count here.
[[nodiscard]] std::optional<terms::SuppressionEntry> deciding_entry(
    const SuppressionLookup& lookup);

/// Puts an entry that covers the address into its place in the look-up, unless it does not hold at
/// `now`, does not count for the sender, or is no better than the one there.
void take_into(SuppressionLookup& lookup,
               terms::SuppressionEntry entry,
               const mail::EnvelopeSender& sender,
               core::TimePoint now);

/// Adds what is known of the mailbox that a tagged address reaches to what is known of the address.
/// Every entry of the mailbox counts for the address as well; where two weigh the same, the
/// address's own entry wins. True when `address` is now the mailbox's entry.
bool take_of_mailbox(SuppressionLookup& lookup, const SuppressionLookup& mailbox);

/// Which entries `list` gives: those that fit all set fields.
struct SuppressionFilter {
    std::optional<terms::SuppressionReason> reason = std::nullopt;
    std::optional<terms::FailureCode> code = std::nullopt;
    /// Entries for this domain, for addresses in it, and for the suffix of this name.
    std::optional<std::string> domain = std::nullopt;
    std::optional<terms::SubjectKind> kind = std::nullopt;
    std::optional<terms::SuppressionScope> scope = std::nullopt;
    std::optional<terms::ScopeKind> scope_kind = std::nullopt;
    std::optional<terms::SuppressionSource> source = std::nullopt;
    /// Only learned entries fit; others have no proof.
    std::optional<terms::Proof> proof = std::nullopt;
    std::optional<core::TimePoint> seen_before = std::nullopt;  ///< last seen earlier than this
    std::optional<core::TimePoint> seen_since = std::nullopt;   ///< last seen then or later
    bool with_inactive = false;  ///< also entries that are still being counted or have expired
};

[[nodiscard]] bool fits(const SuppressionFilter& filter,
                        const terms::SuppressionEntry& entry,
                        core::TimePoint now);

/// The event from which `learn` learns.
struct LearnEvent {
    std::vector<std::string> names;  ///< each of them identifies the event
    std::string provider;            ///< see `mail::provider_of`
    core::TimePoint at;
};

struct SuppressionCounts {
    std::size_t entries = 0;   ///< all, with those being counted, expired ones and allow entries
    std::size_t in_force = 0;  ///< those that hold mail back now

    bool operator==(const SuppressionCounts&) const = default;
};

/// The list of addresses and domains that are held back. Safe from several threads.
class SuppressionStore {
public:
    SuppressionStore() = default;
    SuppressionStore(const SuppressionStore&) = delete;
    SuppressionStore& operator=(const SuppressionStore&) = delete;
    SuppressionStore(SuppressionStore&&) = delete;
    SuppressionStore& operator=(SuppressionStore&&) = delete;
    virtual ~SuppressionStore() = default;

    /// What is known about each address for mail of this sender, in their order.
    [[nodiscard]] virtual core::Result<std::vector<SuppressionLookup>, StoreError> look_up(
        std::span<const mail::Address> addresses,
        const mail::EnvelopeSender& sender,
        core::TimePoint now) = 0;

    /// The entry of this name, in force or not, hashed or not.
    [[nodiscard]] virtual core::Result<std::optional<terms::SuppressionEntry>, StoreError> find(
        const terms::SuppressionKey& key) = 0;

    /// All entries for a subject, of any scope, global ones first.
    [[nodiscard]] virtual core::Result<std::vector<terms::SuppressionEntry>, StoreError> find_all(
        const terms::SuppressionSubject& subject) = 0;

    /// Writes an entry and replaces one of the same name. Durable on return.
    [[nodiscard]] virtual core::Result<void, StoreError> put(
        const terms::SuppressionEntry& entry) = 0;

    /// In one transaction: reads the entry of this name, lets `change` make the next one (nullopt:
    /// leave it alone) and writes that. All names of `event` are remembered for this entry, also
    /// when `change` leaves it alone. If one of the names is remembered already, the entry does not
    /// change, but the other names are remembered as well. So each recipient and message is learned
    /// exactly once. Names and the entry as it was before are kept for months, not for ever; the
    /// latter serves to undo lessons. Gives true when an entry was written. `change` must not call
    /// this store.
    using Change = std::function<std::optional<terms::SuppressionEntry>(
        const std::optional<terms::SuppressionEntry>&)>;
    [[nodiscard]] virtual core::Result<bool, StoreError> learn(const terms::SuppressionKey& key,
                                                               const LearnEvent& event,
                                                               const Change& change) = 0;

    /// True when there was an entry.
    [[nodiscard]] virtual core::Result<bool, StoreError> remove(
        const terms::SuppressionKey& key) = 0;

    /// Calls `visit` for each entry that fits until it returns false: hashed ones, patterns and
    /// suffixes first, then others in order of domain, mailbox and scope, a domain after its
    /// mailboxes. No lock is held while `visit` runs: it may call this store.
    [[nodiscard]] virtual core::Result<void, StoreError> list(
        const SuppressionFilter& filter,
        core::TimePoint now,
        const std::function<bool(const terms::SuppressionEntry&)>& visit) = 0;

    [[nodiscard]] virtual core::Result<SuppressionCounts, StoreError> counts(
        core::TimePoint now) = 0;
};

}  // namespace holdback::ports
