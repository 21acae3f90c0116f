// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl/check/remembering_resolver.hpp"

#include "core/clock.hpp"
#include "mail/domain.hpp"
#include "outbound/mail_route.hpp"
#include "tests/support/zone_resolver.hpp"

#include <array>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::milter::ctl {

TEST_CASE("each domain is asked about once, and answered as before") {
    support::ZoneResolver zone;
    zone.set("a.test", support::ZoneState::Good);
    zone.set("b.test", support::ZoneState::NullMx);
    RememberingResolver resolver(zone);
    const std::array domains{mail::Domain::from_canonical("a.test").value(),
                             mail::Domain::from_canonical("b.test").value()};
    resolver.start(domains[0]);
    static_cast<void>(resolver.collect(std::span(domains).first(1), core::SteadyPoint{}));
    zone.set("a.test", support::ZoneState::Absent);
    resolver.start(domains[0]);
    const auto both = resolver.collect(domains, core::SteadyPoint{});
    REQUIRE(both.size() == 2);
    CHECK(outbound::mail_route(domains[0], both[0]).kind == outbound::RouteKind::Mx);
    CHECK(outbound::mail_route(domains[1], both[1]).kind == outbound::RouteKind::NullMx);
    CHECK(zone.started() == std::vector<std::string>{"a.test"});
}

}  // namespace holdback::milter::ctl
