// SPDX-License-Identifier: Apache-2.0
#include "report/summary.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "dsn/outage.hpp"
#include "terms/policy_action.hpp"
#include "terms/suppression.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::report {

namespace {

using namespace std::chrono_literals;

/// 2026-01-30 12:00 UTC, and three days later.
constexpr core::TimePoint kSince{1'769'774'400'000ms};
constexpr core::TimePoint kUntil = kSince + 72h;

Fates sum_of(const std::vector<FateRow>& rows) {
    Fates sum;
    for (const FateRow& row : rows) {
        sum += row.fates;
    }
    return sum;
}

std::vector<std::string> names_of(const std::vector<FateRow>& rows) {
    std::vector<std::string> names;
    names.reserve(rows.size());
    for (const FateRow& row : rows) {
        names.push_back(row.name);
    }
    return names;
}

}  // namespace

TEST_CASE("the sums by day, by provider and by sender are the total, however tables are cut") {
    SummaryBuilder sums(kSince, kUntil);
    for (int i = 0; i < 1000; ++i) {
        const std::string provider = "p" + std::to_string(i % 37) + ".test";
        const std::string sender = "s" + std::to_string(i % 51) + "@a.test";
        sums.add({.at = kSince + std::chrono::minutes(4 * i),
                  .fate = kAllFates.at(static_cast<std::size_t>(i) % kAllFates.size()),
                  .provider = i % 3 == 0 ? "" : provider,
                  .domain = "d" + std::to_string(i % 11) + ".test",
                  .sender = i % 10 == 0 ? "" : sender});
    }
    const Summary summary = sums.finish({}, 5);
    CHECK(summary.total.all() == 1000);
    CHECK(summary.total[Fate::Sent] == 125);
    CHECK(sum_of(summary.by_day) == summary.total);
    CHECK(sum_of(summary.by_provider) == summary.total);
    CHECK(sum_of(summary.by_sender) == summary.total);
    CHECK(summary.by_provider.size() == 6);
    CHECK(summary.by_provider.back().name == kOthers);
    CHECK(summary.by_sender.front().name == kNullSender);
    CHECK(names_of(summary.by_day) ==
          std::vector<std::string>{"2026-01-30", "2026-01-31", "2026-02-01", "2026-02-02"});
}

TEST_CASE("what lies outside of the time is not counted, and days without mail are there") {
    SummaryBuilder sums(kSince, kUntil);
    sums.add(
        {.at = kSince - 1ms, .fate = Fate::Sent, .provider = "p", .domain = "d", .sender = ""});
    sums.add({.at = kUntil, .fate = Fate::Sent, .provider = "p", .domain = "d", .sender = ""});
    sums.add({.at = kSince, .fate = Fate::Sent, .provider = "p", .domain = "d", .sender = ""});
    const Summary summary = sums.finish({}, 5);
    CHECK(summary.total[Fate::Sent] == 1);
    REQUIRE(summary.by_day.size() == 4);
    CHECK(summary.by_day[0].fates[Fate::Sent] == 1);
    CHECK(summary.by_day[2].fates.all() == 0);
    CHECK_FALSE(summary.is_empty());
    CHECK(SummaryBuilder(kSince, kUntil).finish({}, 5).is_empty());
}

TEST_CASE("who is held counts at the provider that answers for his domain") {
    SummaryBuilder sums(kSince, kUntil);
    sums.add({.at = kSince,
              .fate = Fate::Sent,
              .provider = "google.com",
              .domain = "gmail.com",
              .sender = "a@a.test"});
    sums.add({.at = kSince,
              .fate = Fate::Held,
              .provider = "",
              .domain = "gmail.com",
              .sender = "a@a.test"});
    sums.add({.at = kSince,
              .fate = Fate::Held,
              .provider = "",
              .domain = "b.test",
              .sender = "a@a.test"});
    const Summary summary = sums.finish({}, 5);
    CHECK(names_of(summary.by_provider) == std::vector<std::string>{"google.com", "b.test"});
    CHECK(summary.by_provider[0].fates[Fate::Held] == 1);
}

