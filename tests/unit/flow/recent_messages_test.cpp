// SPDX-License-Identifier: Apache-2.0
#include "flow/recent_messages.hpp"

#include "core/clock.hpp"

#include <chrono>
#include <cstddef>
#include <string>

#include <doctest/doctest.h>

namespace holdback::flow {

namespace {

using namespace std::chrono_literals;

constexpr core::TimePoint kNow{1'700'000'000'000ms};

}  // namespace

TEST_CASE("recent messages are bounded, whatever is kept of them") {
    RecentMessages<std::string> recent(1000);
    SUBCASE("also when each is settled at once") {
        for (int i = 0; i < 5000; ++i) {
            const std::string id = "q" + std::to_string(i);
            recent.note(id, kNow, 3, "x");
            recent.forget(id);
        }
        CHECK(recent.messages() == 0);
    }
    SUBCASE("also when nothing is kept of each") {
        for (int i = 0; i < 5000; ++i) {
            recent.note("q" + std::to_string(i), kNow, 0, "x");
        }
        CHECK(recent.messages() == 1000);
        CHECK(recent.find("q0", kNow) == nullptr);
        CHECK(recent.find("q4999", kNow) != nullptr);
    }
    SUBCASE("the last one stays, however large") {
        recent.note("q1", kNow, 10, "x");
        recent.note("q2", kNow, 5000, "y");
        CHECK(recent.messages() == 1);
        REQUIRE(recent.find("q2", kNow) != nullptr);
        CHECK(*recent.find("q2", kNow) == "y");
    }
}

TEST_CASE("a queue id that is used again is the new message, and the youngest") {
    RecentMessages<std::string> recent(6);
    recent.note("q1", kNow, 1, "old");
    recent.note("q2", kNow, 1, "other");
    recent.note("q1", kNow + 1min, 1, "new");
    CHECK(recent.find("q1", kNow) == nullptr);
    REQUIRE(recent.find("q1", kNow + 1min) != nullptr);
    CHECK(*recent.find("q1", kNow + 1min) == "new");
    recent.note("q3", kNow + 1min, 2, "third");
    CHECK(recent.find("q2", kNow + 1min) == nullptr);
    CHECK(recent.find("q1", kNow + 1min) != nullptr);
}

}  // namespace holdback::flow
