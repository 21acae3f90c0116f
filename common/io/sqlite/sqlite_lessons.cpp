// SPDX-License-Identifier: Apache-2.0
#include "io/sqlite/sqlite_lessons.hpp"

#include "core/clock.hpp"
#include "core/result.hpp"
#include "dsn/outage.hpp"
#include "io/sqlite/sqlite_changes.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_enum.hpp"
#include "io/sqlite/sqlite_suppressions.hpp"
#include "ports/suppression_store.hpp"
#include "terms/failure_code.hpp"
#include "terms/suppression.hpp"
#include "terms/suppression_scope.hpp"
#include "terms/suppression_subject.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::io::sqlite {

namespace {

using terms::SuppressionEntry;

constexpr std::chrono::hours kKept = std::chrono::days(180);
constexpr int kForgetAtOnce = 4;
constexpr std::int64_t kPage = 300;

// Parameters: since, until, provider or NULL, code or NULL.
constexpr std::string_view kFits =
    "at >= ? AND at < ? AND (?3 IS NULL OR provider = ?3) AND (?4 IS NULL OR code = ?4)";

template <typename Enum>
std::int64_t number_of(Enum value) {
    return static_cast<std::int64_t>(std::to_underlying(value));
}

void bind_filter(Query& query, const LessonFilter& filter) {
    query.bind(filter.since);
    query.bind(filter.until.value_or(core::TimePoint::max()));
    if (filter.provider.has_value()) {
        query.bind(*filter.provider);
    } else {
        query.bind(std::nullopt);
    }
    if (filter.code.has_value()) {
        query.bind(filter.code->number());
    } else {
        query.bind(std::nullopt);
    }
}

constexpr std::string_view kTable = "lessons";

terms::FailureCode code_at(const Query& query, int column) {
    const auto code = terms::FailureCode::from_number(static_cast<int>(query.integer(column)));
    if (!code.has_value()) {
        throw DatabaseError(fmt::format("lessons: unknown code {}", query.integer(column)));
    }
    return *code;
}

/// The entry as it was before the first of the lessons; nullopt when there was none.
std::optional<SuppressionEntry> entry_before(Connection& connection,
                                             const LessonFilter& filter,
                                             const Undoing& undoing) {
    static const std::string sql = fmt::format(
        "SELECT had_entry, reason, before_code, source, strikes, first_seen, last_seen, expires, "
        "active, proof, rule, diagnostic, message_id FROM lesson WHERE {} AND kind = ?5 AND "
        "subject = ?6 AND scope = ?7 ORDER BY id LIMIT 1",
        kFits);
    Query query = connection.query(sql);
    bind_filter(query, filter);
    query.bind(number_of(undoing.key.kind))
        .bind(undoing.key.subject)
        .bind(undoing.key.scope.stored());
    if (!query.step() || query.integer(0) == 0) {
        return std::nullopt;
    }
    SuppressionEntry entry;
    entry.kind = undoing.key.kind;
    entry.subject = undoing.key.subject;
    entry.scope = undoing.key.scope;
    entry.reason = stored_enumerator(terms::kAllSuppressionReasons, query.integer(1), kTable);
    entry.code = code_at(query, 2);
    entry.source = stored_enumerator(terms::kAllSuppressionSources, query.integer(3), kTable);
    entry.strikes = static_cast<int>(query.integer(4));
    entry.first_seen = query.time(5);
    entry.last_seen = query.time(6);
    entry.expires = query.optional_time(7);
    entry.active = query.integer(8) != 0;
    entry.proof = stored_enumerator(terms::kAllProofs, query.integer(9), kTable);
    entry.rule = query.text(10);
    entry.diagnostic = query.text(11);
    entry.message_id = query.text(12);
    return entry;
}

/// Some of the entries that the lessons after `last` changed; moves `last` on.
std::vector<Undoing> read_page(Connection& connection,
                               const LessonFilter& filter,
                               std::int64_t& last) {
    static const std::string sql = fmt::format(
        "SELECT min(id) AS first_id, kind, subject, scope, provider, code, min(at), count(*) "
        "FROM lesson WHERE {} GROUP BY kind, subject, scope HAVING first_id > ?5 "
        "ORDER BY first_id LIMIT ?6",
        kFits);
    Query query = connection.query(sql);
    bind_filter(query, filter);
    query.bind(last).bind(kPage);
    std::vector<Undoing> found;
    while (query.step()) {
        last = query.integer(0);
        found.push_back(
            {.key = {.kind = stored_enumerator(terms::kAllSubjectKinds, query.integer(1), kTable),
                     .subject = query.text(2),
                     .scope = terms::SuppressionScope::from_stored(query.text(3))},
             .provider = query.text(4),
             .code = code_at(query, 5),
             .first = query.time(6),
             .lessons = query.integer(7)});
    }
    return found;
}

}  // namespace

