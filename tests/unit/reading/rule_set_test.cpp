// SPDX-License-Identifier: Apache-2.0
#include "reading/rule_set.hpp"

#include "mail/enhanced_status.hpp"
#include "tests/support/code_samples.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::reading {

namespace {

using support::text_rule;

RuleSet make_set(std::vector<Rule> rules) {
    auto made = RuleSet::make(std::move(rules), support::small_catalogue());
    REQUIRE(made.has_value());
    return *std::move(made);
}

/// A provider's rule, two on texts, one on a status and two on reply codes.
std::vector<Rule> sample_rules() {
    Rule provider = text_rule("provider/unknown", 1004, "unknown", "");
    provider.remote_mta = {R"((^|\.)example\.org$)"};
    provider.expect.front().text = "550 unknown";
    provider.expect.front().remote_mta = "mx.example.org";
    Rule status = text_rule("status/bad-mailbox", 2001, "", "550 5.1.1 xyzzy");
    status.status = {"5.1.1", "*.1.10"};
    Rule reply = text_rule("reply/syntax", 4999, "", "501 xyzzy");
    reply.reply = {"501", "55?"};
    return {provider,
            text_rule("text/user-unknown", 2001, "user unknown", "550 User unknown"),
            text_rule("text/full", 3001, "mailbox (is )?full", "452 mailbox full"),
            status,
            reply};
}

std::string winner(const RuleSet& set, const RuleInput& input) {
    const auto match = set.match(input);
    return match.has_value() ? match->rule->id : "";
}

}  // namespace

TEST_CASE("the first rule of which every matcher fits wins") {
    const RuleSet set = make_set(sample_rules());
    const auto status = mail::EnhancedStatus::parse("5.1.1").value();
    const auto null_mx = mail::EnhancedStatus::parse("5.1.10").value();
    struct Row {
        std::string_view what;
        RuleInput input;
        std::string_view want;
    };
    const auto rows = std::to_array<Row>({
        {"text in any letter case", {550, {}, "550 USER UNKNOWN", {}, {}}, "text/user-unknown"},
        {"provider before text",
         {550, {}, "user unknown", "MX.Example.ORG", {}},
         "provider/unknown"},
        {"another provider", {550, {}, "user unknown", "mx.example.com", {}}, "text/user-unknown"},
        {"provider, other text", {0, {}, "no", "mx.example.org", {}}, ""},
        {"text before status", {452, status, "mailbox is full", {}, {}}, "text/full"},
        {"status before reply code", {550, status, "xyzzy", {}, {}}, "status/bad-mailbox"},
        {"status with a star", {0, null_mx, "", {}, {}}, "status/bad-mailbox"},
        {"reply code with a question mark", {559, {}, "xyzzy", {}, {}}, "reply/syntax"},
        {"nothing fits", {450, {}, "xyzzy", {}, {}}, ""},
        {"nothing given", {}, ""},
        {"invalid UTF-8 around the words",
         {0, {}, "\xFF\xFE user unknown \xC3", {}, {}},
         "text/user-unknown"},
        {"a mailbox named like a rule", {0, {}, "<mailbox.full@example.net>", {}, {}}, ""},
    });
    for (const Row& row : rows) {
        CAPTURE(row.what);
        CHECK(winner(set, row.input) == row.want);
    }
}

TEST_CASE("a match has the rule, and a rank for its place") {
    const RuleSet set = make_set(sample_rules());
    RuleInput input;
    input.text = "mailbox full";
    const RuleMatch match = set.match(input).value_or(RuleMatch{0, nullptr});
    CHECK(match.rank == 2);
    CHECK(match.rule == &set.rules()[2]);
}

TEST_CASE("a rule that can't be used is reported with its place") {
    struct Row {
        std::string_view what;
        Rule rule;
        std::string_view want;
    };
    Rule unknown_code = text_rule("a", 7777, "x", "x");
    Rule without_example = text_rule("a", 2001, "x", "x");
    without_example.expect.clear();
    Rule bad_reply = text_rule("a", 2001, "x", "x");
    bad_reply.reply = {"5500"};
    Rule bad_status = text_rule("a", 2001, "x", "x");
    bad_status.status = {"5.1"};
    Rule nobody = text_rule("a", 2001, "x", "x");
    nobody.provider = "nobody";
    Rule own = text_rule("a", 2001, "user (unknown", "x");
    own.local = true;
    const auto rows = std::to_array<Row>({
        {"a pattern of the administrator's", own, "bad pattern in text: missing )"},
        {"code", unknown_code, "unknown code 7777"},
        {"no matcher", text_rule("a", 2001, "", "x"), "nothing to match on"},
        {"no example", without_example, "no example in expect"},
        {"reply", bad_reply, "\"5500\" is not a reply code"},
        {"status", bad_status, "\"5.1\" is not an enhanced status"},
        {"provider", nobody, "there is no [[provider]] with the id \"nobody\""},
        {"id", text_rule("a b", 2001, "x", "x"), "an id is made of"},
    });
    for (const Row& row : rows) {
        CAPTURE(row.what);
        Rule rule = row.rule;
        rule.file = "rules.conf";
        rule.line = 7;
        const auto made = RuleSet::make({rule}, support::small_catalogue());
        REQUIRE_FALSE(made.has_value());
        REQUIRE(made.error().size() == 1);
        CHECK(made.error().front().file == "rules.conf");
        CHECK(made.error().front().line == 7);
        CHECK(made.error().front().message.contains(row.want));
    }
}

