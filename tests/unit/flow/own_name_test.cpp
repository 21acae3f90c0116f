// SPDX-License-Identifier: Apache-2.0
#include "flow/own_name.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::flow {

TEST_CASE("the MTA's name takes the place of a host's bare name") {
    OwnName name("vm");
    CHECK(name.current() == "vm.localdomain");
    CHECK(name.is_makeshift());
    CHECK(name.all() == std::vector<std::string>{"vm.localdomain"});
    CHECK(name.learn("mail.lab.example") == OwnName::Learned::Taken);
    CHECK(name.current() == "mail.lab.example");
    CHECK(name.all() == std::vector<std::string>{"mail.lab.example"});
    CHECK(name.learn("mail.lab.example") == OwnName::Learned::Known);
    CHECK_FALSE(name.is_makeshift());
    CHECK(OwnName("").current() == "localhost.localdomain");
    CHECK(OwnName("odd name").current() == "localhost.localdomain");
}

TEST_CASE("the last of several names speaks, and all are known") {
    OwnName name("host.lab.example");
    CHECK(name.learn("in.lab.example") == OwnName::Learned::Taken);
    CHECK(name.learn("out.lab.example") == OwnName::Learned::Taken);
    CHECK(name.learn("IN.lab.example") == OwnName::Learned::Known);
    CHECK(name.current() == "in.lab.example");
    CHECK(name.all() ==
          std::vector<std::string>{"host.lab.example", "out.lab.example", "in.lab.example"});
}

TEST_CASE("a name that nobody can answer to is told of once and never taken") {
    OwnName name("host.lab.example");
    for (const std::string bad : {"vm", "", "[127.0.0.1]", "a b.example"}) {
        CAPTURE(bad);
        CHECK(name.learn(bad) == OwnName::Learned::Unfit);
        CHECK(name.learn(bad) == OwnName::Learned::Known);
    }
    CHECK(name.current() == "host.lab.example");
}

}  // namespace holdback::flow
