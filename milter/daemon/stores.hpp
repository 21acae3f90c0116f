// SPDX-License-Identifier: Apache-2.0
#pragma once
// All stores of the daemon, on one database.

#include "config/settings.hpp"
#include "io/sqlite/senders/sqlite_usage.hpp"
#include "io/sqlite/sqlite_campaigns.hpp"
#include "io/sqlite/sqlite_changes.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_decisions.hpp"
#include "io/sqlite/sqlite_digest.hpp"
#include "io/sqlite/sqlite_held.hpp"
#include "io/sqlite/sqlite_journal.hpp"
#include "io/sqlite/sqlite_lessons.hpp"
#include "io/sqlite/sqlite_notices.hpp"
#include "io/sqlite/sqlite_suppressions.hpp"
#include "io/sqlite/sqlite_unknown.hpp"

namespace holdback::milter::daemon {

/// Safe from several threads, as each store is.
struct Stores {
    /// `database` outlives the object.
    Stores(io::sqlite::Database& database, const config::StoreSettings& settings)
        : suppressions(database, io::sqlite::suppression_options(settings)),
          unknown(database),
          held(database),
          notices(database),
          digests(database),
          journal(database),
          decisions(database),
          outages(database),
          changes(database),
          campaigns(database),
          usage(database) {}

    io::sqlite::SqliteSuppressions suppressions;
    io::sqlite::SqliteUnknown unknown;
    io::sqlite::SqliteHeld held;
    io::sqlite::SqliteNotices notices;
    io::sqlite::SqliteDigest digests;
    io::sqlite::SqliteJournal journal;
    io::sqlite::SqliteDecisions decisions;
    io::sqlite::SqliteOutages outages;
    io::sqlite::SqliteChanges changes;
    io::sqlite::SqliteCampaigns campaigns;
    io::sqlite::senders::SqliteUsage usage;
};

}  // namespace holdback::milter::daemon
