// SPDX-License-Identifier: Apache-2.0
#include "reading/rule_skeleton.hpp"

#include "core/result.hpp"
#include "reading/rule_check.hpp"
#include "reading/rule_set.hpp"
#include "reading/text_pattern.hpp"
#include "terms/failure_code.hpp"
#include "tests/support/code_samples.hpp"

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::reading {

TEST_CASE("a pattern becomes the words of a rule and an example that gives nobody away") {
    struct Row {
        std::string_view pattern;
        std::string_view id;
        std::string_view text;
        std::string_view example;
    };
    const auto rows = std::to_array<Row>({
        {"550 5.9.9 spoon {number} of <{address}> is bent",
         "local/7-spoon-of-is-bent",
         "spoon .+ of <.+> is bent",
         "550 5.9.9 spoon 17 of <user@example.net> is bent"},
        {"host {host}[{ip}] said: fork (in reply to rcpt to command)",
         "local/7-host-said-fork",
         "host .+[[].+[]] said: fork",
         "host mx.example.net[192.0.2.1] said: fork (in reply to rcpt to command)"},
        {"{address}{id} it's \"so\" a\\b ^ x",
         "local/7-its-so-ab-x",
         "it.s .so. a.b . x",
         "user@example.net4Q0ABC12345 it's \"so\" a\\b ^ x"},
        {"550 {id} {number}", "local/7", "", "550 4Q0ABC12345 17"},
        {"\xD0\xBB\xD0\xBE\xD0\xB6\xD0\xBA\xD0\xB0 {date}",
         "local/7",
         "\xD0\xBB\xD0\xBE\xD0\xB6\xD0\xBA\xD0\xB0",
         "\xD0\xBB\xD0\xBE\xD0\xB6\xD0\xBA\xD0\xB0 2026-01-01"},
        {"a\xE2\x80\xAEgpj", "local/7-agpj", "a.gpj", "a?gpj"},
        {"spoon \x1b[31m bent", "local/7-spoon-m-bent", "spoon .[[]31m bent", "spoon ?[31m bent"},
    });
    for (const Row& row : rows) {
        CAPTURE(row.pattern);
        const RuleSkeleton rule = rule_skeleton(row.pattern, 7);
        CHECK(rule.id == row.id);
        CHECK(rule.text == row.text);
        CHECK(rule.example == row.example);
    }
}

TEST_CASE("the rule reads the texts of its pattern, its example too, and stands every check") {
    const std::string far(400, 'x');
    const auto texts = std::to_array<std::string>({
        "550 5.9.9 Spoon 17 of <eva@good.test> is bent (see https://good.test/x?y=1)",
        "host mx1.good.test[198.51.100.7] said: 550-5.9.9 The fork. 550 5.9.9 Of 4F2A99BC11 (in "
        "reply to RCPT TO command)",
        "It's \"so\" {odd} [a|b] a\\b $5 100% *** now?",
        "Knife of a@b.test, c@d.test; 2026-07-06 10:00:00 +0000",
        "\xD0\x9B\xD0\xBE\xD0\xB6\xD0\xBA\xD0\xB0 \xD0\xB3\xD0\xBD\xD1\x83\xD1\x82\xD0\xB0",
        "spoon " + far + " one two three four five six seven eight nine ten eleven twelve fourteen",
    });
    for (const std::string& text : texts) {
        CAPTURE(text);
        const RuleSkeleton skeleton = rule_skeleton(text_pattern(text), 1);
        REQUIRE_FALSE(skeleton.text.empty());
        CHECK(skeleton.text.size() <= kLongestPattern);
        CHECK_FALSE(skeleton.text.contains('\''));
        RuleExample example;
        example.text = skeleton.example;
        RuleExample original;
        original.text = text;
        Rule rule;
        rule.id = skeleton.id;
        rule.code = terms::FailureCode(1004);
        rule.text = {skeleton.text};
        rule.expect = {example, original};
        const auto set = RuleSet::make({rule}, support::small_catalogue());
        REQUIRE(set.has_value());
        CHECK(check_rules(*set).errors.empty());
    }
}

}  // namespace holdback::reading
