// SPDX-License-Identifier: Apache-2.0
// How much a sender has released by answers to notices.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_notices.hpp"
#include "ports/notice_store.hpp"
#include "ports/suppression_store.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace holdback::io::sqlite {

using ports::StoreError;

namespace {

struct Spending {
    core::TimePoint at;
    std::size_t count;
};

std::vector<Spending> spendings(Connection& connection,
                                std::string_view account,
                                core::TimePoint since) {
    Query query = connection.query(
        "SELECT at, count FROM notice_spending WHERE account = ? AND at > ? ORDER BY at, id");
    query.bind(account).bind(since);
    std::vector<Spending> found;
    while (query.step()) {
        found.push_back({query.time(0), static_cast<std::size_t>(query.integer(1))});
    }
    return found;
}

struct LastSpending {
    std::int64_t id;
    std::size_t count;
};

/// The last spending that was not given back.
std::optional<LastSpending> last_spending(Connection& connection,
                                          std::string_view account,
                                          core::TimePoint now) {
    Query query = connection.query(
        "SELECT id, count FROM notice_spending WHERE account = ? AND at <= ? AND count > 0 "
        "ORDER BY at DESC, id DESC LIMIT 1");
    query.bind(account).bind(now);
    if (!query.step()) {
        return std::nullopt;
    }
    return LastSpending{.id = query.integer(0),
                        .count = static_cast<std::size_t>(query.integer(1))};
}

/// The time at which enough of the oldest has left the window for `count` more; nullopt: never.
std::optional<core::TimePoint> fits_at(const std::vector<Spending>& spent,
                                       std::size_t used,
                                       std::size_t count,
                                       const config::Rate& budget) {
    if (count > budget.count) {
        return std::nullopt;
    }
    for (const Spending& each : spent) {
        used -= std::min(used, each.count);
        if (used + count <= budget.count) {
            return each.at + budget.window;
        }
    }
    return std::nullopt;
}

}  // namespace

core::Result<ports::BudgetAnswer, StoreError> SqliteNotices::spend(std::string_view account,
                                                                   std::size_t count,
                                                                   const config::Rate& budget,
                                                                   core::TimePoint now) {
    return at_store_boundary([&] {
        return database_.write([&](Connection& connection) {
            const std::vector<Spending> spent = spendings(connection, account, now - budget.window);
            ports::BudgetAnswer answer;
            for (const Spending& each : spent) {
                answer.used += each.count;
            }
            if (answer.used + count > budget.count) {
                answer.again_at = fits_at(spent, answer.used, count, budget);
                return answer;
            }
            connection.query("INSERT INTO notice_spending (account, at, count) VALUES (?, ?, ?)")
                .bind(account)
                .bind(now)
                .bind(static_cast<std::int64_t>(count))
                .run();
            answer.granted = true;
            answer.used += count;
            return answer;
        });
    });
}

core::Result<std::size_t, StoreError> SqliteNotices::used(std::string_view account,
                                                          const config::Rate& budget,
                                                          core::TimePoint now) {
    return at_store_boundary([&] {
        return database_.read([&](Connection& connection) {
            std::size_t used = 0;
            for (const Spending& each : spendings(connection, account, now - budget.window)) {
                used += each.count;
            }
            return used;
        });
    });
}

core::Result<void, StoreError> SqliteNotices::give_back(std::string_view account,
                                                        std::size_t count,
                                                        core::TimePoint now) {
    return at_store_boundary([&] {
        database_.write([&](Connection& connection) {
            std::size_t left = count;
            while (left > 0) {
                const std::optional<LastSpending> last = last_spending(connection, account, now);
                if (!last.has_value()) {
                    return;
                }
                const std::size_t back = std::min(left, last->count);
                connection.query("UPDATE notice_spending SET count = count - ? WHERE id = ?")
                    .bind(static_cast<std::int64_t>(back))
                    .bind(last->id)
                    .run();
                left -= back;
            }
        });
    });
}

}  // namespace holdback::io::sqlite
