// SPDX-License-Identifier: Apache-2.0
#include "limits/usage.hpp"

#include "config/limit.hpp"
#include "config/rate.hpp"
#include "core/clock.hpp"
#include "limits/limit_set.hpp"
#include "limits/over_limit.hpp"
#include "terms/policy_action.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::limits {

namespace {

using namespace std::chrono_literals;
using config::Limit;
using terms::PolicyAction;

constexpr core::TimePoint kNow{1'700'000'000'000ms};

Limit limit(std::string name,
            std::vector<config::Rate> recipients,
            PolicyAction action = PolicyAction::Defer,
            bool shadow = false) {
    return {.name = std::move(name),
            .recipients = std::move(recipients),
            .action = action,
            .shadow = shadow};
}

/// The counters of these limits for one user.
std::vector<Use> uses(Usage& usage, const std::vector<Limit>& limits) {
    std::vector<Applying> applying;
    for (const Limit& one : limits) {
        applying.push_back({.limit = &one, .counter = {one.name, "ann", "any", ""}});
    }
    return usage.uses_of(applying);
}

}  // namespace

TEST_CASE("room is reserved up to the cap, given back, and counted when it was used") {
    const std::vector limits{limit("a", {{3, 60s}})};
    Usage usage;
    const std::vector<Use> all = uses(usage, limits);
    for (int i = 0; i < 3; ++i) {
        CHECK_FALSE(Usage::reserve(all, kNow).has_value());
    }
    auto over = Usage::reserve(all, kNow);
    REQUIRE(over.has_value());
    CHECK(over->limit == "a");
    CHECK(over->used == 3);
    CHECK(over->opens_at > kNow + 60s);
    Usage::give_back(all);
    CHECK_FALSE(Usage::reserve(all, kNow).has_value());
    std::vector<UsageChange> changes;
    Usage::count(all, 3, kNow, changes);
    REQUIRE(changes.size() == 1);
    CHECK(changes[0].recipients == 3);
    CHECK(changes[0].window == 60s);
    over = Usage::reserve(all, kNow + 30s);
    REQUIRE(over.has_value());
    CHECK(over->opens_at <= kNow + 61s);
    CHECK_FALSE(Usage::reserve(all, over->opens_at).has_value());
}

TEST_CASE("all caps hold; the gravest action decides") {
    const std::vector limits{limit("hold", {{5, 60s}, {2, 3600s}}, PolicyAction::Hold),
                             limit("reject", {{2, 60s}}, PolicyAction::Reject),
                             limit("defer", {{2, 60s}})};
    Usage usage;
    const std::vector<Use> all = uses(usage, limits);
    CHECK_FALSE(Usage::reserve(all, kNow).has_value());
    CHECK_FALSE(Usage::reserve(all, kNow).has_value());
    const auto over = Usage::reserve(all, kNow);
    REQUIRE(over.has_value());
    CHECK(over->limit == "reject");
    // Nothing was reserved where one has no room.
    const auto again = Usage::reserve(std::vector{all[0]}, kNow);
    REQUIRE(again.has_value());
    CHECK(again->used == 2);
    CHECK(again->cap.window == 3600s);
}

TEST_CASE("a limit in shadow is told and stands in nobody's way") {
    const std::vector limits{limit("shadow", {{1, 60s}}, PolicyAction::Reject, true),
                             limit("real", {{2, 60s}})};
    Usage usage;
    const std::vector<Use> all = uses(usage, limits);
    CHECK_FALSE(Usage::reserve(all, kNow).has_value());
    const auto shadow = Usage::reserve(all, kNow);
    REQUIRE(shadow.has_value());
    CHECK(shadow->in_shadow);
    const auto real = Usage::reserve(all, kNow);
    REQUIRE(real.has_value());
    CHECK(real->limit == "real");
    CHECK_FALSE(real->in_shadow);
}

