// SPDX-License-Identifier: Apache-2.0
#pragma once
// Who changed what in the store: the table `list_change`.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "ports/suppression_store.hpp"
#include "terms/suppression.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::io::sqlite {

/// The numbers are stored: none is ever used for something else.
enum class ChangeKind : std::uint8_t {
    Added = 0,
    Replaced = 1,
    Removed = 2,
    Imported = 3,
    RolledBack = 4,         ///< lessons were undone
    Lifted = 5,             ///< a delivery proved the entry wrong
    Learned = 6,            ///< never stored: lessons have a table of their own
    CampaignContinued = 7,  ///< a stopped campaign; the subject is its name
    UnknownDropped = 8,     ///< patterns that no rule knows
};

inline constexpr std::array kAllChangeKinds{ChangeKind::Added,
                                            ChangeKind::Replaced,
                                            ChangeKind::Removed,
                                            ChangeKind::Imported,
                                            ChangeKind::RolledBack,
                                            ChangeKind::Lifted,
                                            ChangeKind::Learned,
                                            ChangeKind::CampaignContinued,
                                            ChangeKind::UnknownDropped};

[[nodiscard]] std::string_view wire_name(ChangeKind kind);

/// Who makes the changes of a process.
struct ChangeAuthor {
    std::string who = "holdback";  ///< "anna (uid 1000)"
    std::string from;              ///< "holdbackctl on pts/3"
    /// What it changes has lines of its own in the log.
    bool has_lines = true;
};

/// Whether the log gets a line for the change itself, or one line for many.
enum class Telling : std::uint8_t { Each, Summed };

/// One change, or several that have one line.
struct ListChange {
    std::int64_t id = 0;
    core::TimePoint at;
    ChangeKind what = ChangeKind::Added;
    terms::SubjectKind kind = terms::SubjectKind::Address;
    std::string subject;  ///< as the entry gives it; empty: several
    terms::SuppressionScope scope;
    std::uint64_t entries = 1;
    std::string who;
    std::string from;
    std::string detail;  ///< "bounce 2001", the names of files

    bool operator==(const ListChange&) const = default;
};

/// Writes a change down within the transaction that makes it, and gives its number; `id`, `at`,
/// `who` and `from` are made here. Forgets a few old ones: those of single entries that are older
/// than two years, or more than a million.
std::int64_t note_change(Connection& connection,
                         const ChangeAuthor& author,
                         const ListChange& change,
                         Telling telling);
/// Begins a change of many entries, which can name it before they are counted. Nobody is told until
/// `end_change`.
[[nodiscard]] std::int64_t begin_change(Connection& connection,
                                        const ChangeAuthor& author,
                                        ChangeKind what,
                                        std::string_view detail);
/// Counts a begun change; one of no entries is forgotten.
void end_change(Connection& connection,
                const ChangeAuthor& author,
                std::int64_t id,
                std::uint64_t entries,
                std::string_view detail);

/// The changes of a subject's entries of all scopes that are still known, oldest first: those that
/// name `subject`, the lessons about it, and the imports that wrote it.
[[nodiscard]] std::vector<ListChange> changes_of(Connection& connection,
                                                 terms::SubjectKind kind,
                                                 std::string_view subject);

/// The changes that the log has no line for yet. The database was opened with `schema_steps()` and
/// outlives the object.
class SqliteChanges {
public:
    explicit SqliteChanges(Database& database) : database_(database) {}

    /// Oldest first, at most `most`.
    [[nodiscard]] core::Result<std::vector<ListChange>, ports::StoreError> untold(std::size_t most);
    [[nodiscard]] core::Result<void, ports::StoreError> told(
        const std::vector<ListChange>& changes);
    /// A change of something other than the suppression list. The log gets its line, unless the
    /// author has lines.
    [[nodiscard]] core::Result<void, ports::StoreError> note(const ChangeAuthor& author,
                                                             const ListChange& change);

private:
    Database& database_;
};

}  // namespace holdback::io::sqlite
