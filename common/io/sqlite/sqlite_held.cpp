// SPDX-License-Identifier: Apache-2.0
#include "io/sqlite/sqlite_held.hpp"

#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_held_items.hpp"
#include "io/sqlite/sqlite_held_rows.hpp"
#include "mail/folded_sender.hpp"
#include "ports/held_files.hpp"
#include "ports/held_store.hpp"
#include "ports/suppression_store.hpp"
#include "terms/held.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::io::sqlite {

namespace {

using ports::StoreError;
using terms::HeldState;

/// `list` reads this many items before it calls the visitor: few at first, since many visitors stop
/// there; then more, since each page may cost as much as sorting all that is left.
constexpr std::size_t kFirstPage = 200;
constexpr std::size_t kPage = 5000;

constexpr std::string_view kEnded = "('released', 'returned', 'discarded')";
constexpr std::string_view kActive = "('held', 'releasing')";

std::vector<std::string> read_texts(Query query) {
    std::vector<std::string> texts;
    while (query.step()) {
        texts.push_back(query.text(0));
    }
    return texts;
}

/// Deletes a message that has neither file nor recipients.
void forget_message(Connection& connection, const std::string& spool_id) {
    connection
        .query(
            "DELETE FROM held_message WHERE spool_id = ? AND spool_removed = 1 AND NOT EXISTS "
            "(SELECT 1 FROM held_recipient r WHERE r.spool_id = held_message.spool_id)")
        .bind(spool_id)
        .run();
}

/// The time by which a row is due, from the column that `due_column` names.
std::optional<core::TimePoint> due_time(const terms::HeldRecipient& row,
                                        const ports::HeldFilter& filter) {
    if (filter.release_due.has_value()) {
        return row.release_at;
    }
    return filter.expired.has_value() ? row.expires_at : row.recheck_at;
}

/// At most `rows` rows after the last one: after its time, where rows are ordered by time, and its
/// id.
core::Result<std::vector<ports::HeldItem>, StoreError> page_of(
    Database& database,
    const ports::HeldFilter& filter,
    const std::optional<core::TimePoint>& last_time,
    std::int64_t last,
    std::size_t rows) {
    return at_store_boundary([&] {
        return database.read([&](Connection& connection) {
            Query query = connection.query(list_sql(filter));
            if (last_time.has_value()) {
                query.bind(*last_time);
            }
            query.bind(last);
            bind_filter(query, filter);
            query.bind(static_cast<std::int64_t>(rows));
            std::vector<ports::HeldItem> items;
            while (query.step()) {
                items.push_back(read_item(query));
            }
            return items;
        });
    });
}

}  // namespace

core::Result<void, StoreError> SqliteHeld::usable() const {
    if (auto disorder = database_.disorder()) {
        return std::unexpected(StoreError{std::move(disorder->why)});
    }
    return {};
}

core::Result<void, StoreError> SqliteHeld::change(const std::function<void(ports::HeldRows&)>& work,
                                                  ports::Durability durability) {
    const auto transaction = [&work](Connection& connection) {
        SqliteHeldRows rows(connection);
        work(rows);
    };
    return at_store_boundary([&] {
        if (durability == ports::Durability::Full) {
            database_.write(transaction);
        } else {
            database_.write_soon(transaction);
        }
    });
}

core::Result<void, StoreError> SqliteHeld::list(
    const ports::HeldFilter& filter, const std::function<bool(const ports::HeldItem&)>& visit) {
    std::int64_t last = filter.after;
    // Set when the filter asks what is due: rows are then ordered by that time.
    std::optional<core::TimePoint> last_time;
    if (!due_column(filter).empty()) {
        last_time = core::TimePoint::min();
    }
    for (std::size_t rows = kFirstPage;; rows = kPage) {
        const auto page = page_of(database_, filter, last_time, last, rows);
        if (!page.has_value()) {
            return std::unexpected(page.error());
        }
        for (const ports::HeldItem& item : *page) {
            if (!visit(item)) {
                return {};
            }
        }
        if (page->size() < rows) {
            return {};
        }
        const terms::HeldRecipient& end = page->back().recipient;
        last = end.id;
        if (last_time.has_value()) {
            last_time = due_time(end, filter);
        }
    }
}

core::Result<std::vector<std::string>, StoreError> SqliteHeld::listed_spool_ids() {
    return at_store_boundary([&] {
        return database_.read([](Connection& connection) {
            return read_texts(connection.query(
                "SELECT spool_id FROM held_message WHERE spool_removed = 0 ORDER BY spool_id"));
        });
    });
}

core::Result<std::vector<terms::HeldMessage>, StoreError> SqliteHeld::kept_messages(
    std::string_view after, std::size_t most) {
    return at_store_boundary([&] {
        return database_.read([&](Connection& connection) {
            Query query = connection.query(
                "SELECT spool_id, octets, digest, damage, held_at FROM held_message "
                "WHERE spool_removed = 0 AND spool_id > ? ORDER BY spool_id LIMIT ?");
            query.bind(after).bind(static_cast<std::int64_t>(most));
            std::vector<terms::HeldMessage> kept;
            while (query.step()) {
                terms::HeldMessage message;
                message.spool_id = query.text(0);
                message.octets = static_cast<std::uint64_t>(query.integer(1));
                message.digest = query.text(2);
                message.damage = query.text(3);
                message.held_at = query.time(4);
                kept.push_back(std::move(message));
            }
            return kept;
        });
    });
}