TEST_CASE("all broken rules are reported at once, and an id stands once") {
    Rule first = text_rule("a", 7777, "x", "x");
    first.file = "one.conf";
    first.line = 1;
    const Rule second = text_rule("a", 7777, "y", "x");
    const auto made = RuleSet::make({first, second}, support::small_catalogue());
    REQUIRE_FALSE(made.has_value());
    REQUIRE(made.error().size() == 3);
    CHECK(made.error()[0].message == "the id a stands at one.conf:1 already");
}

TEST_CASE("a rule of a provider reads his answers alone") {
    Rule rule = text_rule("wide/blocked", 1004, "blocked", "blocked");
    rule.provider = "wide";
    auto made = RuleSet::make(
        {rule},
        support::small_catalogue(),
        {{.id = "wide", .hosts = {"wide.example"}, .marks = {R"(\[WM\d+\])"}, .file = {}}});
    REQUIRE(made.has_value());
    struct Row {
        std::string_view what;
        RuleInput input;
        bool want;
    };
    const auto rows = std::to_array<Row>({
        {"the host itself", {550, {}, "blocked", "Wide.example", {}}, true},
        {"below it", {550, {}, "blocked", "mx1.wide.example.", {}}, true},
        {"the reporting MTA", {550, {}, "blocked", {}, "out.wide.example"}, true},
        {"a name that only ends so", {550, {}, "blocked", "mx.notwide.example", {}}, false},
        {"his mark", {550, {}, "blocked [WM12]", "mx.example.net", {}}, true},
        {"somebody else", {550, {}, "blocked", "mx.example.net", {}}, false},
    });
    for (const Row& row : rows) {
        CAPTURE(row.what);
        CHECK(made->match(row.input).has_value() == row.want);
    }
}

TEST_CASE("the rules of a provider are read when he first answers, and keep their place") {
    const auto rule = [](const std::string& id, const std::string& provider) {
        Rule made = text_rule(id, 1004, "blocked", "blocked");
        made.provider = provider;
        return made;
    };
    std::vector<std::string> read;
    Rule local = text_rule("local", 1004, "ours", "ours");
    const auto set = RuleSet::make(
        {local, text_rule("everybody", 1004, "blocked|mark", "blocked")},
        support::small_catalogue(),
        {{.id = "far", .hosts = {"far.example"}, .marks = {"mark"}, .file = {}},
         {.id = "near", .hosts = {"near.example"}, .marks = {}, .file = {}}},
        {.before = 1,
         .providers = {"near", "far", "nobody"},
         .read = [&](const std::string& provider) {
             read.push_back(provider);
             return provider == "near" ? std::vector{rule("near/1", "near"), rule("near/2", "near")}
                                       : std::vector{text_rule("far/broken", 1004, "(", "x"),
                                                     rule("far/1", "far")};
         }});
    REQUIRE(set.has_value());
    CHECK(winner(*set, {550, {}, "blocked", "mx.example", {}}) == "everybody");
    CHECK(read.empty());
    CHECK(winner(*set, {550, {}, "blocked", "mx.near.example", {}}) == "near/1");
    CHECK(winner(*set, {550, {}, "blocked, ours", "mx.near.example", {}}) == "local");
    CHECK(winner(*set, {550, {}, "other words", "mx.near.example", {}}).empty());
    CHECK(read == std::vector<std::string>{"near"});
    CHECK(winner(*set, {550, {}, "blocked", "far.example", {}}) == "far/1");
    CHECK(winner(*set, {550, {}, "mark", "mx.example", {}}) == "everybody");
    CHECK(winner(*set, {550, {}, "blocked", "far.example", "near.example"}) == "near/1");
    CHECK(read == std::vector<std::string>{"near", "far"});
    const auto rank = [&set](std::string_view text) {
        const auto match = set->match({550, {}, text, "far.example", {}});
        REQUIRE(match.has_value());
        return match->rank;
    };
    CHECK(rank("ours") < rank("blocked"));
    CHECK(rank("blocked") < rank("mark"));
}

TEST_CASE("a bad mark of a provider is reported in plain letters") {
    const auto set =
        RuleSet::make({},
                      support::small_catalogue(),
                      {{.id = "wide", .hosts = {}, .marks = {"(\xE2\x80\x98"}, .file = {}}});
    REQUIRE(set.has_value());
    const auto errors = set->pattern_errors();
    REQUIRE(errors.size() == 1);
    CHECK(errors.front().message.starts_with("provider wide: bad pattern in marks: "));
    CHECK(std::ranges::all_of(errors.front().message, [](char c) { return c >= ' ' && c <= '~'; }));
}

TEST_CASE("a pattern that does not compile never matches") {
    const RuleSet set = make_set({text_rule("a", 2001, "user (unknown", "x"),
                                  text_rule("b", 2001, "x*", "x"),
                                  text_rule("c", 1004, "user", "x")});
    CHECK(winner(set, {550, {}, "user (unknown", {}, {}}) == "c");
}

TEST_CASE("a pattern that needs much memory still gives the right answer") {
    const RuleSet set = make_set(
        {text_rule("a", 2001, "(x|y){0,40}z.{0,200}[ab]{30}q", "z" + std::string(30, 'a') + "q")});
    std::string text;
    for (int i = 0; i < 1000; ++i) {
        text += i % 3 == 0 ? "xz" : "ya";
    }
    RuleInput input;
    input.text = text;
    CHECK_FALSE(set.match(input).has_value());
    text += "z" + std::string(30, 'b') + "q";
    input.text = text;
    CHECK(set.match(input).has_value());
}

}  // namespace holdback::reading
