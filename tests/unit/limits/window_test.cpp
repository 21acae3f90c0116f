// SPDX-License-Identifier: Apache-2.0
#include "limits/window.hpp"

#include "core/clock.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <random>
#include <utility>

#include <doctest/doctest.h>

namespace holdback::limits {

namespace {

using namespace std::chrono_literals;

constexpr core::TimePoint kNow{1'700'000'000'000ms};

}  // namespace

TEST_CASE("recipients count for the length of the window, and at most a sixtieth longer") {
    for (const std::chrono::seconds length : {60s, 90s, 3600s, 86400s}) {
        CAPTURE(length.count());
        Window window(length);
        window.add(kNow, 5);
        CHECK(window.sum(kNow) == 5);
        CHECK(window.sum(kNow + length) == 5);
        const std::chrono::seconds width = std::max(length / 60, 1s);
        CHECK(window.sum(kNow + length + width) == 0);
    }
}

TEST_CASE("the sum is never less than what came within the window") {
    std::mt19937 random(1);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same in each run
    const std::chrono::seconds length = 600s;
    Window window(length);
    std::deque<std::pair<core::TimePoint, std::size_t>> came;
    core::TimePoint now = kNow;
    for (int step = 0; step < 5000; ++step) {
        now += std::chrono::milliseconds(random() % 20'000);
        came.emplace_back(now, random() % 4);
        window.add(now, came.back().second);
        std::size_t within = 0;
        std::size_t slightly_longer = 0;
        for (const auto& [at, recipients] : came) {
            within += at > now - length ? recipients : 0;
            slightly_longer += at > now - length - length / 60 - 1s ? recipients : 0;
        }
        REQUIRE(window.sum(now) >= within);
        REQUIRE(window.sum(now) <= slightly_longer);
    }
}

TEST_CASE("it tells when there is room again") {
    Window window(60s);
    window.add(kNow, 3);
    window.add(kNow + 10s, 2);
    CHECK(window.falls_to(5, kNow + 20s) == kNow + 20s);
    const core::TimePoint first = window.falls_to(4, kNow + 20s);
    CHECK(window.falls_to(2, kNow + 20s) == first);
    const core::TimePoint last = window.falls_to(1, kNow + 20s);
    CHECK(last == first + 10s);
    CHECK(window.sum(first - 1ms) == 5);
    CHECK(window.sum(first) == 2);
    CHECK(window.sum(last) == 0);
    CHECK(Window::leaves_at(kNow, 60s) == first);
}

TEST_CASE("what did not leave is taken back, and never more than there is") {
    Window window(60s);
    const auto slot = window.add(kNow, 3);
    window.take_back(slot, 2);
    CHECK(window.sum(kNow) == 1);
    window.take_back(slot, 2);
    window.take_back(slot - 1, 1);
    CHECK(window.sum(kNow) == 0);
}

TEST_CASE("a clock that is set back keeps nobody out for longer than the window") {
    Window window(60s);
    window.add(kNow + 3600s, 3);
    CHECK(window.sum(kNow) == 3);
    CHECK(window.sum(kNow + 62s) == 0);
}

}  // namespace holdback::limits
