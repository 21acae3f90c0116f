// SPDX-License-Identifier: Apache-2.0
#include "io/sqlite/sqlite_changes.hpp"

#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_enum.hpp"
#include "io/sqlite/sqlite_suppression_rows.hpp"
#include "ports/suppression_store.hpp"
#include "terms/suppression.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::io::sqlite {

namespace {

constexpr int kForgetAtOnce = 4;
constexpr std::chrono::days kKept{730};
constexpr std::int64_t kMost = 1'000'000;

constexpr std::string_view kTable = "list of changes";
constexpr std::string_view kColumns =
    "id, at, what, kind, subject, scope, entries, who, origin, detail";

ListChange read_change(const Query& query) {
    ListChange change;
    change.id = query.integer(0);
    change.at = query.time(1);
    change.what = stored_enumerator(kAllChangeKinds, query.integer(2), kTable);
    change.kind = stored_enumerator(terms::kAllSubjectKinds, query.integer(3), kTable);
    change.subject = query.text(4);
    change.scope = terms::SuppressionScope::from_stored(query.text(5));
    change.entries = static_cast<std::uint64_t>(query.integer(6));
    change.who = query.text(7);
    change.from = query.text(8);
    change.detail = query.text(9);
    return change;
}

void add_all(Query& query, std::vector<ListChange>& changes) {
    while (query.step()) {
        changes.push_back(read_change(query));
    }
}

/// Adds the lessons that changed the subject's entries.
void add_lessons(Connection& connection,
                 terms::SubjectKind kind,
                 std::string_view subject,
                 std::vector<ListChange>& changes) {
    Query query = connection.query(
        "SELECT at, scope, provider, code FROM lesson WHERE subject = ? AND kind = ?");
    query.bind(subject).bind(static_cast<int>(kind));
    while (query.step()) {
        ListChange change;
        change.at = query.time(0);
        change.what = ChangeKind::Learned;
        change.kind = kind;
        change.subject = subject;
        change.scope = terms::SuppressionScope::from_stored(query.text(1));
        change.who = ChangeAuthor{}.who;
        change.from = query.text(2);
        change.detail = fmt::format("{}", query.integer(3));
        changes.push_back(std::move(change));
    }
}

void forget_old(Connection& connection, std::int64_t newest, core::TimePoint now) {
    // Changes of many entries are few. They are kept, since an entry may name them.
    connection
        .query(
            "DELETE FROM list_change WHERE id IN (SELECT id FROM list_change WHERE subject <> '' "
            "ORDER BY id LIMIT ?) AND (id <= ? OR at < ?)")
        .bind(kForgetAtOnce)
        .bind(newest - kMost)
        .bind(now - kKept)
        .run();
}

}  // namespace

std::string_view wire_name(ChangeKind kind) {
    switch (kind) {
        case ChangeKind::Added:
            return "added";
        case ChangeKind::Replaced:
            return "replaced";
        case ChangeKind::Removed:
            return "removed";
        case ChangeKind::Imported:
            return "imported";
        case ChangeKind::RolledBack:
            return "rolled-back";
        case ChangeKind::Lifted:
            return "lifted";
        case ChangeKind::Learned:
            return "learned";
        case ChangeKind::CampaignContinued:
            return "campaign-continued";
        case ChangeKind::UnknownDropped:
            return "unknown-dropped";
    }
    std::unreachable();
}

std::int64_t note_change(Connection& connection,
                         const ChangeAuthor& author,
                         const ListChange& change,
                         Telling telling) {
    const core::TimePoint now = core::SystemClock().now();
    connection
        .query(
            "INSERT INTO list_change (at, what, kind, subject, scope, entries, who, origin, "
            "detail, told) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(now)
        .bind(static_cast<int>(change.what))
        .bind(static_cast<int>(change.kind))
        .bind(change.subject)
        .bind(change.scope.stored())
        .bind(static_cast<std::int64_t>(change.entries))
        .bind(author.who)
        .bind(author.from)
        .bind(change.detail)
        .bind(author.has_lines || telling == Telling::Summed)
        .run();
    const std::int64_t id = connection.last_insert_id();
    forget_old(connection, id, now);
    return id;
}

std::int64_t begin_change(Connection& connection,
                          const ChangeAuthor& author,
                          ChangeKind what,
                          std::string_view detail) {
    ListChange change;
    change.what = what;
    change.entries = 0;
    change.detail = detail;
    return note_change(connection, author, change, Telling::Summed);
}

void end_change(Connection& connection,
                const ChangeAuthor& author,
                std::int64_t id,
                std::uint64_t entries,
                std::string_view detail) {
    if (entries == 0) {
        connection.query("DELETE FROM list_change WHERE id = ?").bind(id).run();
        return;
    }
    connection.query("UPDATE list_change SET entries = ?, detail = ?, told = ? WHERE id = ?")
        .bind(static_cast<std::int64_t>(entries))
        .bind(detail)
        .bind(author.has_lines)
        .bind(id)
        .run();
}

std::vector<ListChange> changes_of(Connection& connection,
                                   terms::SubjectKind kind,
                                   std::string_view subject) {
    std::vector<ListChange> changes;
    Query named = connection.query(fmt::format(
        "SELECT {} FROM list_change WHERE subject = ? AND kind = ? AND what <> ?", kColumns));
    named.bind(subject)
        .bind(static_cast<int>(kind))
        .bind(static_cast<int>(ChangeKind::CampaignContinued));
    add_all(named, changes);
    const SubjectPlace place = place_of(kind, subject);
    Query imports = connection.query(
        fmt::format("SELECT {} FROM list_change WHERE id IN (SELECT change FROM suppression "
                    "WHERE domain = ? AND local = ?)",
                    kColumns));
    imports.bind(place.domain).bind(place.local);
    add_all(imports, changes);
    add_lessons(connection, kind, subject, changes);
    std::ranges::stable_sort(changes, {}, &ListChange::at);
    return changes;
}

core::Result<std::vector<ListChange>, ports::StoreError> SqliteChanges::untold(std::size_t most) {
    return at_store_boundary([&] {
        return database_.read([&](Connection& connection) {
            std::vector<ListChange> changes;
            Query query = connection.query(fmt::format(
                "SELECT {} FROM list_change WHERE told = 0 ORDER BY id LIMIT ?", kColumns));
            query.bind(static_cast<std::int64_t>(most));
            add_all(query, changes);
            return changes;
        });
    });
}

core::Result<void, ports::StoreError> SqliteChanges::told(const std::vector<ListChange>& changes) {
    return at_store_boundary([&] {
        database_.write([&](Connection& connection) {
            for (const ListChange& change : changes) {
                connection.query("UPDATE list_change SET told = 1 WHERE id = ?")
                    .bind(change.id)
                    .run();
            }
        });
    });
}

core::Result<void, ports::StoreError> SqliteChanges::note(const ChangeAuthor& author,
                                                          const ListChange& change) {
    return at_store_boundary([&] {
        database_.write([&](Connection& connection) {
            note_change(connection, author, change, Telling::Each);
        });
    });
}

}  // namespace holdback::io::sqlite
