// SPDX-License-Identifier: Apache-2.0
#pragma once
// Keeps a daemon away from a store or spool that belongs to another.

#include "config/settings.hpp"
#include "core/result.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/state/spool_pair.hpp"
#include "io/state/use_lock.hpp"
#include "ports/held_store.hpp"
#include "ports/log.hpp"
#include "ports/spool.hpp"
#include "terms/spool_pair.hpp"

#include <optional>
#include <stdexcept>
#include <string>

namespace holdback::milter {

/// The daemon must not start with these settings; the text says what to change.
class StartRefusal : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Construct it before store and spool are opened; destroy it after they are closed. For one thread
/// at a time.
class SpoolGuard {
public:
    /// Locks both for this process. Throws StartRefusal when another process has one of them.
    /// Throws std::runtime_error when that can't be found out of the spool; for the store, see
    /// `trouble`. The log outlives the object.
    SpoolGuard(const config::Settings& settings, ports::Log& log);

    /// Why it can't be found out whether another process has the store, which must not be opened
    /// then. Empty: we have it.
    [[nodiscard]] const std::string& trouble() const { return trouble_; }

    /// Unlocks both while the store is out of order, so that beside this process it can be mended
    /// or replaced and the spool listed in it.
    void let_go();
    /// Locks both again. The error is a text for people.
    [[nodiscard]] core::Result<void, std::string> take_again();

    /// Makes sure that store and spool belong together, or makes them a pair. Gives the reason, for
    /// people, when they do not; throws std::exception when that can't be found out.
    [[nodiscard]] std::optional<std::string> pair(io::sqlite::Database& database,
                                                  ports::HeldStore& held,
                                                  const ports::Spool& spool);

    /// Updates both marks after changes of held mail; call it about once a second. Throws
    /// DatabaseError.
    void keep(io::sqlite::Database& database);

    /// Throws StartRefusal and logs the text too: standard error may lead nowhere.
    [[noreturn]] void refuse(const std::string& text) const;

private:
    [[nodiscard]] core::Result<io::state::UseLock, io::state::UseError> lock_store() const;
    [[nodiscard]] core::Result<io::state::UseLock, io::state::UseError> lock_spool() const;

    std::string store_path_;
    std::string spool_path_;
    ports::Log* log_;
    std::optional<io::state::UseLock> store_lock_;
    std::optional<io::state::UseLock> spool_lock_;
    std::string trouble_;
    std::optional<io::state::PairKeeper> keeper_;
    bool said_ = false;  ///< the log was told that the marks can't be written
};

/// The reason why a store and spool in this state are not used together, and the ways out; for
/// people.
[[nodiscard]] std::string refusal_text(terms::PairState state,
                                       const terms::PairFacts& facts,
                                       const std::string& store,
                                       const std::string& spool);

/// The facts about a store and a spool. Throws std::exception when they can't be found out.
[[nodiscard]] terms::PairFacts pair_facts(io::sqlite::Database& database,
                                          ports::HeldStore& held,
                                          const ports::Spool& spool,
                                          const std::string& spool_path);

}  // namespace holdback::milter
