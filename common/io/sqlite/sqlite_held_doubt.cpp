// SPDX-License-Identifier: Apache-2.0
// Doubt about held mail, how it ends, and what a crash left behind.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_held.hpp"
#include "io/sqlite/sqlite_held_rows.hpp"
#include "ports/held_store.hpp"
#include "ports/suppression_store.hpp"
#include "terms/held.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::io::sqlite {

namespace {

using ports::StoreError;
using terms::HeldState;

/// What stands with a held item whose message the MTA may have let pass.
constexpr std::string_view kInDoubt =
    "the program ended before the MTA had its answer about this message: look in its log whether "
    "it was delivered before releasing it";

/// Why a DSN is not sent.
constexpr std::string_view kNobodyLeft =
    "by the MTA's log, everybody whom this DSN would tell of has got the mail";

void note_lasting_doubt(Connection& connection,
                        std::int64_t id,
                        std::string_view why,
                        core::TimePoint now) {
    static_cast<void>(move(connection, id, HeldState::Held, HeldState::Held, why, now));
    connection.query("UPDATE held_recipient SET last_answer = ? WHERE id = ?")
        .bind(why)
        .bind(id)
        .run();
}

/// False when the item is not in doubt any more, or about another message.
bool settle_copy(Connection& connection, const ports::FoundCopy& copy, core::TimePoint now) {
    Query query = connection.query(
        "SELECT state FROM held_recipient WHERE id = ? AND in_doubt = 1 AND mta_queue_id = ? "
        "AND state IN ('held', 'returned')");
    query.bind(copy.id).bind(copy.queue_id);
    if (!query.step() ||
        !move(connection, copy.id, state_of(query, 0), HeldState::Released, copy.text, now)) {
        return false;
    }
    connection.query("UPDATE held_recipient SET in_doubt = 0, last_answer = ? WHERE id = ?")
        .bind(copy.text)
        .bind(copy.id)
        .run();
    return true;
}

/// Discards the DSN in doubt about an original, of whose recipients all have got their copy.
void discard_idle_dsns(Connection& connection, std::string_view queue_id, core::TimePoint now) {
    Query left = connection.query(
        "SELECT 1 FROM held_recipient WHERE in_doubt = 1 AND state = 'returned' "
        "AND mta_queue_id = ?");
    left.bind(queue_id);
    if (left.step()) {
        return;
    }
    Query dsns = connection.query(
        "SELECT r.id FROM held_recipient r JOIN held_message m ON m.spool_id = r.spool_id "
        "WHERE m.kind = 'own' AND r.in_doubt = 1 AND r.state = 'held' AND r.attempts = 0 "
        "AND r.mta_queue_id = ?");
    dsns.bind(queue_id);
    std::vector<std::int64_t> ids;
    while (dsns.step()) {
        ids.push_back(dsns.integer(0));
    }
    for (const std::int64_t id : ids) {
        static_cast<void>(
            move(connection, id, HeldState::Held, HeldState::Discarded, kNobodyLeft, now));
        connection.query("UPDATE held_recipient SET in_doubt = 0, last_answer = ? WHERE id = ?")
            .bind(kNobodyLeft)
            .bind(id)
            .run();
    }
}

}  // namespace

core::Result<void, StoreError> SqliteHeld::settle_doubt(
    std::span<const ports::TakenAnswer> answers) {
    return at_store_boundary([&] {
        database_.write_soon([&](Connection& connection) {
            // What was tried to be released is in doubt about that, unless the message came again.
            Query query = connection.query(
                "UPDATE held_recipient SET in_doubt = 0 "
                "WHERE id = ? AND (attempts = 0 OR mta_queue_id = ?)");
            for (const ports::TakenAnswer& answer : answers) {
                for (const std::int64_t id : answer.ids) {
                    query.again().bind(id).bind(answer.queue_id).run();
                }
            }
        });
    });
}

