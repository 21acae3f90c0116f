// SPDX-License-Identifier: Apache-2.0
#include "io/sqlite_held.hpp"

#include "core/clock.hpp"
#include "core/digest.hpp"
#include "core/result.hpp"
#include "io/sqlite_db.hpp"
#include "io/sqlite_held_rows.hpp"
#include "mail/held.hpp"
#include "ports/held_store.hpp"
#include "ports/suppression_store.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::io {

namespace {

using mail::HeldState;
using ports::StoreError;

/// Items that `list` reads before it calls the visitor.
constexpr std::size_t kPage = 200;

constexpr std::string_view kEnded = "('released', 'returned', 'discarded')";
constexpr std::string_view kActive = "('held', 'releasing')";

core::Result<void, StoreError> expect_moved(const core::Result<bool, StoreError>& moved,
                                            std::int64_t id) {
    if (!moved.has_value()) {
        return std::unexpected(moved.error());
    }
    if (!*moved) {
        return std::unexpected(StoreError{fmt::format("item {} is not being released", id)});
    }
    return {};
}

std::vector<std::string> read_texts(Query query) {
    std::vector<std::string> texts;
    while (query.step()) {
        texts.push_back(query.text(0));
    }
    return texts;
}

}  // namespace

core::Result<std::vector<ports::HoldOutcome>, StoreError> SqliteHeld::hold(
    const mail::HeldMessage& message, std::span<const mail::HeldRecipient> recipients) {
    return at_store_boundary([&] {
        return database_.write([&](Connection& connection) {
            std::vector<ports::HoldOutcome> outcomes;
            outcomes.reserve(recipients.size());
            bool has_message = false;
            for (const mail::HeldRecipient& recipient : recipients) {
                std::optional<std::string> identity;
                if (!message.fingerprint.empty()) {
                    identity = core::digest_hex(std::array<std::string_view, 3>{
                        message.fingerprint, message.sender, recipient.address});
                    // The transaction is the only one that writes, and `held_once` stands guard.
                    if (const auto older = find_active(connection, *identity)) {
                        outcomes.push_back({.id = *older, .already_held = true});
                        continue;
                    }
                }
                if (!has_message) {
                    write_message(connection, message);
                    has_message = true;
                }
                outcomes.push_back({.id = write_recipient(connection, message, recipient, identity),
                                    .already_held = false});
            }
            return outcomes;
        });
    });
}

core::Result<void, StoreError> SqliteHeld::list(
    const ports::HeldFilter& filter, const std::function<bool(const ports::HeldItem&)>& visit) {
    const std::string sql = list_sql(filter);
    std::int64_t last = 0;
    while (true) {
        const auto page = at_store_boundary([&] {
            return database_.read([&](Connection& connection) {
                Query query = connection.query(sql);
                query.bind(last);
                bind_filter(query, filter);
                query.bind(static_cast<std::int64_t>(kPage));
                std::vector<ports::HeldItem> items;
                while (query.step()) {
                    items.push_back(read_item(query));
                }
                return items;
            });
        });
        if (!page.has_value()) {
            return std::unexpected(page.error());
        }
        for (const ports::HeldItem& item : *page) {
            if (!visit(item)) {
                return {};
            }
        }
        if (page->size() < kPage) {
            return {};
        }
        last = page->back().recipient.id;
    }
}

core::Result<std::vector<std::int64_t>, StoreError> SqliteHeld::begin_release(
    std::span<const std::int64_t> ids, std::string_view token_hash, core::TimePoint now) {
    const auto move_all = [&](Connection& connection) {
        std::vector<std::int64_t> moved;
        std::optional<std::string> spool_id;
        for (const std::int64_t id : ids) {
            Query query = connection.query("SELECT spool_id FROM held_recipient WHERE id = ?");
            query.bind(id);
            if (!query.step()) {
                continue;
            }
            const std::string of_item = query.text(0);
            if (spool_id.has_value() && *spool_id != of_item) {
                throw DatabaseError("the items to release belong to more than one message");
            }
            if (!spool_id.has_value()) {
                spool_id = of_item;
            }
            if (!move(connection, id, HeldState::Held, HeldState::Releasing, "", now)) {
                continue;
            }
            connection
                .query("UPDATE held_recipient SET attempts = attempts + 1, token = ? WHERE id = ?")
                .bind(token_hash)
                .bind(id)
                .run();
            moved.push_back(id);
        }
        if (!moved.empty()) {
            connection
                .query("INSERT INTO release_token (hash, spool_id, created_at) VALUES (?, ?, ?)")
                .bind(token_hash)
                .bind(*spool_id)
                .bind(now)
                .run();
        }
        return moved;
    };
    return at_store_boundary([&] { return database_.write(move_all); });
}

core::Result<void, StoreError> SqliteHeld::released(std::int64_t id,
                                                    std::string_view answer,
                                                    core::TimePoint now) {
    const auto moved = at_store_boundary([&] {
        return database_.write([&](Connection& connection) {
            if (!move(connection, id, HeldState::Releasing, HeldState::Released, answer, now)) {
                return false;
            }
            connection.query("UPDATE held_recipient SET last_answer = ? WHERE id = ?")
                .bind(answer)
                .bind(id)
                .run();
            return true;
        });
    });
    return expect_moved(moved, id);
}