TEST_CASE("the number of names in memory is bounded, and the sums still are the total") {
    SummaryBuilder sums(kSince, kUntil);
    constexpr std::size_t kMany = SummaryBuilder::kMostNames + 500;
    for (std::size_t i = 0; i < kMany; ++i) {
        const std::string name = std::to_string(i);
        sums.add(
            {.at = kSince, .fate = Fate::Sent, .provider = name, .domain = name, .sender = name});
    }
    const Summary summary = sums.finish({}, 3);
    CHECK(summary.by_provider.size() == 4);
    CHECK(sum_of(summary.by_provider)[Fate::Sent] == kMany);
    CHECK(sum_of(summary.by_sender)[Fate::Sent] == kMany);
}

TEST_CASE("codes, causes, verdicts, growth and outages are sorted by what counts") {
    SummaryBuilder sums(kSince, kUntil);
    sums.add_code(Fate::Bounced, 2001, "address-invalid");
    sums.add_code(Fate::Bounced, 3001, "mailbox-full");
    sums.add_code(Fate::Bounced, 3001, "mailbox-full");
    sums.add_code(Fate::Held, 2002, "domain-invalid");
    sums.add_cause(Fate::Held, "null-mx");
    sums.add_cause(Fate::Held, "suppressed-bounce");
    sums.add_cause(Fate::Held, "suppressed-bounce");
    sums.add_cause(Fate::Released, "suppressed-bounce");
    using terms::PolicyAction;
    sums.add_decision(config::Mode::Shadow, PolicyAction::Hold, "null-mx");
    sums.add_decision(config::Mode::Enforce, PolicyAction::Pass, "unusual-address");
    sums.add_decision(config::Mode::Enforce, PolicyAction::Reject, "no-such-domain");
    sums.add_decision(config::Mode::Enforce, PolicyAction::Reject, "no-such-domain");
    sums.add_decision(config::Mode::Enforce, PolicyAction::Tag, "unusable-mx");
    sums.add_growth(kSince + 24h, terms::SuppressionReason::Complaint, 4);
    sums.add_growth(kSince - 48h, terms::SuppressionReason::Complaint, 9);
    dsn::Outage outage;
    outage.provider = "google.com";
    outage.began = kSince - 5h;
    outage.opened = kSince - 4h;
    outage.closed = kSince - 1h;
    sums.add_outage(outage);
    outage.closed = kSince + 1h;
    sums.add_outage(outage);
    const Summary summary = sums.finish({.held_now = 3}, 5);
    CHECK(summary.by_code == std::vector<CodeRow>{{3001, "mailbox-full", 2, 0},
                                                  {2001, "address-invalid", 1, 0},
                                                  {2002, "domain-invalid", 0, 1}});
    REQUIRE(summary.causes.size() == 2);
    CHECK(summary.causes[0].finding == "suppressed-bounce");
    CHECK(summary.causes[0].fates[Fate::Released] == 1);
    CHECK(summary.shadowed == Decided{0, 0, 1, 0, 0});
    CHECK(summary.enforced == Decided{1, 1, 0, 0, 2});
    REQUIRE(summary.tagged.size() == 1);
    CHECK(summary.tagged[0].first == "unusable-mx");
    REQUIRE(summary.reasons.size() == 2);
    CHECK(summary.reasons[0].first == "no-such-domain");
    CHECK(summary.reasons[0].second == 2);
    REQUIRE(summary.growth.size() == 4);
    CHECK(summary.growth[1].day == "2026-01-31");
    CHECK(summary.growth[1].by_reason[1] == 4);
    CHECK(summary.growth[0].all() == 0);
    CHECK(summary.outages.size() == 1);
    CHECK(summary.held_now == 3);
}

}  // namespace holdback::report
