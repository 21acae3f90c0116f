// SPDX-License-Identifier: Apache-2.0
#include "mail/loopback_relay.hpp"

#include "mail/ip_address.hpp"
#include "mail/outcome.hpp"

#include <array>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace holdback::mail {

TEST_CASE("only a relay on this host that hands on is one of ours") {
    const std::array networks{Network::parse("127.0.0.0/8").value(),
                              Network::parse("192.0.2.0/24").value()};
    struct Row {
        std::string_view address;
        bool loopback;
        bool handed_on;
    };
    const auto rows = std::to_array<Row>({
        {"127.0.0.1", true, true},
        {"::1", true, false},
        {"192.0.2.25", false, false},
        {"198.51.100.1", false, false},
        {"private/filter", false, false},
        {"", false, false},
    });
    for (const Row& row : rows) {
        CAPTURE(row.address);
        MtaOutcome outcome;
        outcome.relay_address = std::string(row.address);
        CHECK(has_loopback_relay(outcome) == row.loopback);
        CHECK(was_handed_on_here(outcome, networks) == row.handed_on);
    }
}

}  // namespace holdback::mail
