// SPDX-License-Identifier: Apache-2.0
// How held mail leaves: tokens, releases and how they end, returns.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_held.hpp"
#include "io/sqlite/sqlite_held_rows.hpp"
#include "ports/held_store.hpp"
#include "ports/suppression_store.hpp"
#include "terms/held.hpp"

#include <algorithm>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace holdback::io::sqlite {

namespace {

using ports::StoreError;
using terms::HeldState;

/// True when the item is held, and not in doubt unless that is to be taken too.
bool can_act_on(Connection& connection, std::int64_t id, ports::InDoubt in_doubt) {
    Query query = connection.query("SELECT state, in_doubt FROM held_recipient WHERE id = ?");
    query.bind(id);
    return query.step() && state_of(query, 0) == HeldState::Held &&
           (query.integer(1) == 0 || in_doubt == ports::InDoubt::Take);
}

}  // namespace

core::Result<std::vector<std::int64_t>, StoreError> SqliteHeld::begin_release(
    std::span<const std::int64_t> ids,
    ports::InDoubt in_doubt,
    std::string_view token_hash,
    std::string_view why,
    core::TimePoint now) {
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
            if (!can_act_on(connection, id, in_doubt) ||
                !move(connection, id, HeldState::Held, HeldState::Releasing, why, now)) {
                continue;
            }
            connection
                .query(
                    "UPDATE held_recipient SET attempts = attempts + 1, in_doubt = 0, token = ? "
                    "WHERE id = ?")
                .bind(token_hash)
                .bind(id)
                .run();
            has_no_copy(connection, id);
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

core::Result<std::vector<std::int64_t>, StoreError> SqliteHeld::settle(
    std::span<const ports::ReleaseEnd> ends, core::TimePoint now) {
    using What = ports::ReleaseEnd::What;
    const auto settle_one = [&](Connection& connection, const ports::ReleaseEnd& end) {
        if (end.what != What::Released) {
            const Doubt doubt = end.what == What::Unknown ? Doubt::Yes : Doubt::No;
            return put_back(connection, end.id, end.answer, end.retry_at, doubt, now);
        }
        if (!move(connection, end.id, HeldState::Releasing, HeldState::Released, end.answer, now)) {
            return false;
        }
        connection.query("UPDATE held_recipient SET last_answer = ? WHERE id = ?")
            .bind(end.answer)
            .bind(end.id)
            .run();
        return true;
    };
    return at_store_boundary([&] {
        return database_.write([&](Connection& connection) {
            std::vector<std::int64_t> settled;
            for (const ports::ReleaseEnd& end : ends) {
                if (settle_one(connection, end)) {
                    settled.push_back(end.id);
                }
            }
            return settled;
        });
    });
}

core::Result<std::vector<std::int64_t>, StoreError> SqliteHeld::end(
    std::span<const std::int64_t> ids,
    ports::InDoubt in_doubt,
    HeldState state,
    std::string_view why,
    core::TimePoint now) {
    if (state != HeldState::Returned && state != HeldState::Discarded) {
        return std::unexpected(StoreError{"an item ends as returned or discarded"});
    }
    return at_store_boundary([&] {
        return database_.write([&](Connection& connection) {
            std::vector<std::int64_t> ended;
            for (const std::int64_t id : ids) {
                if (can_act_on(connection, id, in_doubt) &&
                    move(connection, id, HeldState::Held, state, why, now)) {
                    ended.push_back(id);
                }
            }
            return ended;
        });
    });
}

core::Result<ports::GivenBack, StoreError> SqliteHeld::give_back(std::span<const std::int64_t> ids,
                                                                 ports::InDoubt in_doubt,
                                                                 const ports::NewHold& dsn,
                                                                 std::string_view why,
                                                                 core::TimePoint now) {
    const auto are_all = [&](Connection& connection) {
        return std::ranges::all_of(
            ids, [&](std::int64_t id) { return can_act_on(connection, id, in_doubt); });
    };
    return at_store_boundary([&] {
        return database_.write([&](Connection& connection) {
            if (!are_all(connection)) {
                return ports::GivenBack::No;
            }
            const std::vector<ports::HoldOutcome> written = write_hold(connection, dsn);
            for (const std::int64_t id : ids) {
                static_cast<void>(
                    move(connection, id, HeldState::Held, HeldState::Returned, why, now));
            }
            return std::ranges::all_of(written, &ports::HoldOutcome::already_held)
                       ? ports::GivenBack::ToldBefore
                       : ports::GivenBack::Yes;
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

core::Result<bool, StoreError> SqliteHeld::readdress(std::int64_t id,
                                                     std::string_view address,
                                                     std::string_view why,
                                                     core::TimePoint now) {
    return at_store_boundary([&] {
        return database_.write([&](Connection& connection) {
            connection
                .query(
                    "UPDATE held_recipient SET address = ?, domain = ? "
                    "WHERE id = ? AND state = 'held' AND in_doubt = 0 AND NOT EXISTS "
                    "(SELECT 1 FROM held_recipient o WHERE o.spool_id = held_recipient.spool_id "
                    "AND o.id <> held_recipient.id AND lower(o.address) = lower(?))")
                .bind(address)
                .bind(domain_of(address))
                .bind(id)
                .bind(address)
                .run();
            if (connection.changes() == 0) {
                return false;
            }
            write_event(connection, id, terms::HeldState::Held, terms::HeldState::Held, why, now);
            return true;
        });
    });
}

core::Result<std::optional<ports::ReleaseGrant>, StoreError> SqliteHeld::claim_token(
    std::string_view token_hash, std::string_view queue_id, core::TimePoint now) {
    const auto claim = [&](Connection& connection) {
        std::optional<ports::ReleaseGrant> grant;
        {
            Query query = connection.query(
                "SELECT r.spool_id, m.sender, r.address, m.kind FROM release_token t "
                "JOIN held_recipient r ON r.token = t.hash "
                "JOIN held_message m ON m.spool_id = r.spool_id "
                "WHERE t.hash = ? AND t.used_at IS NULL ORDER BY r.id");
            query.bind(token_hash);
            while (query.step()) {
                if (!grant.has_value()) {
                    grant = ports::ReleaseGrant{
                        .spool_id = query.text(0),
                        .sender = query.text(1),
                        .kind =
                            terms::parse_held_kind(query.text(3)).value_or(terms::HeldKind::Mail),
                        .addresses = {}};
                }
                grant->addresses.push_back(query.text(2));
            }
        }
        if (grant.has_value()) {
            connection.query("UPDATE release_token SET used_at = ? WHERE hash = ?")
                .bind(now)
                .bind(token_hash)
                .run();
            connection
                .query("UPDATE held_recipient SET mta_queue_id = ?, mta_since = ? WHERE token = ?")
                .bind(queue_id)
                .bind(now)
                .bind(token_hash)
                .run();
        }
        return grant;
    };
    return at_store_boundary([&] { return database_.write(claim); });
}

}  // namespace holdback::io::sqlite
