// SPDX-License-Identifier: Apache-2.0
#include "reading/rule_check.hpp"

#include "reading/rule_set.hpp"
#include "tests/support/code_samples.hpp"

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::reading {

namespace {

using support::text_rule;

RuleFindings check(std::vector<Rule> rules) {
    const auto made = RuleSet::make(std::move(rules), support::small_catalogue());
    REQUIRE(made.has_value());
    return check_rules(*made);
}

Rule placed(Rule rule, std::string file, int line) {
    rule.file = std::move(file);
    rule.line = line;
    return rule;
}

}  // namespace

TEST_CASE("a shipped rule that can't be used is found, with its place") {
    struct Row {
        std::string_view what;
        Rule rule;
        std::string_view want;
    };
    const auto rows = std::to_array<Row>({
        {"pattern", text_rule("a", 2001, "user (unknown", "x"), "bad pattern in text: missing )"},
        {"matches everything", text_rule("a", 2001, "x*", "x"), "matches the empty text"},
        {"too long",
         text_rule("a", 2001, "no " + std::string(120, 'x'), "no " + std::string(120, 'x')),
         "a pattern has at most 120 octets"},
        {"example that does not fit",
         text_rule("a", 2001, "no x", "550 other"),
         "its own matchers do not fit the example \"550 other\""},
    });
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const RuleFindings found = check({placed(row.rule, "rules.conf", 7)});
        REQUIRE(found.errors.size() == 1);
        CHECK(found.errors.front().file == "rules.conf");
        CHECK(found.errors.front().line == 7);
        CHECK(found.errors.front().message.contains(row.want));
    }
}

TEST_CASE("a rule that steals the example of another is an error that names both") {
    const Rule thief =
        placed(text_rule("new/broad", 1004, "unknown", "unknown message type"), "05-a.conf", 3);
    Rule victim = placed(
        text_rule("text/user-unknown", 2001, "user unknown", "user unknown"), "20-b.conf", 40);
    victim.expect.push_back({.text = "550 User unknown here",
                             .remote_mta = {},
                             .reporting_mta = {},
                             .reply = {},
                             .status = {},
                             .line = 44});
    const RuleFindings found = check({thief, victim});
    REQUIRE(found.errors.size() == 2);
    CHECK(found.errors[0].line == 40);
    CHECK(found.errors[1].line == 44);
    CHECK(found.errors[1].file == "20-b.conf");
    CHECK(found.errors[1].message ==
          "rule text/user-unknown: the example \"550 User unknown here\" is won by rule "
          "new/broad (05-a.conf:3)");
}

TEST_CASE("what a local rule takes from shipped ones is a warning") {
    Rule local = text_rule("own/user", 1004, "user", "a user");
    local.local = true;
    const RuleFindings stolen =
        check({local, text_rule("text/unknown", 2001, "user unknown", "user unknown")});
    CHECK(stolen.errors.empty());
    REQUIRE(stolen.warnings.size() == 2);
    CHECK(stolen.warnings[0].message.contains("the word \"user\" decides alone"));
    CHECK(stolen.warnings[1].message.contains("is won by rule own/user"));
    Rule narrow = text_rule("text/user", 2001, "user", "550 a user");
    narrow.reply = {"550"};
    const RuleFindings shadowed = check({local, narrow});
    CHECK(shadowed.errors.empty());
    REQUIRE(shadowed.warnings.size() == 2);
    CHECK(shadowed.warnings[1].message.contains("it can never win"));
    local.overrides = {"text/user"};
    CHECK(check({local, narrow}).warnings.size() == 1);
}

TEST_CASE("a rule that never wins is an error") {
    Rule narrow = text_rule("narrow", 2001, "no b", "550 no b");
    narrow.reply = {"550"};
    const RuleFindings found = check({text_rule("wide", 1004, "no b", "no b"), narrow});
    REQUIRE(found.errors.size() == 1);
    CHECK(found.errors.front().message.contains("narrow is shadowed by rule wide"));
}

TEST_CASE("one pattern with two codes is a warning") {
    Rule first = text_rule("one", 2001, "bent spoon", "a bent spoon");
    Rule second = text_rule("two", 1004, "bent spoon", "a fork");
    second.text.emplace_back("a fork");
    const RuleFindings found = check({first, second});
    REQUIRE(found.warnings.size() == 1);
    CHECK(found.warnings.front().message.contains(
        "rule two: the pattern \"bent spoon\" means 2001 in rule one"));
}

}  // namespace holdback::reading
