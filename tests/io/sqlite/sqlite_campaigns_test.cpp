// SPDX-License-Identifier: Apache-2.0
#include "io/sqlite/sqlite_campaigns.hpp"

#include "core/clock.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_schema.hpp"
#include "outbound/campaign.hpp"
#include "ports/campaign_store.hpp"
#include "tests/support/memory_campaigns.hpp"
#include "tests/support/temp_dir.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::io::sqlite {

namespace {

using namespace std::chrono_literals;
using outbound::Campaign;
using outbound::CampaignState;
using ports::SentCopy;
using ports::SentKey;

constexpr core::TimePoint kNow{1'700'000'000'000ms};

struct Sqlite {
    support::TempDir directory;
    Database database{{.path = directory.file("holdback.db"), .migrations = schema_steps()}};
    SqliteCampaigns store{database};
};

struct Memory {
    support::MemoryCampaignStore store;
};

Campaign campaign(std::string key,
                  core::TimePoint seen_at = kNow,
                  CampaignState state = CampaignState::Running) {
    return {.key = std::move(key),
            .name = "S\xC3\xB6mmer'; DROP TABLE campaign; --",
            .text = {.sender = "ann news@a.test", .name = "fp:1", .sketch = {0, 7, 4'294'967'295}},
            .shown_sender = "news@a.test",
            .recipients = 120,
            .bad = 30,
            .state = state,
            .seen_at = seen_at};
}

std::vector<SentKey> keys_of(const std::vector<SentCopy>& copies) {
    std::vector<SentKey> keys;
    keys.reserve(copies.size());
    for (const SentCopy& copy : copies) {
        keys.push_back(copy.key);
    }
    std::ranges::sort(keys);
    return keys;
}

std::vector<std::string> keys_of(const std::vector<Campaign>& campaigns) {
    std::vector<std::string> keys;
    keys.reserve(campaigns.size());
    for (const Campaign& each : campaigns) {
        keys.push_back(each.key);
    }
    return keys;
}

}  // namespace

TEST_CASE_TEMPLATE("who got what is remembered, and asked within a time", Place, Sqlite, Memory) {
    Place place;
    ports::CampaignStore& store = place.store;
    const std::vector<SentKey> all{INT64_MIN, -1, 0, 5, INT64_MAX};
    CHECK(store.sent(all, kNow - 24h)->empty());
    REQUIRE(store
                .remember_sent(std::vector<SentCopy>{
                    {INT64_MIN, kNow}, {5, kNow - 2h}, {INT64_MAX, kNow - 30h}})
                .has_value());
    CHECK(keys_of(*store.sent(all, kNow - 24h)) == std::vector<SentKey>{INT64_MIN, 5});
    CHECK(store.sent(std::vector<SentKey>{5}, kNow - 24h)->front() == SentCopy{5, kNow - 2h});
    // Written in any order, the last time stays.
    REQUIRE(store.remember_sent(std::vector<SentCopy>{{5, kNow - 1h}}).has_value());
    REQUIRE(store.remember_sent(std::vector<SentCopy>{{5, kNow - 3h}}).has_value());
    CHECK(store.sent(std::vector<SentKey>{5}, kNow - 24h)->front().at == kNow - 1h);
    // What did not arrive is forgotten, whoever was never known.
    REQUIRE(store.forget_sent(std::vector<SentKey>{INT64_MIN, 7}).has_value());
    CHECK(keys_of(*store.sent(all, kNow - 24h)) == std::vector<SentKey>{5});
}

TEST_CASE_TEMPLATE("campaigns are kept as they are", Place, Sqlite, Memory) {
    Place place;
    ports::CampaignStore& store = place.store;
    Campaign known_by_header = campaign("h", kNow - 1h);
    known_by_header.text = {};
    REQUIRE(store.save(std::vector{campaign("b"), known_by_header}).has_value());
    REQUIRE(store.load(10).has_value());
    CHECK(*store.load(10) == std::vector{known_by_header, campaign("b")});
    const Campaign later = campaign("b", kNow + 1h, CampaignState::Continued);
    REQUIRE(store.save(std::vector{later}).has_value());
    CHECK(store.load(10)->back() == later);
    // The newest, and stopped ones before all.
    REQUIRE(store.save(std::vector{campaign("s", kNow - 5h, CampaignState::Stopped)}).has_value());
    CHECK(keys_of(*store.load(2)) == std::vector<std::string>{"s", "b"});
}

TEST_CASE_TEMPLATE("what is old goes, and the oldest of too many", Place, Sqlite, Memory) {
    Place place;
    ports::CampaignStore& store = place.store;
    std::vector<SentCopy> copies;
    std::vector<SentKey> keys;
    for (SentKey key = 0; key < 10; ++key) {
        copies.push_back({key, kNow - std::chrono::hours(key)});
        keys.push_back(key);
    }
    REQUIRE(store.remember_sent(copies).has_value());
    REQUIRE(store
                .save(std::vector{campaign("old", kNow - 100h),
                                  campaign("stopped", kNow - 50h, CampaignState::Stopped),
                                  campaign("gone", kNow - 100h, CampaignState::Stopped),
                                  campaign("first", kNow - 20h),
                                  campaign("second", kNow - 10h)})
                .has_value());
    REQUIRE(store
                .forget({.copies_since = kNow - 6h,
                         .copies = 100,
                         .campaigns_since = kNow - 60h,
                         .campaigns = 100})
                .has_value());
    CHECK(keys_of(*store.sent(keys, kNow - 1000h)) == std::vector<SentKey>{0, 1, 2, 3, 4, 5, 6});
    CHECK(keys_of(*store.load(10)) == std::vector<std::string>{"stopped", "first", "second"});
    REQUIRE(store
                .forget({.copies_since = kNow - 6h,
                         .copies = 3,
                         .campaigns_since = kNow - 60h,
                         .campaigns = 1})
                .has_value());
    CHECK(keys_of(*store.sent(keys, kNow - 1000h)) == std::vector<SentKey>{0, 1, 2});
    CHECK(keys_of(*store.load(10)) == std::vector<std::string>{"stopped", "second"});
}

TEST_CASE("a database of the version before is taken over") {
    const support::TempDir directory;
    const std::string path = directory.file("holdback.db");
    {
        const Database old({.path = path, .migrations = schema_steps().first(6)});
    }
    Database database({.path = path, .migrations = schema_steps()});
    SqliteCampaigns store(database);
    REQUIRE(store.save(std::vector{campaign("a")}).has_value());
    CHECK(store.load(1)->size() == 1);
}

}  // namespace holdback::io::sqlite
