// SPDX-License-Identifier: Apache-2.0
// What the daemon asks of its store every second costs what there is to do, not what is held.
// SQLite itself tells of each statement that runs.

#include "core/clock.hpp"
#include "io/sqlite/sqlite_campaigns.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_decisions.hpp"
#include "io/sqlite/sqlite_digest.hpp"
#include "io/sqlite/sqlite_held.hpp"
#include "io/sqlite/sqlite_journal.hpp"
#include "io/sqlite/sqlite_notices.hpp"
#include "io/sqlite/sqlite_schema.hpp"
#include "ports/held_acts.hpp"
#include "ports/held_store.hpp"
#include "terms/held.hpp"
#include "tests/support/temp_dir.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <sqlite3.h>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace {

using namespace std::chrono_literals;
using holdback::core::TimePoint;
using holdback::ports::HeldFilter;
using holdback::ports::HeldItem;
using holdback::terms::HeldState;

constexpr int kHeld = 20'000;
/// Steps of SQLite's machine for one statement that gives 200 items; a look at each held row takes
/// four times as many.
constexpr int kMostSteps = 20'000;
constexpr TimePoint kNow{1'700'000'000'000ms};

/// The statements that have run, with the steps that the dearest run of each took.
class Watch {
public:
    Watch() { sqlite3_auto_extension(entry()); }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    Watch(Watch&&) = delete;
    Watch& operator=(Watch&&) = delete;
    ~Watch() { sqlite3_cancel_auto_extension(entry()); }

    static std::map<std::string, int> take() {
        const std::scoped_lock lock(mutex());
        return std::exchange(seen(), {});
    }

private:
    using Entry = void (*)();

    static std::mutex& mutex() {
        static std::mutex the_mutex;
        return the_mutex;
    }
    static std::map<std::string, int>& seen() {
        static std::map<std::string, int> all;
        return all;
    }
    static int note(unsigned /*what*/, void* /*context*/, void* statement, void* /*time*/) {
        auto* const ran = static_cast<sqlite3_stmt*>(statement);
        const int steps = sqlite3_stmt_status(ran, SQLITE_STMTSTATUS_VM_STEP, 1);
        const std::scoped_lock lock(mutex());
        int& most = seen()[sqlite3_sql(ran)];
        most = std::max(most, steps);
        return 0;
    }
    static int attach(sqlite3* database, char** /*error*/, const void* /*api*/) {
        return sqlite3_trace_v2(database, SQLITE_TRACE_PROFILE, &Watch::note, nullptr);
    }
    static Entry entry() {
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): SQLite declares it so
        return reinterpret_cast<Entry>(&Watch::attach);
    }
};

void hold_many(holdback::io::sqlite::SqliteHeld& held) {
    std::vector<holdback::ports::NewHold> holds;
    for (int i = 0; i < kHeld; ++i) {
        holdback::ports::NewHold hold;
        hold.message.spool_id = fmt::format("{:012x}-{:016x}", i, i);
        hold.message.sender = "news@example.org";
        hold.message.held_at = kNow;
        holdback::terms::HeldRecipient recipient;
        recipient.address = fmt::format("user{}@example.net", i);
        recipient.expires_at = kNow + 168h;
        recipient.recheck_at = kNow + 6h;
        // Some are to be tried again later.
        if (i % 2 == 0) {
            recipient.release_at = kNow + 1h;
        }
        hold.recipients.push_back(std::move(recipient));
        holds.push_back(std::move(hold));
    }
    REQUIRE(holdback::ports::hold_together(held, holds).has_value());
}

std::vector<std::string> plan_of(sqlite3* database, const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    const std::string explain = "EXPLAIN QUERY PLAN " + sql;
    REQUIRE(sqlite3_prepare_v2(database, explain.c_str(), -1, &statement, nullptr) == SQLITE_OK);
    std::vector<std::string> plan;
    while (sqlite3_step(statement) == SQLITE_ROW) {
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets as text
        plan.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(statement, 3)));
    }
    sqlite3_finalize(statement);
    return plan;
}

std::size_t count(holdback::io::sqlite::SqliteHeld& held, const HeldFilter& filter) {
    std::size_t number = 0;
    REQUIRE(held.list(filter,
                      [&](const HeldItem& /*item*/) {
                          ++number;
                          return number < 200;
                      })
                .has_value());
    return number;
}

}  // namespace