core::Result<void, StoreError> SqliteHeld::note_doubt(std::span<const std::int64_t> ids,
                                                      std::string_view why,
                                                      core::TimePoint now) {
    return at_store_boundary([&] {
        database_.write([&](Connection& connection) {
            for (const std::int64_t id : ids) {
                Query query = connection.query(
                    "SELECT 1 FROM held_recipient "
                    "WHERE id = ? AND in_doubt = 1 AND state = 'held' AND last_answer = ''");
                query.bind(id);
                if (query.step()) {
                    note_lasting_doubt(connection, id, why, now);
                }
            }
        });
    });
}

core::Result<std::vector<std::int64_t>, StoreError> SqliteHeld::settle_dropped(
    std::string_view queue_id, core::TimePoint at, std::string_view why, core::TimePoint now) {
    // One that was tried to be released is in doubt about another message.
    constexpr std::string_view kWhich =
        "WHERE in_doubt = 1 AND attempts = 0 AND mta_queue_id = ? AND mta_since <= ?";
    const auto find = [&](Connection& connection) {
        Query query = connection.query(
            fmt::format("SELECT id, last_answer <> '' FROM held_recipient {}", kWhich));
        query.bind(queue_id).bind(at);
        std::map<std::int64_t, bool> found;
        while (query.step()) {
            found.emplace(query.integer(0), query.integer(1) != 0);
        }
        return found;
    };
    const auto settle_all = [&](Connection& connection) {
        std::vector<std::int64_t> seen;
        for (const auto& [id, was_seen] : find(connection)) {
            connection.query("UPDATE held_recipient SET in_doubt = 0 WHERE id = ?").bind(id).run();
            has_no_copy(connection, id);
            if (was_seen && move(connection, id, HeldState::Held, HeldState::Held, why, now)) {
                connection.query("UPDATE held_recipient SET last_answer = '' WHERE id = ?")
                    .bind(id)
                    .run();
                seen.push_back(id);
            }
        }
        return seen;
    };
    return at_store_boundary([&] {
        // Nearly always there is nothing: no other writer waits for that.
        if (database_.read(find).empty()) {
            return std::vector<std::int64_t>{};
        }
        return database_.write(settle_all);
    });
}

core::Result<std::vector<std::int64_t>, StoreError> SqliteHeld::settle_found(
    std::span<const ports::FoundCopy> copies, core::TimePoint now) {
    return at_store_boundary([&] {
        return database_.write([&](Connection& connection) {
            std::vector<std::int64_t> settled;
            std::set<std::string_view> queue_ids;
            for (const ports::FoundCopy& copy : copies) {
                if (settle_copy(connection, copy, now)) {
                    settled.push_back(copy.id);
                    queue_ids.insert(copy.queue_id);
                }
            }
            for (const std::string_view queue_id : queue_ids) {
                discard_idle_dsns(connection, queue_id, now);
            }
            return settled;
        });
    });
}

core::Result<ports::Recovered, StoreError> SqliteHeld::recover(core::TimePoint now) {
    const auto ids_of = [](Connection& connection, std::string_view sql) {
        std::vector<std::int64_t> ids;
        Query query = connection.query(sql);
        while (query.step()) {
            ids.push_back(query.integer(0));
        }
        return ids;
    };
    const auto put_all_back = [&](Connection& connection) {
        const auto interrupted = ids_of(
            connection,
            "SELECT r.id FROM held_recipient r LEFT JOIN release_token t ON t.hash = r.token "
            "WHERE r.state = 'releasing' AND t.used_at IS NULL AND t.sent_at IS NULL "
            "ORDER BY r.id");
        for (const std::int64_t id : interrupted) {
            static_cast<void>(put_back(
                connection, id, "interrupted by the end of the program", now, Doubt::No, now));
        }
        auto in_doubt = ids_of(connection,
                               "SELECT id FROM held_recipient WHERE in_doubt = 1 AND "
                               "state = 'held' AND last_answer = '' ORDER BY id");
        for (const std::int64_t id : in_doubt) {
            note_lasting_doubt(connection, id, kInDoubt, now);
        }
        return ports::Recovered{.put_back = interrupted.size(), .in_doubt = std::move(in_doubt)};
    };
    return at_store_boundary([&] { return database_.write(put_all_back); });
}

}  // namespace holdback::io::sqlite
