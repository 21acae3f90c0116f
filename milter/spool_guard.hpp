// SPDX-License-Identifier: Apache-2.0
#pragma once
// What keeps a daemon away from a store or spool that is another's.

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
#include <string_view>

namespace holdback::milter {

/// The daemon must not start with these settings; the text says what to change.
class StartRefusal : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Made before store and spool are opened, ends after they are closed. Used by one thread at a
/// time.
class SpoolGuard {
public:
    /// Locks both for this process. Throws StartRefusal when another has one, and
    /// std::runtime_error when that can't be found out of the spool; of the store, see `trouble`.
    /// The log outlives the object.
    SpoolGuard(const config::Settings& settings, ports::Log& log);

    /// Why it can't be found out whether another has the store, which must not be opened then;
    /// empty: we have it.
    [[nodiscard]] const std::string& trouble() const { return trouble_; }

    /// Unlocks both while the store is out of order, so that the store can be mended or replaced
    /// and the spool listed in it beside this process.
    void let_go();
    /// Locks both again. The error is a text for people.
    [[nodiscard]] core::Result<void, std::string> take_again();

    /// Sees to it that store and spool belong together, or makes them a pair. Gives the reason, for
    /// people, when they do not; throws std::exception when that can't be found out.
    [[nodiscard]] std::optional<std::string> pair(io::sqlite::Database& database,
                                                  ports::HeldStore& held,
                                                  const ports::Spool& spool);

    /// Has both marks follow the changes of held mail; call it about once a second. Throws
    /// DatabaseError.
    void keep(io::sqlite::Database& database);

    /// Throws StartRefusal, and writes it down as well: standard error may lead nowhere.
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
    bool said_ = false;  ///< that the marks can't be written
};

/// Why a store and spool in this state are not used together, and the ways out; for people.
[[nodiscard]] std::string refusal_text(terms::PairState state,
                                       const terms::PairFacts& facts,
                                       const std::string& store,
                                       const std::string& spool);

/// What is in a store and a spool. Throws std::exception when that can't be found out.
[[nodiscard]] terms::PairFacts pair_facts(io::sqlite::Database& database,
                                          ports::HeldStore& held,
                                          const ports::Spool& spool,
                                          const std::string& spool_path);

}  // namespace holdback::milter