TEST_CASE("what was stored counts again, and what was not sent no longer") {
    const std::vector limits{limit("a", {{3, 60s}})};
    Usage before;
    std::vector<UsageChange> changes;
    const std::vector<Use> first = uses(before, limits);
    Usage::reserve_anyway(first);
    Usage::reserve_anyway(first);
    Usage::count(first, 2, kNow, changes);
    Usage after;
    for (const UsageChange& change : changes) {
        after.apply(change);
    }
    const std::vector<Use> all = uses(after, limits);
    CHECK_FALSE(Usage::reserve(all, kNow).has_value());
    CHECK(Usage::reserve(all, kNow).has_value());
    changes.front().recipients = -2;
    after.apply(changes.front());
    CHECK_FALSE(Usage::reserve(all, kNow).has_value());
}

TEST_CASE("counters are forgotten when they have nothing to tell, and not before") {
    const std::vector limits{limit("a", {{3, 60s}})};
    Usage usage;
    const std::vector<Use> all = uses(usage, limits);
    CHECK_FALSE(Usage::reserve(all, kNow).has_value());
    usage.forget(kNow + 3600s);
    CHECK(usage.size() == 1);
    std::vector<UsageChange> changes;
    Usage::count(all, 1, kNow, changes);
    usage.forget(kNow + 60s);
    CHECK(usage.size() == 1);
    usage.forget(kNow + 62s);
    CHECK(usage.size() == 0);
}

TEST_CASE("people read which limit, how much is used, and when to come back") {
    OverLimit over{.limit = "per-user",
                   .cap = {75, 3600s},
                   .used = 75,
                   .opens_at = core::TimePoint(1'700'000'001s),
                   .action = PolicyAction::Defer};
    CHECK(reason(over) == "the limit per-user of 75 recipients in 1h is reached (75 used)");
    CHECK(advice(over) == "try again from 2023-11-14 22:14 UTC on");
    over.action = PolicyAction::Hold;
    CHECK(advice(over) == "nothing: it leaves by itself from 2023-11-14 22:14 UTC on");
    over.action = PolicyAction::Reject;
    CHECK(advice(over) == "ask the mail administrator for a higher limit");
}

TEST_CASE("new mail waits behind mail that is held for room") {
    std::vector limits{limit("line", {{2, 60s}}, PolicyAction::Hold)};
    Usage usage;
    SUBCASE("of the same key") {
        limits.front().key = config::LimitKey::SaslUser;
        const std::vector<Use> all = uses(usage, limits);
        Usage::reserve_anyway(all);
        Usage::stand_in_line(all, kNow, kNow + 60s);
        // There is room for one: nobody waits in vain.
        CHECK_FALSE(Usage::reserve(all, kNow, Turn::BehindOwn).has_value());
        Usage::stand_in_line(all, kNow, kNow + 60s);
        Usage::give_back(all);
        const auto over = Usage::reserve(all, kNow, Turn::BehindOwn);
        REQUIRE(over.has_value());
        CHECK(over->used == 1);
        CHECK(reason(*over) ==
              "earlier mail waits for the limit line of 2 recipients in 1m (1 used)");
        CHECK_FALSE(Usage::reserve(all, kNow, Turn::InLine).has_value());
        Usage::give_back(all);
        CHECK_FALSE(Usage::reserve(all, kNow + 60s, Turn::BehindOwn).has_value());
    }
    SUBCASE("of everyone, if it is bulk mail") {
        limits.front().key = config::LimitKey::Everyone;
        const std::vector<Use> all = uses(usage, limits);
        Usage::reserve_anyway(all);
        Usage::reserve_anyway(all);
        Usage::stand_in_line(all, kNow, kNow + 60s);
        Usage::give_back(all);
        CHECK(Usage::reserve(all, kNow, Turn::BehindAll).has_value());
        CHECK_FALSE(Usage::reserve(all, kNow, Turn::BehindOwn).has_value());
    }
    SUBCASE("and not where the limit defers: it is told to come again") {
        limits.front().action = PolicyAction::Defer;
        const std::vector<Use> all = uses(usage, limits);
        Usage::reserve_anyway(all);
        Usage::reserve_anyway(all);
        Usage::stand_in_line(all, kNow, kNow + 60s);
        Usage::give_back(all);
        CHECK_FALSE(Usage::reserve(all, kNow, Turn::BehindAll).has_value());
    }
}

}  // namespace holdback::limits
