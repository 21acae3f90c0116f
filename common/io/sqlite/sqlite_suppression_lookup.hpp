// SPDX-License-Identifier: Apache-2.0
#pragma once
// Addresses looked up in the suppression list: what each message costs.

#include "core/clock.hpp"
#include "core/digest.hpp"
#include "core/guarded.hpp"
#include "core/result.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "ports/suppression_store.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace holdback::io::sqlite {

/// Patterns there can be: each look-up tries them all.
inline constexpr std::size_t kMostPatterns = 10'000;

/// `SuppressionStore::look_up`. Keeps the patterns in memory, and whether there are suffixes and
/// hashed entries, until the generation of the list changes. Safe from several threads.
class SuppressionLookup {
public:
    /// Gives the key of this check value, or throws DatabaseError.
    using KeyOf = std::function<core::SecretKey(const std::string& hash_check)>;

    /// `database` outlives the object.
    SuppressionLookup(Database& database, KeyOf key_of)
        : database_(database), key_of_(std::move(key_of)) {}

    [[nodiscard]] core::Result<std::vector<ports::SuppressionLookup>, ports::StoreError> look_up(
        std::span<const mail::Address> addresses,
        const mail::EnvelopeSender& sender,
        core::TimePoint now);

private:
    /// What has to be known before it looks.
    struct Special {
        std::int64_t generation = 0;
        bool has_suffixes = false;
        bool has_hashes = false;
        std::string hash_check;
        std::vector<std::string> patterns;
    };
    class Seeker;

    /// The same in one statement and so without a transaction around it; nullopt when the list may
    /// have more than the rows of the address and its domain.
    [[nodiscard]] std::optional<ports::SuppressionLookup> look_up_named(
        Connection& connection,
        const mail::Address& address,
        const mail::EnvelopeSender& sender,
        core::TimePoint now) const;
    [[nodiscard]] std::shared_ptr<const Special> special(Connection& connection);

    Database& database_;
    KeyOf key_of_;
    core::Guarded<std::shared_ptr<const Special>> special_;
};

}  // namespace holdback::io::sqlite