core::Result<void, StoreError> SqliteHeld::release_failed(std::int64_t id,
                                                          std::string_view answer,
                                                          std::optional<core::TimePoint> retry_at,
                                                          core::TimePoint now) {
    const auto moved = at_store_boundary([&] {
        return database_.write([&](Connection& connection) {
            return put_back(connection, id, answer, retry_at, now);
        });
    });
    return expect_moved(moved, id);
}

core::Result<bool, StoreError> SqliteHeld::end(std::int64_t id,
                                               HeldState state,
                                               std::string_view why,
                                               core::TimePoint now) {
    if (state != HeldState::Returned && state != HeldState::Discarded) {
        return std::unexpected(StoreError{"an item ends as returned or discarded"});
    }
    return at_store_boundary([&] {
        return database_.write([&](Connection& connection) {
            return move(connection, id, HeldState::Held, state, why, now);
        });
    });
}

core::Result<void, StoreError> SqliteHeld::about_to_leave(std::string_view token_hash,
                                                          core::TimePoint now) {
    return at_store_boundary([&] {
        database_.write([&](Connection& connection) {
            connection.query("UPDATE release_token SET sent_at = ? WHERE hash = ?")
                .bind(now)
                .bind(token_hash)
                .run();
        });
    });
}

core::Result<std::optional<ports::ReleaseGrant>, StoreError> SqliteHeld::claim_token(
    std::string_view token_hash, core::TimePoint now) {
    const auto claim = [&](Connection& connection) {
        std::optional<ports::ReleaseGrant> grant;
        {
            Query query = connection.query(
                "SELECT r.spool_id, m.sender, r.address FROM release_token t "
                "JOIN held_recipient r ON r.token = t.hash "
                "JOIN held_message m ON m.spool_id = r.spool_id "
                "WHERE t.hash = ? AND t.used_at IS NULL ORDER BY r.id");
            query.bind(token_hash);
            while (query.step()) {
                if (!grant.has_value()) {
                    grant = ports::ReleaseGrant{
                        .spool_id = query.text(0), .sender = query.text(1), .addresses = {}};
                }
                grant->addresses.push_back(query.text(2));
            }
        }
        if (grant.has_value()) {
            connection.query("UPDATE release_token SET used_at = ? WHERE hash = ?")
                .bind(now)
                .bind(token_hash)
                .run();
        }
        return grant;
    };
    return at_store_boundary([&] { return database_.write(claim); });
}

core::Result<std::size_t, StoreError> SqliteHeld::recover(core::TimePoint now) {
    const auto put_all_back = [&](Connection& connection) {
        std::vector<std::int64_t> ids;
        {
            Query query = connection.query(
                "SELECT r.id FROM held_recipient r LEFT JOIN release_token t ON t.hash = r.token "
                "WHERE r.state = 'releasing' AND t.used_at IS NULL AND t.sent_at IS NULL "
                "ORDER BY r.id");
            while (query.step()) {
                ids.push_back(query.integer(0));
            }
        }
        for (const std::int64_t id : ids) {
            static_cast<void>(
                put_back(connection, id, "interrupted by the end of the program", now, now));
        }
        return ids.size();
    };
    return at_store_boundary([&] { return database_.write(put_all_back); });
}

core::Result<std::vector<std::string>, StoreError> SqliteHeld::spool_ids_in_use() {
    return at_store_boundary([&] {
        return database_.read([](Connection& connection) {
            return read_texts(connection.query(
                fmt::format("SELECT DISTINCT spool_id FROM held_recipient WHERE state IN {} "
                            "ORDER BY spool_id",
                            kActive)));
        });
    });
}

core::Result<std::vector<std::string>, StoreError> SqliteHeld::removable_spool_ids(
    std::size_t most) {
    return at_store_boundary([&] {
        return database_.read([&](Connection& connection) {
            Query query = connection.query(
                fmt::format("SELECT m.spool_id FROM held_message m WHERE m.spool_removed = 0 "
                            "AND NOT EXISTS (SELECT 1 FROM held_recipient r WHERE "
                            "r.spool_id = m.spool_id AND r.state IN {}) LIMIT ?",
                            kActive));
            query.bind(static_cast<std::int64_t>(most));
            return read_texts(std::move(query));
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
            }
        });
    });
}

core::Result<std::size_t, StoreError> SqliteHeld::purge_ended(core::TimePoint before) {
    const auto purge = [&](Connection& connection) {
        connection
            .query(fmt::format("DELETE FROM held_recipient WHERE state IN {} AND changed_at < ?",
                               kEnded))
            .bind(before)
            .run();
        const auto forgotten = static_cast<std::size_t>(connection.changes());
        connection
            .query(
                "DELETE FROM held_message WHERE spool_removed = 1 AND NOT EXISTS "
                "(SELECT 1 FROM held_recipient r WHERE r.spool_id = held_message.spool_id)")
            .run();
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

}  // namespace holdback::io
