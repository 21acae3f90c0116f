// SPDX-License-Identifier: Apache-2.0
#include "milter/daemon/control_access.hpp"

#include "milter/control_protocol.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::milter::daemon {

TEST_CASE("who may ask the daemon, and who may have it act") {
    constexpr unsigned kOwn = 110;
    constexpr unsigned kReaders = 200;
    constexpr unsigned kOperators = 300;
    const ControlGroups both{.group = kReaders, .operators = kOperators};
    struct Row {
        std::string_view who;
        ControlPeer peer;
        ControlGroups groups;
        bool asks;
        bool acts;
    };
    const auto rows = std::to_array<Row>({
        {"root", {.uid = 0, .groups = {0}}, {}, true, true},
        {"the daemon's user", {.uid = kOwn, .groups = {kOwn}}, {}, true, true},
        {"somebody", {.uid = 1000, .groups = {1000}}, both, false, false},
        {"somebody without groups", {.uid = 1000, .groups = {}}, {}, false, false},
        {"a reader", {.uid = 1000, .groups = {1000, kReaders}}, both, true, false},
        {"an operator", {.uid = 1000, .groups = {kOperators}}, both, true, true},
        {"an operator, no readers",
         {.uid = 1000, .groups = {kOperators}},
         {.group = {}, .operators = kOperators},
         true,
         true},
        {"a member of a group that is not set",
         {.uid = 1000, .groups = {kReaders}},
         {},
         false,
         false},
    });
    for (const Row& row : rows) {
        CAPTURE(row.who);
        for (const char* const command : {"status", "metrics", "cache-show"}) {
            CAPTURE(command);
            CHECK(control_refusal(row.peer, {command}, row.groups, kOwn).has_value() != row.asks);
        }
        for (const char* const command : {"reload",
                                          "seal-keys",
                                          "cache-clear",
                                          "release",
                                          "return",
                                          "discard",
                                          "continue-campaign",
                                          "unheard-of",
                                          ""}) {
            CAPTURE(command);
            CHECK(control_refusal(row.peer, {command, "7"}, row.groups, kOwn).has_value() !=
                  row.acts);
        }
        CHECK(control_refusal(row.peer, {}, row.groups, kOwn).has_value() != row.acts);
    }
}

TEST_CASE("a refusal says what is missing, and nothing unprintable") {
    const ControlPeer peer{.uid = 1000, .groups = {}};
    CHECK(control_refusal(peer, {"a\x1b"}, {}, 1).value() ==
          "no permission for a\\x1b: it is for root, the user of the daemon and the group of "
          "[control] operators");
}

}  // namespace holdback::milter::daemon
