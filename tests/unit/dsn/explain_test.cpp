// SPDX-License-Identifier: Apache-2.0
#include "dsn/explain.hpp"

#include "dsn/rule_set.hpp"
#include "mail/failure_code.hpp"
#include "tests/support/code_samples.hpp"

#include <doctest/doctest.h>

namespace holdback::dsn {

TEST_CASE("a code, a name and a reply are explained") {
    const mail::CodeCatalogue codes = support::small_catalogue();
    const auto rules = RuleSet::make(
        {support::text_rule("text/full", 3001, "mailbox full", "552 mailbox full")}, codes);
    REQUIRE(rules.has_value());

    const Explanation by_number = explain(" 2001 ", *rules, codes);
    CHECK(by_number.code == mail::FailureCode(2001));
    REQUIRE(by_number.entry != nullptr);
    CHECK(by_number.entry->name == "address-invalid");
    CHECK(by_number.rule == nullptr);

    CHECK(explain("Mailbox-Full", *rules, codes).code == mail::FailureCode(3001));

    const Explanation by_reply = explain("552 5.2.2 Mailbox full", *rules, codes);
    CHECK(by_reply.code == mail::FailureCode(3001));
    REQUIRE(by_reply.rule != nullptr);
    CHECK(by_reply.rule->id == "text/full");

    const Explanation unknown = explain("what is this?", *rules, codes);
    CHECK(unknown.code == mail::kUnknownFailure);
    REQUIRE(unknown.entry != nullptr);
    CHECK(unknown.entry->name == "unknown");
    CHECK(unknown.rule == nullptr);

    CHECK(explain("7777", *rules, codes).entry == nullptr);
}

}  // namespace holdback::dsn
