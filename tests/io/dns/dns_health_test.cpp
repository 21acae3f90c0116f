// SPDX-License-Identifier: Apache-2.0
#include "io/dns/dns_health.hpp"

#include "core/clock.hpp"
#include "io/dns/dns_source.hpp"

#include <chrono>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::io::dns {

namespace {

using News = DnsHealth::News;

/// Looks once a second.
struct Watch {
    News look() {
        now += std::chrono::seconds(1);
        return health.look(counters, now);
    }

    /// Looks until there is news, for so many seconds.
    News wait(int seconds) {
        for (int i = 0; i < seconds; ++i) {
            if (const News news = look(); news != News::None) {
                return news;
            }
        }
        return News::None;
    }

    DnsHealth health;
    DnsCounters counters;
    core::SteadyPoint now;
};

}  // namespace

TEST_CASE("silence is told once, within ten seconds, and so is its end") {
    Watch watch;
    CHECK(watch.wait(60) == News::None);
    watch.counters.queries = 5;
    const core::SteadyPoint asked = watch.now;
    CHECK(watch.wait(10) == News::Ask);
    watch.counters.queries = 8;
    CHECK(watch.wait(10) == News::Silent);
    CHECK(watch.now - asked <= std::chrono::seconds(10));
    CHECK(watch.health.is_silent());
    // Signs are asked for as long as nothing is heard.
    CHECK(watch.wait(10) == News::Ask);
    CHECK(watch.wait(10) == News::Ask);
    watch.counters.replies = 1;
    CHECK(watch.look() == News::Heard);
    CHECK_FALSE(watch.health.is_silent());
    CHECK(watch.wait(60) == News::None);
}

TEST_CASE("a silent domain is no silent nameserver") {
    Watch watch;
    watch.counters.queries = 3;
    CHECK(watch.wait(10) == News::Ask);
    watch.counters.queries = 4;
    watch.counters.replies = 1;
    CHECK(watch.wait(60) == News::None);
}

TEST_CASE("questions that can't be sent are silence as well") {
    Watch watch;
    watch.counters.ended = 2;
    CHECK(watch.wait(10) == News::Ask);
    CHECK(watch.wait(10) == News::Silent);
}

TEST_CASE("the share of answers is that of the last minute") {
    Watch watch;
    CHECK(watch.health.last_minute().asked == 0);
    static_cast<void>(watch.look());
    watch.counters.ended = 10;
    watch.counters.answered = 7;
    watch.counters.replies = 7;
    static_cast<void>(watch.look());
    CHECK(watch.health.last_minute().asked == 10);
    CHECK(watch.health.last_minute().answered == 7);
    for (int second = 0; second < 30; ++second) {
        static_cast<void>(watch.look());
    }
    watch.counters.ended = 12;
    static_cast<void>(watch.look());
    CHECK(watch.health.last_minute().asked == 12);
    for (int second = 0; second < 31; ++second) {
        static_cast<void>(watch.look());
    }
    CHECK(watch.health.last_minute().asked == 2);
    CHECK(watch.health.last_minute().answered == 0);
}

}  // namespace holdback::io::dns
