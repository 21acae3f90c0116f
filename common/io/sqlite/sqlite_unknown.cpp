// SPDX-License-Identifier: Apache-2.0
#include "io/sqlite/sqlite_unknown.hpp"

#include "core/clock.hpp"
#include "core/result.hpp"
#include "dsn/unknown_text.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "ports/suppression_store.hpp"
#include "ports/unknown_store.hpp"
#include "terms/failure_code.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace holdback::io::sqlite {

namespace {

// The order in which `read_entry` takes them.
constexpr std::string_view kColumns =
    "id, pattern, example, remote_mta, code, rule, messages, first_seen, last_seen, proven, "
    "proven_messages";

ports::UnknownEntry read_entry(const Query& query) {
    const auto code = terms::FailureCode::from_number(static_cast<int>(query.integer(4)));
    return {.id = query.integer(0),
            .text = {.pattern = query.text(1),
                     .example = query.text(2),
                     .remote_mta = query.text(3),
                     .code = code.value_or(terms::kUnknownFailure),
                     .rule = query.text(5),
                     .proven = query.integer(9) != 0},
            .messages = query.integer(6),
            .proven_messages = query.integer(10),
            .first_seen = query.time(7),
            .last_seen = query.time(8)};
}

/// Counts a known pattern again; false when it is new.
bool count_again(Connection& connection, const dsn::UnknownText& text, core::TimePoint now) {
    connection
        .query(
            "UPDATE unknown_text SET messages = messages + 1, last_seen = max(last_seen, ?), "
            "code = ?, rule = ?, proven = max(proven, ?), proven_messages = proven_messages + ? "
            "WHERE pattern = ?")
        .bind(now)
        .bind(text.code.number())
        .bind(text.rule)
        .bind(std::int64_t{text.proven ? 1 : 0})
        .bind(std::int64_t{text.proven ? 1 : 0})
        .bind(text.pattern)
        .run();
    return connection.changes() > 0;
}

std::int64_t count_rows(Connection& connection, bool proven) {
    Query query = connection.query("SELECT count(*) FROM unknown_text WHERE proven = ?");
    query.bind(std::int64_t{proven ? 1 : 0});
    return query.step() ? query.integer(0) : 0;
}

/// Runs before a new text comes in, which would be the rarest itself. Proven and unproven texts
/// have half of the list each, so that made-up reports push out nothing but made-up texts.
void make_room(Connection& connection, bool proven, std::int64_t most) {
    const std::int64_t unproven = count_rows(connection, false) + (proven ? 0 : 1);
    const std::int64_t all = count_rows(connection, true) + unproven + (proven ? 1 : 0);
    const bool from_proven = unproven <= most / 2;
    connection
        .query(
            "DELETE FROM unknown_text WHERE id IN (SELECT id FROM unknown_text WHERE proven = ? "
            "ORDER BY messages, last_seen, id LIMIT ?)")
        .bind(std::int64_t{from_proven ? 1 : 0})
        .bind(std::max<std::int64_t>(0, all - most))
        .run();
}

void count_first(Connection& connection, const dsn::UnknownText& text, core::TimePoint now) {
    connection
        .query(
            "INSERT INTO unknown_text (pattern, example, remote_mta, code, rule, messages, "
            "first_seen, last_seen, proven, proven_messages) VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?, ?)")
        .bind(text.pattern)
        .bind(text.example)
        .bind(text.remote_mta)
        .bind(text.code.number())
        .bind(text.rule)
        .bind(now)
        .bind(now)
        .bind(std::int64_t{text.proven ? 1 : 0})
        .bind(std::int64_t{text.proven ? 1 : 0})
        .run();
}

}  // namespace

core::Result<void, ports::StoreError> SqliteUnknown::count(std::span<const dsn::UnknownText> texts,
                                                           core::TimePoint now) {
    return at_store_boundary([&] {
        database_.write([&](Connection& connection) {
            for (const dsn::UnknownText& text : texts) {
                if (!count_again(connection, text, now)) {
                    make_room(connection, text.proven, most_);
                    count_first(connection, text, now);
                }
            }
        });
    });
}

core::Result<std::vector<ports::UnknownEntry>, ports::StoreError> SqliteUnknown::list() {
    return at_store_boundary([&] {
        return database_.read([](Connection& connection) {
            static const std::string sql = fmt::format(
                "SELECT {} FROM unknown_text ORDER BY messages DESC, last_seen DESC, id", kColumns);
            std::vector<ports::UnknownEntry> entries;
            Query query = connection.query(sql);
            while (query.step()) {
                entries.push_back(read_entry(query));
            }
            return entries;
        });
    });
}

core::Result<std::optional<ports::UnknownEntry>, ports::StoreError> SqliteUnknown::find(
    std::int64_t id) {
    return at_store_boundary([&] {
        return database_.read([&](Connection& connection) {
            static const std::string sql =
                fmt::format("SELECT {} FROM unknown_text WHERE id = ?", kColumns);
            Query query = connection.query(sql);
            query.bind(id);
            return query.step() ? std::optional(read_entry(query)) : std::nullopt;
        });
    });
}

core::Result<std::vector<ports::UnknownEntry>, ports::StoreError> SqliteUnknown::drop(
    std::span<const std::int64_t> ids) {
    return at_store_boundary([&] {
        return database_.write([&](Connection& connection) {
            static const std::string sql =
                fmt::format("DELETE FROM unknown_text WHERE id = ? RETURNING {}", kColumns);
            std::vector<ports::UnknownEntry> dropped;
            for (const std::int64_t id : ids) {
                Query query = connection.query(sql);
                query.bind(id);
                while (query.step()) {
                    dropped.push_back(read_entry(query));
                }
            }
            return dropped;
        });
    });
}

}  // namespace holdback::io::sqlite
