// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl/ordered_work.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::milter::ctl {

namespace {

using Work = OrderedWork<int, std::string>;

/// Takes the longer the smaller the last digit is.
std::string spell(int number) {
    std::size_t sum = 0;
    for (int i = 0; i < (10 - number % 10) * 2000; ++i) {
        sum += std::to_string(i).size();
    }
    return std::to_string(number) + (sum == 0 ? "?" : "");
}

}  // namespace

TEST_CASE("results come in the order of the work, with any limits") {
    struct Row {
        const char* what;
        WorkLimits limits;
    };
    const std::vector<Row> rows{
        {"one thread", {.threads = 1, .pieces = 8, .weight = 100}},
        {"many threads", {.threads = 8, .pieces = 64, .weight = 100}},
        {"one piece at a time", {.threads = 4, .pieces = 1, .weight = 100}},
        {"all too heavy", {.threads = 4, .pieces = 64, .weight = 0}},
    };
    std::vector<std::string> want;
    want.reserve(200);
    for (int number = 0; number < 200; ++number) {
        want.push_back(std::to_string(number));
    }
    for (const Row& row : rows) {
        CAPTURE(row.what);
        std::vector<std::string> got;
        Work work(row.limits, spell, [&](const std::string& text) { got.push_back(text); });
        for (int number = 0; number < 200; ++number) {
            work.add(number, 1);
        }
        work.finish();
        CHECK(got == want);
    }
}

TEST_CASE("no more is under way than the limits allow") {
    std::atomic<int> running = 0;
    std::atomic<int> most_running = 0;
    int given = 0;
    int taken = 0;
    int most_open = 0;
    Work work(
        {.threads = 3, .pieces = 5, .weight = 1000},
        [&](int number) {
            const int now = ++running;
            int seen = most_running;
            while (seen < now && !most_running.compare_exchange_weak(seen, now)) {
            }
            std::string text = spell(number);
            --running;
            return text;
        },
        [&](const std::string& /*text*/) { ++taken; });
    for (; given < 100; ++given) {
        work.add(given, 1);
        most_open = std::max(most_open, given + 1 - taken);
    }
    work.finish();
    CHECK(taken == 100);
    CHECK(most_running <= 3);
    CHECK(most_open <= 5);
}

TEST_CASE("an exception comes out where the result is due, behind the results before it") {
    std::vector<std::string> got;
    Work work(
        {.threads = 2, .pieces = 64, .weight = 100},
        [](int number) -> std::string {
            if (number == 3) {
                throw std::runtime_error("three");
            }
            return std::to_string(number);
        },
        [&](const std::string& text) { got.push_back(text); });
    const auto give_all = [&] {
        for (int number = 0; number < 5; ++number) {
            work.add(number, 1);
        }
        work.finish();
    };
    CHECK_THROWS_WITH_AS(give_all(), "three", std::runtime_error);
    CHECK(got == std::vector<std::string>{"0", "1", "2"});
}

TEST_CASE("work that nobody waits for ends with the object") {
    int taken = 0;
    {
        Work work({.threads = 2, .pieces = 64, .weight = 100},
                  spell,
                  [&](const std::string& /*text*/) { ++taken; });
        work.add(1, 1);
    }
    CHECK(taken == 0);
}

}  // namespace holdback::milter::ctl