core::Result<std::vector<std::string>, StoreError> SqliteHeld::removable_spool_ids(
    std::size_t most) {
    return at_store_boundary([&] {
        return database_.read([&](Connection& connection) {
            Query query = connection.query(fmt::format(
                "SELECT m.spool_id FROM held_message m INDEXED BY "
                "held_message_idle WHERE m.idle = 1 "
                "AND m.spool_removed = 0 AND NOT EXISTS (SELECT 1 FROM held_recipient r WHERE "
                "r.spool_id = m.spool_id AND r.state IN {}) LIMIT ?",
                kActive));
            query.bind(static_cast<std::int64_t>(most));
            return read_texts(std::move(query));
        });
    });
}

core::Result<std::vector<ports::SpoolShare>, StoreError> SqliteHeld::spool_shares() {
    return at_store_boundary([&] {
        return database_.read([](Connection& connection) {
            Query query = connection.query(
                "SELECT user, sender, CASE user WHEN '' THEN coalesce((SELECT min(r.address) FROM "
                "held_recipient AS r WHERE r.spool_id = m.spool_id HAVING count(*) = 1), '') "
                "ELSE '' END, octets FROM held_message AS m WHERE spool_removed = 0");
            std::map<std::string, std::uint64_t> by_sender;
            while (query.step()) {
                by_sender[mail::spool_sharer(query.text(0), query.text(1), query.text(2))] +=
                    static_cast<std::uint64_t>(query.integer(3));
            }
            std::vector<ports::SpoolShare> shares;
            shares.reserve(by_sender.size());
            for (const auto& [sender, octets] : by_sender) {
                shares.push_back({.sender = sender, .octets = octets});
            }
            return shares;
        });
    });
}

core::Result<void, StoreError> SqliteHeld::spool_removed(std::span<const std::string> spool_ids) {
    return at_store_boundary([&] {
        database_.write([&](Connection& connection) {
            for (const std::string& spool_id : spool_ids) {
                connection.query("UPDATE held_message SET spool_removed = 1 WHERE spool_id = ?")
                    .bind(spool_id)
                    .run();
                forget_message(connection, spool_id);
            }
        });
    });
}

core::Result<std::size_t, StoreError> SqliteHeld::purge_ended(core::TimePoint before) {
    const auto purge = [&](Connection& connection) {
        Query query = connection.query(fmt::format(
            "SELECT DISTINCT spool_id FROM held_recipient INDEXED BY held_recipient_ended "
            "WHERE state IN {} AND changed_at < ?",
            kEnded));
        query.bind(before);
        const std::vector<std::string> spool_ids = read_texts(std::move(query));
        if (spool_ids.empty()) {
            return std::size_t{0};
        }
        connection
            .query(fmt::format("DELETE FROM held_recipient INDEXED BY held_recipient_ended "
                               "WHERE state IN {} AND changed_at < ?",
                               kEnded))
            .bind(before)
            .run();
        const auto forgotten = static_cast<std::size_t>(connection.changes());
        for (const std::string& spool_id : spool_ids) {
            forget_message(connection, spool_id);
        }
        return forgotten;
    };
    return at_store_boundary([&] { return database_.write(purge); });
}

core::Result<std::vector<ports::HeldEvent>, StoreError> SqliteHeld::history(std::int64_t id) {
    return at_store_boundary([&] {
        return database_.read([&](Connection& connection) {
            Query query = connection.query(
                "SELECT at, from_state, to_state, text FROM held_event WHERE recipient_id = ? "
                "ORDER BY id");
            query.bind(id);
            std::vector<ports::HeldEvent> events;
            while (query.step()) {
                events.push_back(
                    {.at = query.time(0),
                     .from = query.is_null(1) ? std::nullopt : std::optional(state_of(query, 1)),
                     .to = state_of(query, 2),
                     .text = query.text(3)});
            }
            return events;
        });
    });
}

core::Result<ports::HeldCounts, StoreError> SqliteHeld::counts() {
    return at_store_boundary([&] {
        return database_.read([](Connection& connection) {
            ports::HeldCounts counts;
            Query query =
                connection.query("SELECT state, count(*) FROM held_recipient GROUP BY state");
            while (query.step()) {
                const auto number = static_cast<std::size_t>(query.integer(1));
                switch (state_of(query, 0)) {
                    case HeldState::Held:
                        counts.held = number;
                        break;
                    case HeldState::Releasing:
                        counts.releasing = number;
                        break;
                    case HeldState::Released:
                        counts.released = number;
                        break;
                    case HeldState::Returned:
                        counts.returned = number;
                        break;
                    case HeldState::Discarded:
                        counts.discarded = number;
                        break;
                }
            }
            return counts;
        });
    });
}

}  // namespace holdback::io::sqlite
