// SPDX-License-Identifier: Apache-2.0
#pragma once
// Brings many entries into the suppression list beside the working daemon.

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
    Keep,     ///< an import never weakens: see `may_replace`
    Replace,  ///< imported entries take the place of all others
};

struct ImportOptions {
    terms::SubjectForm form = terms::SubjectForm::Plain;
    Existing existing = Existing::Keep;
    bool dry_run = false;  ///< count, and write nothing
    std::string name;      ///< of the list, for the history
    /// Memory for one run of the sorter; there are two of them, and some more for the merge.
    std::size_t run_octets = std::size_t{40} * 1024 * 1024;
    /// How long the list is locked at a time, and how long it is free in between.
    std::chrono::milliseconds lock{8};
    std::chrono::milliseconds pause{2};
};

struct ImportCounts {
    std::uint64_t added = 0;
    std::uint64_t replaced = 0;  ///< there was an entry that said less
    std::uint64_t kept = 0;      ///< there was an entry that says as much or more
    std::uint64_t repeated = 0;  ///< the same subject stood in the list again

    bool operator==(const ImportCounts&) const = default;
};

/// Whether an imported entry may take the place of one that is there: where that is not in force
/// (and what only counts a strike counts at least as many), or was imported earlier and has been
/// seen later since. Allow entries, those of the administrator and those learned from bounces stay
/// while they are in force, and no import makes an allow entry of a suppression.
[[nodiscard]] bool may_replace(const terms::SuppressionEntry& existing,
                               const terms::SuppressionEntry& imported,
                               core::TimePoint now);

/// One import: entries are added in any order, sorted in bounded memory, and written in the order
/// of the table by `finish`, in short transactions. Whenever the process dies, the list holds some
/// of the entries, each whole, and the same import again completes it.
class SuppressionImport {
public:
    /// The database is best opened with `Durability::Deferred`: `finish` makes all durable. Both
    /// outlive the import.
    SuppressionImport(Database& database,
                      SqliteSuppressions& store,
                      ImportOptions options,
                      core::TimePoint now);

    [[nodiscard]] core::Result<void, ports::StoreError> add(const terms::SuppressionEntry& entry);
    /// Entries added.
    [[nodiscard]] std::uint64_t count() const { return sorter_.count(); }
    /// `progress` is told from time to time how many have been dealt with.
    [[nodiscard]] core::Result<ImportCounts, ports::StoreError> finish(
        const std::function<void(std::uint64_t)>& progress);

private:
    class Writer;

    Database& database_;
    SqliteSuppressions& store_;
    ImportOptions options_;
    core::TimePoint now_;
    std::optional<core::SecretKey> key_;  // when entries are to be hashed
    system::RunSorter sorter_;
    std::string record_key_;
    std::string payload_;
};

}  // namespace holdback::io::sqlite
