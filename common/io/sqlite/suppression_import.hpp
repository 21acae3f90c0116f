// SPDX-License-Identifier: Apache-2.0
#pragma once
// Imports many entries into the suppression list while the daemon works.

#include "core/clock.hpp"
#include "core/digest.hpp"
#include "core/result.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_suppressions.hpp"
#include "io/system/run_sorter.hpp"
#include "ports/suppression_store.hpp"
#include "terms/suppression.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace holdback::io::sqlite {

enum class Existing : std::uint8_t {
    Keep,     ///< an import never weakens an entry: see `may_replace`
    Replace,  ///< imported entries replace all others
};

struct ImportOptions {
    terms::SubjectForm form = terms::SubjectForm::Plain;
    Existing existing = Existing::Keep;
    bool dry_run = false;  ///< count, and write nothing
    std::string name;      ///< of the list, for the history
    /// Memory for one of the two runs of the sorter; the merge needs some more.
    std::size_t run_octets = std::size_t{40} * 1024 * 1024;
    /// How long the list is locked at a time, and how long it is free in between.
    std::chrono::milliseconds lock{8};
    std::chrono::milliseconds pause{2};
};

struct ImportCounts {
    std::uint64_t added = 0;
    std::uint64_t replaced = 0;  ///< there was an entry that said less
    std::uint64_t kept = 0;      ///< there was an entry that says as much or more
    std::uint64_t repeated = 0;  ///< the list named the same subject again

    bool operator==(const ImportCounts&) const = default;
};

/// Whether an imported entry may replace an existing one: when that is not in force, unless the
/// imported one only counts fewer strikes; or when both are in force, the existing one was
/// imported, and the imported one was seen later. Allow entries and those of the administrator or
/// learned from bounces stay while they are in force, and no suppression in force becomes an allow
/// entry.
[[nodiscard]] bool may_replace(const terms::SuppressionEntry& existing,
                               const terms::SuppressionEntry& imported,
                               core::TimePoint now);

/// One import. `add` takes entries in any order and sorts them in bounded memory; `finish` writes
/// them in the order of the table, in short transactions. If the process dies, the list holds some
/// of the entries, each whole, and the same import again completes it.
class SuppressionImport {
public:
    /// Open the database with `Durability::Deferred` if you can: `finish` makes all durable.
    /// Database and store outlive the import.
    SuppressionImport(Database& database,
                      SqliteSuppressions& store,
                      ImportOptions options,
                      core::TimePoint now);

    [[nodiscard]] core::Result<void, ports::StoreError> add(const terms::SuppressionEntry& entry);
    /// The number of entries added.
    [[nodiscard]] std::uint64_t count() const { return sorter_.count(); }
    /// Tells `progress` from time to time how many entries are done.
    [[nodiscard]] core::Result<ImportCounts, ports::StoreError> finish(
        const std::function<void(std::uint64_t)>& progress);

private:
    class Writer;

    Database& database_;
    SqliteSuppressions& store_;
    ImportOptions options_;
    core::TimePoint now_;
    std::optional<core::SecretKey> key_;  // set when entries are hashed
    system::RunSorter sorter_;
    std::string record_key_;
    std::string payload_;
};

}  // namespace holdback::io::sqlite
