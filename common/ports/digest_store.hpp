// SPDX-License-Identifier: Apache-2.0
#pragma once
// How a use case counts what happened to held mail in a day, and remembers that it sent the digest.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "ports/notice_store.hpp"
#include "ports/suppression_store.hpp"  // StoreError

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace holdback::ports {

struct DigestCount {
    std::string name;
    std::size_t count = 0;

    bool operator==(const DigestCount&) const = default;
};

struct ExpiringItem {
    std::int64_t id = 0;
    std::string sender;
    std::string recipient;
    std::string finding;
    core::TimePoint expires_at;

    bool operator==(const ExpiringItem&) const = default;
};

/// Counts of held mail. Our own mail is left out except where it is named.
struct DigestSummary {
    std::size_t new_items = 0;         ///< held since the last digest
    std::vector<DigestCount> causes;   ///< of these, by finding, most frequent first, at most ten
    std::vector<DigestCount> senders;  ///< of these, by envelope sender, the same way
    std::size_t held = 0;              ///< now
    std::size_t stuck = 0;       ///< of these, those whose release failed and waits for a person
    std::size_t in_doubt = 0;    ///< held items in doubt, our own mail included
    std::size_t endless = 0;     ///< of `held`, those that never expire
    std::size_t own_unsent = 0;  ///< our own mail that the MTA was offered and has not taken
    std::size_t expiring = 0;
    std::vector<ExpiringItem> expiring_items;  ///< the first to expire, at most twenty
    std::size_t released = 0;                  ///< since the last digest, as are the next two
    std::size_t returned = 0;
    std::size_t discarded = 0;

    bool operator==(const DigestSummary&) const = default;
};

/// Safe from several threads and processes.
class DigestStore {
public:
    struct Last {
        std::chrono::days day;  ///< local, since 1970
        core::TimePoint sent_at;
    };

    DigestStore() = default;
    DigestStore(const DigestStore&) = delete;
    DigestStore& operator=(const DigestStore&) = delete;
    DigestStore(DigestStore&&) = delete;
    DigestStore& operator=(DigestStore&&) = delete;
    virtual ~DigestStore() = default;

    [[nodiscard]] virtual core::Result<std::optional<Last>, StoreError> last_digest() = 0;

    /// Items that expire by `expire_by` count as expiring.
    [[nodiscard]] virtual core::Result<DigestSummary, StoreError> summary(
        core::TimePoint since, core::TimePoint expire_by) = 0;

    /// Records the digest of a day and holds its mail `own` for sending: all or nothing. False, and
    /// nothing is changed, when that day or a later one has its digest.
    [[nodiscard]] virtual core::Result<bool, StoreError> put_digest(std::chrono::days day,
                                                                    const NewHold& own) = 0;
};

}  // namespace holdback::ports
