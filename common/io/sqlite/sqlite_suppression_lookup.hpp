// SPDX-License-Identifier: Apache-2.0
#pragma once
// Looks up addresses in the suppression list. Every message pays for this.

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

/// The most patterns that are allowed: each look-up tries them all.
inline constexpr std::size_t kMostPatterns = 10'000;

/// `SuppressionStore::look_up`. Keeps in memory the patterns and whether there are suffixes and
/// hashed entries, until the generation of the list changes. Safe from several threads.
class SuppressionLookup {
public:
    /// Gives the key with this check value, or throws DatabaseError.
    using KeyOf = std::function<core::SecretKey(const std::string& hash_check)>;

    /// `database` outlives the object.
    SuppressionLookup(Database& database, KeyOf key_of)
        : database_(database), key_of_(std::move(key_of)) {}

    [[nodiscard]] core::Result<std::vector<ports::SuppressionLookup>, ports::StoreError> look_up(
        std::span<const mail::Address> addresses,
        const mail::EnvelopeSender& sender,
        core::TimePoint now);

private:
    /// What must be known before a look-up.
    struct Special {
        std::int64_t generation = 0;
        bool has_suffixes = false;
        bool has_hashes = false;
        std::string hash_check;
        std::vector<std::string> patterns;
    };
    class Seeker;

    /// Looks up one address in one statement, without a transaction; nullopt when more than the
    /// rows of the address and its domain may matter.
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
