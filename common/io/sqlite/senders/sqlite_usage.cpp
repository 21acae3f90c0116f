// SPDX-License-Identifier: Apache-2.0
#include "io/sqlite/senders/sqlite_usage.hpp"

#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "limits/limit_set.hpp"
#include "limits/usage.hpp"
#include "ports/suppression_store.hpp"
#include "ports/usage_store.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace holdback::io::sqlite::senders {

namespace {

/// One call of `forget` deletes at most this many rows of a table, so that no message waits long.
constexpr std::int64_t kForgetRows = 20'000;

// A slot is over at (slot + 1) * width + window, with a width of a sixtieth of the window, at least
// a second: see limits::Window. Times of the store are milliseconds.
constexpr std::string_view kLeavesAt = "((slot + 1) * max(window / 60, 1) + window) * 1000";

void add_usage(Connection& connection, std::span<const limits::UsageChange> changes) {
    Query name = connection.query(
        "INSERT OR IGNORE INTO sender_counter (name, key, stream, provider) VALUES (?, ?, ?, ?)");
    Query add = connection.query(
        "INSERT INTO sender_usage (counter, window, slot, recipients) VALUES ((SELECT id FROM "
        "sender_counter WHERE name = ? AND key = ? AND stream = ? AND provider = ?), ?, ?, max(0, "
        "?7)) ON CONFLICT (counter, window, slot) DO UPDATE SET recipients = max(0, recipients + "
        "?7)");
    for (const limits::UsageChange& change : changes) {
        const limits::CounterName& counter = change.counter;
        name.bind(counter.limit)
            .bind(counter.key)
            .bind(counter.stream)
            .bind(counter.provider)
            .run();
        name.again();
        add.bind(counter.limit)
            .bind(counter.key)
            .bind(counter.stream)
            .bind(counter.provider)
            .bind(static_cast<std::int64_t>(change.window.count()))
            .bind(change.slot)
            .bind(change.recipients)
            .run();
        add.again();
    }
}

void add_copies(Connection& connection, std::span<const ports::CountedCopy> copies) {
    Query add =
        connection.query("INSERT OR REPLACE INTO counted_copy (key, at, times) VALUES (?, ?, ?)");
    Query remove = connection.query("DELETE FROM counted_copy WHERE key = ?");
    for (const ports::CountedCopy& copy : copies) {
        if (copy.times > 0) {
            add.bind(copy.key).bind(copy.at).bind(copy.times).run();
            add.again();
        } else {
            remove.bind(copy.key).run();
            remove.again();
        }
    }
}

/// What no longer counts.
struct Old {
    struct Slot {
        std::int64_t counter = 0;
        std::int64_t window = 0;
        std::int64_t slot = 0;
    };
    std::vector<Slot> slots;
    std::vector<std::int64_t> counters;
    std::vector<std::int64_t> copies;
};

Old old_rows(Connection& connection, core::TimePoint now, core::TimePoint copies_since) {
    static const std::string old_slots = fmt::format(
        "SELECT counter, window, slot FROM sender_usage WHERE {} <= ? LIMIT ?", kLeavesAt);
    Old old;
    Query slots = connection.query(old_slots);
    slots.bind(now).bind(kForgetRows);
    while (slots.step()) {
        old.slots.push_back(
            {.counter = slots.integer(0), .window = slots.integer(1), .slot = slots.integer(2)});
    }
    Query counters = connection.query(
        "SELECT id FROM sender_counter WHERE NOT EXISTS (SELECT 1 FROM sender_usage WHERE counter "
        "= id) LIMIT ?");
    counters.bind(kForgetRows);
    while (counters.step()) {
        old.counters.push_back(counters.integer(0));
    }
    Query copies =
        connection.query("SELECT key FROM counted_copy WHERE at < ? ORDER BY at LIMIT ?");
    copies.bind(copies_since).bind(kForgetRows);
    while (copies.step()) {
        old.copies.push_back(copies.integer(0));
    }
    return old;
}

/// Removes rows if they are still old: others write at the same time.
void remove_old(Connection& connection, const Old& old, core::TimePoint copies_since) {
    Query slot =
        connection.query("DELETE FROM sender_usage WHERE counter = ? AND window = ? AND slot = ?");
    for (const Old::Slot& one : old.slots) {
        slot.bind(one.counter).bind(one.window).bind(one.slot).run();
        slot.again();
    }
    Query counter = connection.query(
        "DELETE FROM sender_counter WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM sender_usage WHERE "
        "counter = ?1)");
    std::set<std::int64_t> ids(old.counters.begin(), old.counters.end());
    for (const Old::Slot& one : old.slots) {
        ids.insert(one.counter);
    }
    for (const std::int64_t id : ids) {
        counter.bind(id).run();
        counter.again();
    }
    Query copy = connection.query("DELETE FROM counted_copy WHERE key = ? AND at < ?");
    for (const std::int64_t key : old.copies) {
        copy.bind(key).bind(copies_since).run();
        copy.again();
    }
}

}  // namespace

core::Result<ports::UsageStore::Stored, ports::StoreError> SqliteUsage::load(
    core::TimePoint now, std::size_t most_copies) {
    return at_store_boundary([&] {
        return database_.read([&](Connection& connection) {
            static const std::string sql = fmt::format(
                "SELECT name, key, stream, provider, window, slot, recipients FROM sender_usage "
                "JOIN sender_counter ON id = counter WHERE {} > ?",
                kLeavesAt);
            Stored stored;
            Query usage = connection.query(sql);
            usage.bind(now);
            while (usage.step()) {
                stored.usage.push_back({.counter = {.limit = usage.text(0),
                                                    .key = usage.text(1),
                                                    .stream = usage.text(2),
                                                    .provider = usage.text(3)},
                                        .window = std::chrono::seconds(usage.integer(4)),
                                        .slot = usage.integer(5),
                                        .recipients = usage.integer(6)});
            }
            Query copies = connection.query(
                "SELECT key, at, times FROM counted_copy ORDER BY at DESC LIMIT ?");
            copies.bind(static_cast<std::int64_t>(most_copies));
            while (copies.step()) {
                stored.copies.push_back(
                    {.key = copies.integer(0), .at = copies.time(1), .times = copies.integer(2)});
            }
            std::ranges::reverse(stored.copies);
            return stored;
        });
    });
}

core::Result<void, ports::StoreError> SqliteUsage::add(std::span<const limits::UsageChange> changes,
                                                       std::span<const ports::CountedCopy> copies) {
    return at_store_boundary([&] {
        database_.write_soon([&](Connection& connection) {
            add_usage(connection, changes);
            add_copies(connection, copies);
        });
    });
}

core::Result<void, ports::StoreError> SqliteUsage::forget(core::TimePoint now,
                                                          core::TimePoint copies_since) {
    return at_store_boundary([&] {
        // Looking for what is old walks through whole tables, so it is done without the lock of
        // those who write.
        const Old old = database_.read(
            [&](Connection& connection) { return old_rows(connection, now, copies_since); });
        if (old.slots.empty() && old.counters.empty() && old.copies.empty()) {
            return;
        }
        database_.write_soon(
            [&](Connection& connection) { remove_old(connection, old, copies_since); });
    });
}

}  // namespace holdback::io::sqlite::senders
