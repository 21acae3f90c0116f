// SPDX-License-Identifier: Apache-2.0
#pragma once
// How a use case reaches the suppression list.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "mail/address.hpp"
#include "mail/suppression.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::ports {

/// The store is out of reach; the text is for the log.
struct StoreError {
    std::string what;
};

/// What the list knows about one address.
struct SuppressionLookup {
    std::optional<mail::SuppressionEntry> allow;    ///< an allow entry for the address or domain
    std::optional<mail::SuppressionEntry> address;  ///< an entry in force for the mailbox
    std::optional<mail::SuppressionEntry> domain;   ///< an entry in force for its domain
};

/// Which entries `list` gives.
struct SuppressionFilter {
    std::optional<mail::SuppressionReason> reason = std::nullopt;
    std::optional<mail::FailureCode> code = std::nullopt;
    std::optional<std::string> domain =
        std::nullopt;            ///< entries for this domain and for addresses in it
    bool with_inactive = false;  ///< also what is still being counted or has expired
};

/// How long the list is.
struct SuppressionCounts {
    std::size_t entries = 0;   ///< all, with those being counted, expired ones and allow entries
    std::size_t in_force = 0;  ///< those that hold somebody back now

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

    /// What is known about each address, in their order.
    [[nodiscard]] virtual core::Result<std::vector<SuppressionLookup>, StoreError> look_up(
        std::span<const mail::Address> addresses, core::TimePoint now) = 0;

    /// The entry for a subject, in force or not.
    [[nodiscard]] virtual core::Result<std::optional<mail::SuppressionEntry>, StoreError> find(
        mail::SubjectKind kind, std::string_view subject) = 0;

    /// Writes an entry, over one for the same kind and subject if there is one. Durable on return.
    [[nodiscard]] virtual core::Result<void, StoreError> put(
        const mail::SuppressionEntry& entry) = 0;

    /// Reads the entry for a subject, lets `change` make the next one (nullopt: leave it alone) and
    /// writes that, as one transaction in which `event` is remembered for this subject, also when
    /// `change` leaves the entry alone; an `event` that is remembered already changes nothing.
    /// Events are remembered for long enough (months), not for ever. Gives true when an entry was
    /// written. This is what makes learning happen exactly once per recipient and message.
    /// `change` runs inside the transaction: it must not call this store.
    using Change = std::function<std::optional<mail::SuppressionEntry>(
        const std::optional<mail::SuppressionEntry>&)>;
    [[nodiscard]] virtual core::Result<bool, StoreError> learn(mail::SubjectKind kind,
                                                               std::string_view subject,
                                                               std::string_view event,
                                                               core::TimePoint now,
                                                               const Change& change) = 0;

    /// True when there was an entry.
    [[nodiscard]] virtual core::Result<bool, StoreError> remove(mail::SubjectKind kind,
                                                                std::string_view subject) = 0;

    /// Calls `visit` for each entry in order of subject until it returns false. No lock is held
    /// while `visit` runs: it may call this store.
    [[nodiscard]] virtual core::Result<void, StoreError> list(
        const SuppressionFilter& filter,
        core::TimePoint now,
        const std::function<bool(const mail::SuppressionEntry&)>& visit) = 0;

    [[nodiscard]] virtual core::Result<SuppressionCounts, StoreError> counts(
        core::TimePoint now) = 0;
};

}  // namespace holdback::ports