TEST_CASE("at rest, no statement that comes again and again looks at all that is held") {
    const Watch watch;
    const holdback::support::TempDir directory;
    const std::string path = directory.file("holdback.db");
    holdback::io::sqlite::Database database(
        {.path = path, .migrations = holdback::io::sqlite::schema_steps()});
    holdback::io::sqlite::SqliteHeld held(database);
    holdback::io::sqlite::SqliteNotices notices(database);
    holdback::io::sqlite::SqliteDigest digest(database);
    holdback::io::sqlite::SqliteJournal journal(database);
    holdback::io::sqlite::SqliteDecisions decisions(database);
    holdback::io::sqlite::SqliteCampaigns campaigns(database);
    hold_many(held);
    static_cast<void>(Watch::take());

    HeldFilter due;
    due.states = {HeldState::Held};
    due.in_doubt = false;
    due.release_due = kNow;
    CHECK(count(held, due) == 0);
    due.release_due = kNow + 2h;
    CHECK(count(held, due) == 200);
    HeldFilter expired;
    expired.states = {HeldState::Held};
    expired.kind = holdback::terms::HeldKind::Mail;
    expired.expired = kNow;
    CHECK(count(held, expired) == 0);
    HeldFilter recheck;
    recheck.states = {HeldState::Held};
    recheck.kind = holdback::terms::HeldKind::Mail;
    recheck.in_doubt = false;
    recheck.recheck_due = kNow;
    CHECK(count(held, recheck) == 0);
    HeldFilter in_doubt;
    in_doubt.states = {HeldState::Held, HeldState::Returned};
    in_doubt.in_doubt = true;
    CHECK(count(held, in_doubt) == 0);
    CHECK(held.removable_spool_ids(1000).value().empty());
    CHECK(held.purge_ended(kNow).value() == 0);
    CHECK(notices.taken().value().empty());
    CHECK(notices.due(kNow).value().empty());
    CHECK(notices.forget_untold().has_value());
    CHECK(notices.purge(kNow).has_value());
    CHECK(digest.last_digest().has_value());
    CHECK(decisions.append({}, {.keep = 24h, .entries = 1000}, kNow).has_value());
    CHECK(
        campaigns
            .forget(
                {.copies_since = kNow, .copies = 1000, .campaigns_since = kNow, .campaigns = 1000})
            .has_value());

    const std::map<std::string, int> ran = Watch::take();
    CHECK(ran.size() > 12);
    sqlite3* reader = nullptr;
    REQUIRE(sqlite3_open(path.c_str(), &reader) == SQLITE_OK);
    for (const auto& [sql, steps] : ran) {
        CAPTURE(sql);
        CHECK(steps < kMostSteps);
        if (!sql.starts_with("SELECT") && !sql.starts_with("DELETE")) {
            continue;
        }
        for (const std::string& line : plan_of(reader, sql)) {
            CAPTURE(line);
            const bool all_held = line.find("held_recipient_by_state") != std::string::npos ||
                                  line == "SCAN r" || line == "SCAN m" ||
                                  line == "SCAN held_recipient" || line == "SCAN held_message";
            CHECK_FALSE(all_held);
        }
    }
    sqlite3_close(reader);
}

TEST_CASE("what is due comes in the order of its time, all of it, each once") {
    const holdback::support::TempDir directory;
    holdback::io::sqlite::Database database({.path = directory.file("holdback.db"),
                                             .migrations = holdback::io::sqlite::schema_steps()});
    holdback::io::sqlite::SqliteHeld held(database);
    std::vector<holdback::ports::NewHold> holds;
    constexpr int kItems = 6'000;  // more than two pages
    for (int i = 0; i < kItems; ++i) {
        holdback::ports::NewHold hold;
        hold.message.spool_id = fmt::format("{:012x}-{:016x}", i, i);
        hold.message.held_at = kNow;
        holdback::terms::HeldRecipient recipient;
        recipient.address = fmt::format("user{}@example.net", i);
        recipient.release_at = kNow + std::chrono::minutes((i * 7) % 100);
        hold.recipients.push_back(std::move(recipient));
        holds.push_back(std::move(hold));
    }
    REQUIRE(holdback::ports::hold_together(held, holds).has_value());
    HeldFilter due;
    due.states = {HeldState::Held};
    due.release_due = kNow + 49min;
    std::vector<std::pair<TimePoint, std::int64_t>> found;
    REQUIRE(held.list(due,
                      [&](const HeldItem& item) {
                          found.emplace_back(*item.recipient.release_at, item.recipient.id);
                          return true;
                      })
                .has_value());
    CHECK(found.size() == kItems / 2);
    CHECK(std::ranges::is_sorted(found));
    CHECK(std::ranges::adjacent_find(found) == found.end());
}
