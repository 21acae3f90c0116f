// SPDX-License-Identifier: Apache-2.0
#pragma once
// The pair of a store and its spool on disk: their locks and their marks.

#include "core/result.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/state/use_lock.hpp"
#include "terms/spool_pair.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace holdback::io::state {

/// The lock in a spool, whose directory is made when absent, and the lock beside a store.
[[nodiscard]] core::Result<UseLock, UseError> lock_spool(const std::string& spool);
[[nodiscard]] core::Result<UseLock, UseError> lock_store(const std::string& store);

/// The mark in a spool; nullopt when there is none or it can't be parsed. The error is a text for
/// people with the path in front.
[[nodiscard]] core::Result<std::optional<terms::PairMark>, std::string> read_spool_mark(
    const std::string& spool);
/// The mark in a store. Throws DatabaseError.
[[nodiscard]] std::optional<terms::PairMark> read_store_mark(sqlite::Database& database);

/// Makes store and spool a pair with a new mark, durable on return. The error is a text for people.
/// Throws DatabaseError.
[[nodiscard]] core::Result<terms::PairMark, std::string> make_pair(sqlite::Database& database,
                                                                   const std::string& spool);

/// Keeps the generation of a pair in step with the changes of held mail. Used by one thread.
class PairKeeper {
public:
    PairKeeper(std::string spool, terms::PairMark mark);

    /// Writes the next generation when held mail has changed since the last call. This syncs the
    /// disk twice, so call it about once a second. The error is a text for people; the next call
    /// tries again. Throws DatabaseError.
    [[nodiscard]] core::Result<void, std::string> keep(sqlite::Database& database);

private:
    std::string spool_;
    terms::PairMark mark_;
    std::optional<std::int64_t> last_change_;
};

}  // namespace holdback::io::state
