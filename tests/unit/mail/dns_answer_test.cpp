// SPDX-License-Identifier: Apache-2.0
#include "mail/dns_answer.hpp"

#include <array>

#include <doctest/doctest.h>

namespace holdback::mail {

TEST_CASE("only a negative answer that somebody vouches for is a certain no") {
    struct Row {
        DnsOutcome outcome;
        bool authenticated;
        bool confirmed;
        bool want;
    };
    const auto rows = std::to_array<Row>({
        {DnsOutcome::NoSuchName, true, false, true},
        {DnsOutcome::NoSuchName, false, true, true},
        {DnsOutcome::NoSuchName, false, false, false},
        {DnsOutcome::NoData, false, true, true},
        {DnsOutcome::NoData, false, false, false},
        {DnsOutcome::Found, true, true, false},
        {DnsOutcome::Unresolved, true, true, false},
    });
    for (const Row& row : rows) {
        CAPTURE(wire_name(row.outcome));
        const DnsAnswer answer{.question = {"example.net", DnsType::Mx},
                               .outcome = row.outcome,
                               .authenticated = row.authenticated,
                               .confirmed = row.confirmed};
        CHECK(answer.is_certain_no() == row.want);
    }
}

TEST_CASE("an answer is found by name and type") {
    const DomainAnswers answers{
        .domain = "example.net",
        .answers = {{.question = {"example.net", DnsType::Mx}, .outcome = DnsOutcome::NoData},
                    {.question = {"example.net", DnsType::A}, .outcome = DnsOutcome::Found}}};
    REQUIRE(answers.find({"example.net", DnsType::A}) != nullptr);
    CHECK(answers.find({"example.net", DnsType::A})->outcome == DnsOutcome::Found);
    CHECK(answers.find({"example.net", DnsType::Aaaa}) == nullptr);
    CHECK(answers.find({"example.org", DnsType::A}) == nullptr);
}

TEST_CASE("types and outcomes have wire names") {
    CHECK(wire_name(DnsType::A) == "a");
    CHECK(wire_name(DnsType::Aaaa) == "aaaa");
    CHECK(wire_name(DnsType::Mx) == "mx");
    CHECK(wire_name(DnsOutcome::Found) == "found");
    CHECK(wire_name(DnsOutcome::NoData) == "no-data");
    CHECK(wire_name(DnsOutcome::NoSuchName) == "no-such-name");
    CHECK(wire_name(DnsOutcome::Unresolved) == "unresolved");
}

}  // namespace holdback::mail
