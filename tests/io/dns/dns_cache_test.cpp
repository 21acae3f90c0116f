// SPDX-License-Identifier: Apache-2.0
#include "io/dns/dns_cache.hpp"

#include "mail/dns_answer.hpp"
#include "tests/support/fake_dns_source.hpp"
#include "tests/support/memory_stores.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::io::dns {

namespace {

using mail::DnsAnswer;
using mail::DnsOutcome;
using mail::DnsQuestion;
using mail::DnsType;
using std::chrono::milliseconds;
using std::chrono::seconds;

const DnsQuestion mx_question{"example.net", DnsType::Mx};

DnsAnswer bare(DnsOutcome outcome, seconds ttl) {
    DnsAnswer answer;
    answer.outcome = outcome;
    answer.ttl = ttl;
    return answer;
}

DnsAnswer positive(seconds ttl) {
    DnsAnswer answer = bare(DnsOutcome::Found, ttl);
    answer.mx = {{10, "m.example.net"}};
    return answer;
}

DnsAnswer negative(seconds ttl) {
    DnsAnswer answer = bare(DnsOutcome::NoSuchName, ttl);
    answer.confirmed = true;
    return answer;
}

DnsAnswer failure(std::string_view trouble) {
    DnsAnswer answer = bare(DnsOutcome::Unresolved, seconds(0));
    answer.trouble = trouble;
    return answer;
}

/// A cache, the source below it, and the answers that came out.
struct Bench {
    explicit Bench(DnsCacheLimits limits = {}) {
        auto below = std::make_unique<support::FakeDnsSource>();
        source = below.get();
        cache = std::make_unique<DnsCache>(std::move(below), clock, limits);
    }

    void ask(const DnsQuestion& question = mx_question, milliseconds time = milliseconds(2000)) {
        cache->ask(question, clock.steady_now() + time, [this](DnsAnswer answer) {
            answers.push_back(std::move(answer));
        });
    }

    support::ManualClock clock;
    std::vector<DnsAnswer> answers;
    support::FakeDnsSource* source;
    std::unique_ptr<DnsCache> cache;
};

}  // namespace

TEST_CASE("answers are kept by TTL, within the limits of their kind") {
    struct Row {
        std::string_view what;
        DnsAnswer answer;
        seconds kept;
    };
    const std::vector<Row> rows{
        {"positive", positive(seconds(120)), seconds(120)},
        {"positive, TTL 0", positive(seconds(0)), seconds(5)},
        {"positive, a week", positive(seconds(604800)), seconds(3600)},
        {"negative", negative(seconds(60)), seconds(60)},
        {"negative, a day", negative(seconds(86400)), seconds(300)},
        {"negative that nobody confirmed", bare(DnsOutcome::NoSuchName, seconds(300)), seconds(15)},
        {"failure", failure("servfail"), seconds(15)},
        {"timeout", failure("timeout"), seconds(15)},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        Bench bench;
        bench.ask();
        bench.source->answer_next(row.answer);
        bench.clock.advance(row.kept - milliseconds(1));
        bench.ask();
        CHECK(bench.source->asked_count == 1);
        REQUIRE(bench.answers.size() == 2);
        CHECK(bench.answers[1].outcome == row.answer.outcome);
        bench.clock.advance(milliseconds(1));
        bench.ask();
        CHECK(bench.source->asked_count == 2);
    }
}

TEST_CASE("a question is asked once at a time") {
    Bench bench;
    bench.ask();
    bench.ask();
    bench.ask({"example.net", DnsType::A});
    CHECK(bench.source->asked_count == 2);
    CHECK(bench.answers.empty());
    bench.source->answer_next(positive(seconds(60)));
    CHECK(bench.answers.size() == 2);
}

TEST_CASE("whoever has more time is not served with the timeout of another") {
    Bench bench;
    bench.ask(mx_question, milliseconds(100));
    bench.ask(mx_question, milliseconds(5000));
    bench.ask(mx_question, milliseconds(3000));
    bench.source->answer_next(failure("timeout"));
    CHECK(bench.answers.size() == 1);
    CHECK(bench.source->asked_count == 2);
    REQUIRE(bench.source->waiting.size() == 1);
    CHECK(bench.source->waiting[0].deadline == bench.clock.steady_now() + milliseconds(5000));
    bench.source->answer_next(positive(seconds(60)));
    REQUIRE(bench.answers.size() == 3);
    CHECK(bench.answers[1].outcome == DnsOutcome::Found);
    CHECK(bench.answers[2].outcome == DnsOutcome::Found);
}

