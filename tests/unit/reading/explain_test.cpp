// SPDX-License-Identifier: Apache-2.0
#include "reading/explain.hpp"

#include "reading/knowledge.hpp"
#include "reading/rule_set.hpp"
#include "terms/failure_code.hpp"
#include "tests/support/code_samples.hpp"

#include <utility>

#include <doctest/doctest.h>

namespace holdback::reading {

TEST_CASE("a code, a name and a reply are explained") {
    const terms::CodeCatalogue codes = support::small_catalogue();
    auto rules = RuleSet::make(
        {support::text_rule("text/full", 3001, "mailbox full", "552 mailbox full")}, codes);
    REQUIRE(rules.has_value());
    const Knowledge knowledge{.rules = *std::move(rules), .lexicon = {}};

    const Explanation by_number = explain_code(" 2001 ", codes).value();
    CHECK(by_number.code == terms::FailureCode(2001));
    REQUIRE(by_number.entry != nullptr);
    CHECK(by_number.entry->name == "address-invalid");
    CHECK(by_number.rule.empty());

    CHECK(explain_code("Mailbox-Full", codes).value().code == terms::FailureCode(3001));

    const Explanation by_reply =
        explain_reply({.text = "552 5.2.2 Mailbox full", .remote_mta = {}}, knowledge, codes);
    CHECK(by_reply.code == terms::FailureCode(3001));
    CHECK(by_reply.rule == "text/full");

    const Explanation unknown =
        explain_reply({.text = "what is this?", .remote_mta = {}}, knowledge, codes);
    CHECK(unknown.code == terms::kUnknownFailure);
    REQUIRE(unknown.entry != nullptr);
    CHECK(unknown.entry->name == "unknown");
    CHECK(unknown.rule.empty());

    CHECK(explain_code("7777", codes).value().entry == nullptr);
    CHECK_FALSE(explain_code("552 5.2.2 Mailbox full", codes).has_value());
}

}  // namespace holdback::reading