std::string_view wire_name(Undoing::What what) {
    switch (what) {
        case Undoing::What::Removed:
            return "removed";
        case Undoing::What::Restored:
            return "restored";
        case Undoing::What::TaughtAgain:
            return "taught-again";
        case Undoing::What::Changed:
            return "changed";
    }
    std::unreachable();
}

void note_lesson(Connection& connection,
                 const terms::SuppressionKey& key,
                 const ports::LearnEvent& event,
                 terms::FailureCode code,
                 const std::optional<SuppressionEntry>& before) {
    Query query = connection.query(
        "INSERT INTO lesson (at, kind, subject, scope, provider, code, had_entry, reason, "
        "before_code, source, strikes, first_seen, last_seen, expires, active, proof, rule, "
        "diagnostic, message_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    const SuppressionEntry was = before.value_or(SuppressionEntry{});
    query.bind(event.at)
        .bind(number_of(key.kind))
        .bind(key.subject)
        .bind(key.scope.stored())
        .bind(event.provider)
        .bind(code.number())
        .bind(before.has_value())
        .bind(number_of(was.reason))
        .bind(was.code.number())
        .bind(number_of(was.source))
        .bind(was.strikes)
        .bind(was.first_seen)
        .bind(was.last_seen)
        .bind(was.expires)
        .bind(was.active)
        .bind(number_of(was.proof))
        .bind(was.rule)
        .bind(was.diagnostic)
        .bind(was.message_id)
        .run();
    connection
        .query(
            "DELETE FROM lesson WHERE id IN (SELECT id FROM lesson ORDER BY id LIMIT ?) AND "
            "at < ?")
        .bind(kForgetAtOnce)
        .bind(event.at - kKept)
        .run();
}

void SqliteLessons::judge(Connection& connection, const LessonFilter& filter, Undoing& undoing) {
    static const std::string sql = fmt::format(
        "SELECT max(at), max(CASE WHEN {} THEN at END) FROM lesson WHERE kind = ?5 AND "
        "subject = ?6 AND scope = ?7",
        kFits);
    Query newest = connection.query(sql);
    bind_filter(newest, filter);
    newest.bind(number_of(undoing.key.kind))
        .bind(undoing.key.subject)
        .bind(undoing.key.scope.stored());
    newest.step();
    if (newest.time(0) != newest.time(1)) {
        undoing.what = Undoing::What::TaughtAgain;
        return;
    }
    const auto now = list_.find_in(connection, undoing.key);
    if (!now.has_value() || now->source != terms::SuppressionSource::Learned ||
        now->last_seen != newest.time(1)) {
        undoing.what = Undoing::What::Changed;
        return;
    }
    undoing.what = entry_before(connection, filter, undoing).has_value() ? Undoing::What::Restored
                                                                         : Undoing::What::Removed;
}

void SqliteLessons::change_back(Connection& connection,
                                const LessonFilter& filter,
                                const Undoing& undoing) {
    switch (undoing.what) {
        case Undoing::What::Removed:
            list_.note_in(connection, undoing.key, ChangeKind::RolledBack, Telling::Summed);
            list_.remove_in(connection, undoing.key);
            break;
        case Undoing::What::Restored:
            if (auto before = entry_before(connection, filter, undoing)) {
                list_.note_in(connection, undoing.key, ChangeKind::RolledBack, Telling::Summed);
                list_.put_in(connection, *before);
            }
            break;
        case Undoing::What::TaughtAgain:
        case Undoing::What::Changed:
            return;
    }
    static const std::string sql = fmt::format(
        "DELETE FROM lesson WHERE {} AND kind = ?5 AND subject = ?6 AND scope = ?7", kFits);
    Query forget = connection.query(sql);
    bind_filter(forget, filter);
    forget.bind(number_of(undoing.key.kind))
        .bind(undoing.key.subject)
        .bind(undoing.key.scope.stored())
        .run();
}

void SqliteLessons::note_sum(Connection& connection,
                             const LessonFilter& filter,
                             const std::vector<Undoing>& undone) {
    const auto changed = std::ranges::count_if(undone, [](const Undoing& undoing) {
        return undoing.what == Undoing::What::Removed || undoing.what == Undoing::What::Restored;
    });
    if (changed > 0) {
        list_.note_sum_in(connection,
                          ChangeKind::RolledBack,
                          static_cast<std::uint64_t>(changed),
                          filter.provider.value_or(""));
    }
}

core::Result<void, ports::StoreError> SqliteLessons::undo(
    const LessonFilter& filter, Undo act, const std::function<void(const Undoing&)>& visit) {
    std::int64_t last = 0;
    while (true) {
        const auto work = [&](Connection& connection) {
            std::vector<Undoing> found = read_page(connection, filter, last);
            for (Undoing& undoing : found) {
                judge(connection, filter, undoing);
                if (act == Undo::Yes) {
                    change_back(connection, filter, undoing);
                }
            }
            if (act == Undo::Yes) {
                note_sum(connection, filter, found);
            }
            return found;
        };
        const auto found = at_store_boundary(
            [&] { return act == Undo::Yes ? database_.write(work) : database_.read(work); });
        if (!found.has_value()) {
            return std::unexpected(found.error());
        }
        for (const Undoing& undoing : *found) {
            visit(undoing);
        }
        if (static_cast<std::int64_t>(found->size()) < kPage) {
            return {};
        }
    }
}

core::Result<void, ports::StoreError> SqliteOutages::put(const dsn::Outage& outage) {
    return at_store_boundary([&] {
        database_.write([&](Connection& connection) {
            connection
                .query(
                    "INSERT OR REPLACE INTO outage (provider, opened, began, closed, bounced, "
                    "accepted) VALUES (?, ?, ?, ?, ?, ?)")
                .bind(outage.provider)
                .bind(outage.opened)
                .bind(outage.began)
                .bind(outage.closed)
                .bind(static_cast<std::int64_t>(outage.bounced))
                .bind(static_cast<std::int64_t>(outage.accepted))
                .run();
        });
    });
}

core::Result<std::vector<dsn::Outage>, ports::StoreError> SqliteOutages::list() const {
    return at_store_boundary([&] {
        return database_.read([&](Connection& connection) {
            Query query = connection.query(
                "SELECT provider, opened, began, closed, bounced, accepted FROM outage "
                "ORDER BY opened DESC, provider LIMIT 1000");
            std::vector<dsn::Outage> found;
            while (query.step()) {
                found.push_back({.provider = query.text(0),
                                 .began = query.time(2),
                                 .opened = query.time(1),
                                 .closed = query.optional_time(3),
                                 .bounced = static_cast<std::size_t>(query.integer(4)),
                                 .accepted = static_cast<std::size_t>(query.integer(5))});
            }
            return found;
        });
    });
}

}  // namespace holdback::io::sqlite