TEST_CASE("a kept timeout does not answer those who would wait much longer") {
    Bench bench;
    bench.ask(mx_question, milliseconds(100));
    bench.source->answer_next(failure("timeout"));
    bench.ask(mx_question, milliseconds(200));
    CHECK(bench.source->asked_count == 1);
    bench.ask(mx_question, milliseconds(10'000));
    CHECK(bench.source->asked_count == 2);
}

TEST_CASE("a failure other than a timeout answers all who wait") {
    Bench bench;
    bench.ask(mx_question, milliseconds(100));
    bench.ask(mx_question, milliseconds(5000));
    bench.source->answer_next(failure("servfail"));
    CHECK(bench.answers.size() == 2);
    CHECK(bench.source->asked_count == 1);
}

TEST_CASE("old positive answers stand in when no nameserver answers") {
    Bench bench({.stale = seconds(1000)});
    bench.ask();
    bench.source->answer_next(positive(seconds(60)));
    bench.clock.advance(seconds(60 + 900));
    bench.ask();
    bench.source->answer_next(failure("timeout"));
    REQUIRE(bench.answers.size() == 2);
    CHECK(bench.answers[1].outcome == DnsOutcome::Found);
    CHECK(bench.cache->counters().stale == 1);
    // For a short time nobody asks again.
    bench.ask();
    CHECK(bench.answers.size() == 3);
    CHECK(bench.source->asked_count == 2);
    bench.clock.advance(seconds(15));
    bench.ask();
    CHECK(bench.source->asked_count == 3);
    // The age is bounded, whatever was served in between.
    bench.clock.advance(seconds(200));
    bench.source->answer_next(failure("timeout"));
    CHECK(bench.answers.back().outcome == DnsOutcome::Unresolved);
}

TEST_CASE("old answers do not stand in for what a nameserver said") {
    SUBCASE("a failure of the domain") {
        Bench bench;
        bench.ask();
        bench.source->answer_next(positive(seconds(60)));
        bench.clock.advance(seconds(61));
        bench.ask();
        bench.source->answer_next(failure("servfail"));
        CHECK(bench.answers.back().outcome == DnsOutcome::Unresolved);
    }
    SUBCASE("an old negative answer") {
        Bench bench;
        bench.ask();
        bench.source->answer_next(negative(seconds(60)));
        bench.clock.advance(seconds(61));
        bench.ask();
        bench.source->answer_next(failure("timeout"));
        CHECK(bench.answers.back().outcome == DnsOutcome::Unresolved);
    }
}

TEST_CASE("failures of our own are not kept") {
    for (const std::string_view trouble : {"overload", "internal"}) {
        CAPTURE(trouble);
        Bench bench;
        bench.ask();
        bench.source->answer_next(failure(trouble));
        CHECK(bench.answers.size() == 1);
        bench.ask();
        CHECK(bench.source->asked_count == 2);
        CHECK(bench.cache->counters().entries == 0);
    }
}

TEST_CASE("the cache is bounded, and the least recently used entry goes first") {
    Bench bench({.entries = 2});
    const DnsQuestion first{"a.test", DnsType::Mx};
    const DnsQuestion second{"b.test", DnsType::Mx};
    const DnsQuestion third{"c.test", DnsType::Mx};
    for (const DnsQuestion& question : {first, second}) {
        bench.ask(question);
        bench.source->answer_next(positive(seconds(60)));
    }
    bench.ask(first);
    bench.ask(third);
    bench.source->answer_next(positive(seconds(60)));
    CHECK(bench.cache->counters().entries == 2);
    CHECK(bench.source->asked_count == 3);
    bench.ask(first);
    CHECK(bench.source->asked_count == 3);
    bench.ask(second);
    CHECK(bench.source->asked_count == 4);
}

TEST_CASE("the cache counts, shows and forgets") {
    Bench bench;
    bench.ask();
    bench.source->answer_next(positive(seconds(60)));
    bench.ask();
    const DnsCounters counters = bench.cache->counters();
    CHECK(counters.hits == 1);
    CHECK(counters.misses == 1);
    CHECK(counters.entries == 1);
    CHECK(counters.questions == 1);
    bench.clock.advance(seconds(20));
    const std::vector<DnsCache::Entry> entries = bench.cache->show("example.net");
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].answer.question == mx_question);
    CHECK(entries[0].left == seconds(40));
    CHECK(bench.cache->show("example.org").empty());
    CHECK(bench.cache->clear() == 1);
    CHECK(bench.cache->counters().entries == 0);
    bench.ask();
    CHECK(bench.source->asked_count == 2);
}

}  // namespace holdback::io::dns
