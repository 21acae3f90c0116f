// SPDX-License-Identifier: Apache-2.0
#include "io/state/spool_pair.hpp"

#include "core/clock.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_held.hpp"
#include "io/sqlite/sqlite_schema.hpp"
#include "io/state/use_lock.hpp"
#include "ports/held_acts.hpp"
#include "terms/held.hpp"
#include "terms/spool_pair.hpp"
#include "tests/support/temp_dir.hpp"

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include <doctest/doctest.h>

namespace {

using namespace holdback;
using support::TempDir;

constexpr core::TimePoint kNow{std::chrono::milliseconds(1'700'000'000'000)};

void hold(io::sqlite::SqliteHeld& held, const std::string& spool_id) {
    terms::HeldMessage message;
    message.spool_id = spool_id;
    message.held_at = kNow;
    terms::HeldRecipient recipient;
    recipient.address = "a@example.net";
    REQUIRE(ports::hold(held, message, std::array{recipient}).has_value());
}

}  // namespace

TEST_CASE("a store or spool is in use by one at a time, until he lets it go") {
    const TempDir directory;
    const std::string spool = directory.file("held");
    {
        const auto first = io::state::lock_spool(spool);
        REQUIRE(first.has_value());
        const auto second = io::state::lock_spool(spool);
        REQUIRE_FALSE(second.has_value());
        CHECK(second.error().why == io::state::UseError::Why::InUse);
        CHECK(second.error().what.starts_with(spool + "/lock: "));
    }
    CHECK(io::state::lock_spool(spool).has_value());
    CHECK(io::state::lock_store(directory.file("db")).has_value());
    const auto nowhere = io::state::lock_store(directory.file("absent/db"));
    REQUIRE_FALSE(nowhere.has_value());
    CHECK(nowhere.error().why == io::state::UseError::Why::Trouble);
    std::filesystem::create_symlink("/etc/passwd", directory.file("link.lock"));
    CHECK_FALSE(io::state::lock_store(directory.file("link")).has_value());
}

TEST_CASE("the marks of a pair follow the changes of held mail, the store first") {
    const TempDir directory;
    const std::string spool = directory.path();
    io::sqlite::Database database(
        {.path = directory.file("db"), .migrations = io::sqlite::schema_steps()});
    io::sqlite::SqliteHeld held(database);
    CHECK_FALSE(io::state::read_store_mark(database).has_value());
    CHECK_FALSE(io::state::read_spool_mark(spool).value().has_value());

    const auto made = io::state::make_pair(database, spool);
    REQUIRE(made.has_value());
    CHECK(made->id.size() == 32);
    CHECK(io::state::read_store_mark(database) == *made);
    CHECK(io::state::read_spool_mark(spool).value() == *made);

    io::state::PairKeeper keeper(spool, *made);
    REQUIRE(keeper.keep(database).has_value());
    REQUIRE(keeper.keep(database).has_value());
    CHECK(io::state::read_spool_mark(spool).value()->generation == 2);
    hold(held, "s1");
    REQUIRE(keeper.keep(database).has_value());
    CHECK(io::state::read_store_mark(database)->generation == 3);
    CHECK(io::state::read_spool_mark(spool).value()->generation == 3);

    // A spool that takes no mark leaves the store one ahead, however often it is tried.
    std::filesystem::remove(directory.file("pair"));
    std::filesystem::create_directory(directory.file("pair"));
    hold(held, "s2");
    CHECK_FALSE(keeper.keep(database).has_value());
    CHECK_FALSE(keeper.keep(database).has_value());
    CHECK(io::state::read_store_mark(database)->generation == 4);
    std::filesystem::remove(directory.file("pair"));
    REQUIRE(keeper.keep(database).has_value());
    CHECK(io::state::read_spool_mark(spool).value()->generation == 4);
}

TEST_CASE("what is no mark is none") {
    const TempDir directory;
    std::ofstream(directory.file("pair")) << "odd";
    CHECK_FALSE(io::state::read_spool_mark(directory.path()).value().has_value());
}
