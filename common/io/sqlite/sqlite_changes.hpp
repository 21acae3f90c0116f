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
#include <string>
#include <string_view>
#include <vector>

namespace holdback::io::sqlite {

/// The numbers are stored, so none is ever reused.
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

/// The author of the changes that a process makes.
struct ChangeAuthor {
    std::string who = "holdback";  ///< "anna (uid 1000)"
    std::string from;              ///< "holdbackctl on pts/3"
    /// The changes of this author have log lines of their own.
    bool has_lines = true;
};

/// Whether each change gets its own log line, or many share one.
enum class Telling : std::uint8_t { Each, Summed };

/// One change, or several that share one line.
struct ListChange {
    std::int64_t id = 0;
    core::TimePoint at;
    ChangeKind what = ChangeKind::Added;
    terms::SubjectKind kind = terms::SubjectKind::Address;
    std::string subject;  ///< as in the entry; empty: several entries
    terms::SuppressionScope scope;
    std::uint64_t entries = 1;
    std::string who;
    std::string from;
    std::string detail;  ///< "bounce 2001", the names of files

    bool operator==(const ListChange&) const = default;
};

/// Records a change within the transaction that makes it, and gives its number. Sets `id`, `at`,
/// `who` and `from` itself. Forgets a few old changes of single entries: those older than two
/// years, or beyond a million.
std::int64_t note_change(Connection& connection,
                         const ChangeAuthor& author,
                         const ListChange& change,
                         Telling telling);
/// Begins a change of many entries, so that they can name it before they are counted. It gets no
/// log line until `end_change`.
[[nodiscard]] std::int64_t begin_change(Connection& connection,
                                        const ChangeAuthor& author,
                                        ChangeKind what,
                                        std::string_view detail);
/// Ends a begun change with its count; a change of no entries is deleted.
void end_change(Connection& connection,
                const ChangeAuthor& author,
                std::int64_t id,
                std::uint64_t entries,
                std::string_view detail);

/// The known changes of a subject's entries in all scopes, oldest first: those that name `subject`,
/// the lessons about it, and the imports that wrote it.
[[nodiscard]] std::vector<ListChange> changes_of(Connection& connection,
                                                 terms::SubjectKind kind,
                                                 std::string_view subject);

/// The changes that have no log line yet. The database was opened with `schema_steps()` and
/// outlives the object.
class SqliteChanges {
public:
    explicit SqliteChanges(Database& database) : database_(database) {}

    /// Oldest first, at most `most`.
    [[nodiscard]] core::Result<std::vector<ListChange>, ports::StoreError> untold(std::size_t most);
    [[nodiscard]] core::Result<void, ports::StoreError> told(
        const std::vector<ListChange>& changes);
    /// Records a change of something other than the suppression list. It gets a log line, unless
    /// the author's changes have their own.
    [[nodiscard]] core::Result<void, ports::StoreError> note(const ChangeAuthor& author,
                                                             const ListChange& change);

private:
    Database& database_;
};

}  // namespace holdback::io::sqlite
