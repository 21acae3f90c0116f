// SPDX-License-Identifier: Apache-2.0
#include "dsn/outage.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace holdback::dsn {

namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr core::TimePoint kStart{std::chrono::seconds(1'790'000'000)};

std::string bo(std::size_t number) {
    return "bo" + std::to_string(number) + "@example.net";
}

/// Bounces of `count` recipients, a minute apart; the outage that they opened.
std::optional<Outage> bounce_all(OutageWatch& watch,
                                 std::size_t count,
                                 core::TimePoint from,
                                 const config::OutageSettings& settings,
                                 std::string_view provider = "google.com") {
    std::optional<Outage> opened;
    for (std::size_t i = 0; i < count; ++i) {
        if (auto outage = watch.bounced(provider, bo(i), from + minutes(i), settings)) {
            CHECK_FALSE(opened.has_value());
            opened = outage;
        }
    }
    return opened;
}

}  // namespace

TEST_CASE("an outage opens when enough known-good recipients bounce, and says when it began") {
    const config::OutageSettings settings;
    OutageWatch watch;
    CHECK_FALSE(bounce_all(watch, 9, kStart, settings).has_value());
    CHECK_FALSE(watch.is_open("google.com"));
    const auto opened = watch.bounced("google.com", bo(9), kStart + minutes(9), settings);
    REQUIRE(opened.has_value());
    CHECK(opened->provider == "google.com");
    CHECK(opened->began == kStart);
    CHECK(opened->opened == kStart + minutes(9));
    CHECK(opened->bounced == 10);
    CHECK(opened->accepted == 0);
    CHECK(watch.is_open("google.com"));
    CHECK_FALSE(watch.is_open("example.org"));
    CHECK(watch.open().size() == 1);
}

TEST_CASE("recipients count once, however often they bounce") {
    const config::OutageSettings settings;
    OutageWatch watch;
    for (int i = 0; i < 50; ++i) {
        CHECK_FALSE(watch.bounced("google.com", bo(1), kStart, settings).has_value());
    }
}

TEST_CASE("a few bounces among many deliveries are no outage") {
    const config::OutageSettings settings;  // ten, and one in ten
    OutageWatch watch;
    for (std::size_t i = 0; i < 1000; ++i) {
        watch.accepted("google.com", "eva" + std::to_string(i), kStart, settings);
    }
    CHECK_FALSE(bounce_all(watch, 50, kStart, settings).has_value());
    // 112 of 1,112 are one in ten.
    CHECK(bounce_all(watch, 112, kStart - minutes(55), settings).has_value());
}

TEST_CASE("what is older than the window does not count") {
    const config::OutageSettings settings;
    OutageWatch watch;
    for (std::size_t i = 0; i < 100; ++i) {
        // One every seven minutes: never more than nine within an hour.
        CHECK_FALSE(
            watch.bounced("google.com", bo(i), kStart + (minutes(7) * i), settings).has_value());
    }
}

TEST_CASE("an outage closes by itself, and may open again") {
    const config::OutageSettings settings;
    OutageWatch watch;
    REQUIRE(bounce_all(watch, 10, kStart, settings).has_value());
    const core::TimePoint opened = kStart + minutes(9);
    CHECK(watch.close_ended(opened + minutes(59), settings).empty());
    // It goes on: nobody knows how long.
    CHECK_FALSE(bounce_all(watch, 30, opened + minutes(20), settings).has_value());
    CHECK(watch.close_ended(opened + hours(1), settings).empty());
    const auto ended = watch.close_ended(opened + hours(2), settings);
    REQUIRE(ended.size() == 1);
    CHECK(ended.front().closed == opened + hours(2));
    CHECK(ended.front().began == kStart);
    CHECK(ended.front().bounced == 30);
    CHECK_FALSE(watch.is_open("google.com"));
    CHECK(watch.close_ended(opened + hours(3), settings).empty());
    const auto again = bounce_all(watch, 10, opened + hours(5), settings);
    REQUIRE(again.has_value());
    CHECK(again->began == opened + hours(5));
}

TEST_CASE("an outage outlives the program") {
    const config::OutageSettings settings;
    OutageWatch watch;
    const Outage before{.provider = "google.com", .began = kStart, .opened = kStart + minutes(9)};
    watch.restore(before);
    CHECK(watch.is_open("google.com"));
    CHECK(watch.close_ended(kStart + minutes(68), settings).empty());
    CHECK(watch.close_ended(kStart + minutes(69), settings).size() == 1);
}

TEST_CASE("the watch is bounded, and an open outage is forgotten last") {
    config::OutageSettings settings;
    settings.minimum = 1;
    OutageWatch watch;
    REQUIRE(watch.bounced("broken.example", "bo", kStart, settings).has_value());
    for (std::size_t i = 0; i < 5000; ++i) {
        watch.accepted("p" + std::to_string(i), "bo", kStart + minutes(1), settings);
    }
    CHECK(watch.is_open("broken.example"));
    settings.minimum = 10'000;
    for (std::size_t i = 0; i < 50'000; ++i) {
        static_cast<void>(watch.bounced("big.example", bo(i), kStart, settings));
    }
    settings.minimum = 10;
    const auto opened = watch.bounced("big.example", bo(0), kStart, settings);
    REQUIRE_FALSE(opened.has_value());  // opened by the ten thousandth
    CHECK(watch.is_open("big.example"));
    CHECK(watch.open().back().bounced <= 20'000);
}

}  // namespace holdback::dsn
