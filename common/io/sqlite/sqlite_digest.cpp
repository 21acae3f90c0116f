// SPDX-License-Identifier: Apache-2.0
#include "io/sqlite/sqlite_digest.hpp"

#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_held_items.hpp"
#include "io/sqlite/sqlite_held_rows.hpp"
#include "ports/digest_store.hpp"
#include "ports/held_store.hpp"
#include "ports/suppression_store.hpp"
#include "terms/held.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::io::sqlite {

namespace {

using ports::StoreError;

std::vector<ports::DigestCount> read_counts(Query query) {
    std::vector<ports::DigestCount> counts;
    while (query.step()) {
        counts.push_back(
            {.name = query.text(0), .count = static_cast<std::size_t>(query.integer(1))});
    }
    return counts;
}

std::size_t read_count(Query query) {
    return query.step() ? static_cast<std::size_t>(query.integer(0)) : 0;
}

/// Counts what was held after `since`.
void count_new(Connection& connection, core::TimePoint since, ports::DigestSummary& summary) {
    Query all = connection.query(
        "SELECT count(*) FROM held_recipient r JOIN held_message m ON m.spool_id = r.spool_id "
        "WHERE m.kind = 'mail' AND m.held_at > ?");
    all.bind(since);
    summary.new_items = read_count(std::move(all));
    Query causes = connection.query(
        "SELECT r.finding, count(*) AS items FROM held_recipient r "
        "JOIN held_message m ON m.spool_id = r.spool_id "
        "WHERE m.kind = 'mail' AND m.held_at > ? "
        "GROUP BY r.finding ORDER BY items DESC, r.finding LIMIT 10");
    causes.bind(since);
    summary.causes = read_counts(std::move(causes));
    Query senders = connection.query(
        "SELECT m.sender, count(*) AS items FROM held_recipient r "
        "JOIN held_message m ON m.spool_id = r.spool_id "
        "WHERE m.kind = 'mail' AND m.held_at > ? "
        "GROUP BY m.sender ORDER BY items DESC, m.sender LIMIT 10");
    senders.bind(since);
    summary.senders = read_counts(std::move(senders));
}

void count_ended(Connection& connection, core::TimePoint since, ports::DigestSummary& summary) {
    Query query = connection.query(
        "SELECT r.state, count(*) FROM held_recipient r "
        "JOIN held_message m ON m.spool_id = r.spool_id WHERE m.kind = 'mail' "
        "AND r.state IN ('released', 'returned', 'discarded') AND r.changed_at > ? "
        "GROUP BY r.state");
    query.bind(since);
    while (query.step()) {
        const auto count = static_cast<std::size_t>(query.integer(1));
        switch (state_of(query, 0)) {
            case terms::HeldState::Released:
                summary.released = count;
                break;
            case terms::HeldState::Returned:
                summary.returned = count;
                break;
            case terms::HeldState::Discarded:
                summary.discarded = count;
                break;
            case terms::HeldState::Held:
            case terms::HeldState::Releasing:
                break;
        }
    }
}

void count_held(Connection& connection, core::TimePoint expire_by, ports::DigestSummary& summary) {
    Query held = connection.query(
        "SELECT count(*), coalesce(sum(r.release_at IS NULL AND r.attempts > 0 "
        "AND r.in_doubt = 0), 0), "
        "coalesce(sum(r.expires_at <= ?), 0), coalesce(sum(r.expires_at IS NULL), 0) "
        "FROM held_recipient r "
        "JOIN held_message m ON m.spool_id = r.spool_id "
        "WHERE m.kind = 'mail' AND r.state IN ('held', 'releasing')");
    held.bind(expire_by);
    if (held.step()) {
        summary.held = static_cast<std::size_t>(held.integer(0));
        summary.stuck = static_cast<std::size_t>(held.integer(1));
        summary.expiring = static_cast<std::size_t>(held.integer(2));
        summary.endless = static_cast<std::size_t>(held.integer(3));
    }
    // An item whose answer is still open has no `last_answer` yet, and is soon out of doubt.
    Query doubt = connection.query(
        "SELECT count(*) FROM held_recipient "
        "WHERE in_doubt = 1 AND state = 'held' AND last_answer <> ''");
    summary.in_doubt = read_count(std::move(doubt));
    Query own = connection.query(
        "SELECT count(*) FROM held_recipient r JOIN held_message m ON m.spool_id = r.spool_id "
        "WHERE m.kind = 'own' AND r.state = 'held' AND r.in_doubt = 0 AND r.attempts > 0");
    summary.own_unsent = read_count(std::move(own));
    Query items = connection.query(
        "SELECT r.id, m.sender, r.address, r.finding, r.expires_at FROM held_recipient r "
        "JOIN held_message m ON m.spool_id = r.spool_id "
        "WHERE m.kind = 'mail' AND r.state = 'held' AND r.expires_at <= ? "
        "ORDER BY r.expires_at, r.id LIMIT 20");
    items.bind(expire_by);
    while (items.step()) {
        summary.expiring_items.push_back({.id = items.integer(0),
                                          .sender = items.text(1),
                                          .recipient = items.text(2),
                                          .finding = items.text(3),
                                          .expires_at = items.time(4)});
    }
}

}  // namespace

core::Result<std::optional<ports::DigestStore::Last>, StoreError> SqliteDigest::last_digest() {
    return at_store_boundary([&] {
        return database_.read([](Connection& connection) -> std::optional<Last> {
            Query query = connection.query("SELECT day, sent_at FROM digest");
            if (!query.step()) {
                return std::nullopt;
            }
            return Last{.day = std::chrono::days(query.integer(0)), .sent_at = query.time(1)};
        });
    });
}

core::Result<ports::DigestSummary, StoreError> SqliteDigest::summary(core::TimePoint since,
                                                                     core::TimePoint expire_by) {
    return at_store_boundary([&] {
        return database_.read([&](Connection& connection) {
            ports::DigestSummary summary;
            count_new(connection, since, summary);
            count_ended(connection, since, summary);
            count_held(connection, expire_by, summary);
            return summary;
        });
    });
}

core::Result<bool, StoreError> SqliteDigest::put_digest(std::chrono::days day,
                                                        const ports::NewHold& own) {
    return at_store_boundary([&] {
        return database_.write([&](Connection& connection) {
            connection
                .query(
                    "INSERT INTO digest (one, day, sent_at) VALUES (1, ?, ?) ON CONFLICT (one) "
                    "DO UPDATE SET day = excluded.day, sent_at = excluded.sent_at "
                    "WHERE digest.day < excluded.day")
                .bind(static_cast<std::int64_t>(day.count()))
                .bind(own.message.held_at)
                .run();
            if (connection.changes() == 0) {
                return false;
            }
            write_message(connection, own.message);
            for (const terms::HeldRecipient& recipient : own.recipients) {
                static_cast<void>(
                    write_recipient(connection, own.message, recipient, std::nullopt));
            }
            return true;
        });
    });
}

}  // namespace holdback::io::sqlite
