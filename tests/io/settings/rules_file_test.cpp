// SPDX-License-Identifier: Apache-2.0
#include "io/settings/rules_file.hpp"

#include "core/result.hpp"
#include "io/settings/codes_file.hpp"
#include "io/settings/toml_access.hpp"
#include "io/settings/toml_document.hpp"
#include "reading/rule_check.hpp"
#include "reading/rule_set.hpp"
#include "terms/failure_code.hpp"
#include "tests/support/temp_dir.hpp"

#include <array>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::io::settings {

namespace {

std::string conf_file(std::string_view name) {
    return std::string(HOLDBACK_SOURCE_DIR) + "/conf/" + std::string(name);
}

constexpr std::string_view kUnknown = R"([[code]]
code = 9999
name = "unknown"
class = "unknown"
meaning = "m"
advice = "a"
who = "admin"
)";

template <typename T>
std::vector<std::string> texts_of(const core::Result<T, FileErrors>& result) {
    std::vector<std::string> texts;
    if (!result.has_value()) {
        for (const FileError& error : result.error()) {
            texts.push_back(error.text());
        }
    }
    return texts;
}

/// What a look at all rules warns of; an error fails the test.
std::vector<std::string> warnings_of(const core::Result<reading::RuleSet, FileErrors>& rules) {
    REQUIRE(rules.has_value());
    const reading::RuleFindings found = reading::check_rules(*rules);
    CHECK(found.errors.empty());
    std::vector<std::string> texts;
    for (const reading::RuleError& warning : found.warnings) {
        texts.push_back(warning.file + ":" + std::to_string(warning.line) + ": " + warning.message);
    }
    return texts;
}

const terms::CodeCatalogue& shipped_codes() {
    static const terms::CodeCatalogue codes = read_codes(conf_file("codes.conf")).value();
    return codes;
}

const reading::RuleSet& shipped_rules() {
    static const reading::RuleSet rules =
        load_rules(std::vector<std::string>{conf_file("rules.d")}, shipped_codes()).value();
    return rules;
}

void write(const std::string& path, std::string_view text) {
    std::ofstream(path) << text;
}

}  // namespace

TEST_CASE("the shipped catalogue has every code with name, class and parent") {
    using enum terms::FailureClass;
    struct Row {
        int code;
        std::string_view name;
        terms::FailureClass failure_class;
        int parent;  // 0: none
    };
    const auto rows = std::to_array<Row>({
        {1002, "ip-blocklisted", Rejected, 0},
        {1003, "domain-blocklisted", Rejected, 0},
        {1004, "content-rejected", Rejected, 0},
        {1006, "too-many-connections", Rejected, 0},
        {1007, "virus-detected", Rejected, 0},
        {1011, "challenge-response", Rejected, 0},
        {1999, "rejected-other", Rejected, 0},
        {2001, "address-invalid", Permanent, 0},
        {2002, "domain-invalid", Permanent, 0},
        {2003, "address-malformed", Permanent, 0},
        {2004, "address-retired", Permanent, 0},
        {2999, "address-rejected-other", Permanent, 0},
        {3001, "mailbox-full", Temporary, 0},
        {3002, "mailbox-inactive", Temporary, 0},
        {3003, "try-later", Temporary, 0},
        {3999, "temporary-other", Temporary, 0},
        {4001, "server-busy", Communication, 0},
        {4002, "protocol-error", Communication, 0},
        {4003, "unreachable", Communication, 0},
        {4004, "message-too-old", Communication, 0},
        {4006, "domain-not-served", Communication, 0},
        {4999, "communication-other", Communication, 0},
        {5001, "auto-reply", Informational, 0},
        {5002, "complaint", Informational, 5999},
        {5003, "unsubscribed", Informational, 5999},
        {5999, "informational-other", Informational, 0},
        {6001, "sender-login-failed", Communication, 4999},
        {6002, "sender-not-permitted", Rejected, 1999},
        {6003, "sender-limit-reached", Rejected, 1006},
        {6004, "sender-throttled", Rejected, 1006},
        {6005, "sender-suspended", Rejected, 1999},
        {6006, "sender-quota", Rejected, 1999},
        {6007, "message-too-large", Rejected, 1999},
        {6008, "mail-authentication", Rejected, 1999},
        {6009, "service-not-enabled", Communication, 4999},
        {6010, "suppressed-upstream", Permanent, 2999},
        {6012, "already-sent", Rejected, 1999},
        {9999, "unknown", Unknown, 0},
    });
    const terms::CodeCatalogue& codes = shipped_codes();
    CHECK(codes.entries().size() == rows.size());
    for (const Row& row : rows) {
        CAPTURE(row.code);
        const auto* entry =
            codes.find(terms::FailureCode::from_number(row.code).value_or(terms::kUnknownFailure));
        REQUIRE(entry != nullptr);
        CHECK(entry->name == row.name);
        CHECK(entry->failure_class == row.failure_class);
        CHECK((entry->parent.has_value() ? entry->parent->number() : 0) == row.parent);
        CHECK_FALSE(entry->meaning.empty());
        CHECK_FALSE(entry->advice.empty());
    }
}

TEST_CASE("the shipped catalogue learns from addresses and domains alone") {
    using enum terms::Learning;
    for (const terms::CodeEntry& entry : shipped_codes().entries()) {
        CAPTURE(entry.name);
        terms::Learning want = Never;
        switch (entry.code.number()) {
            case 2001:
            case 2003:
            case 2004:
            case 5002:
            case 5003:
                want = Suppress;
                break;
            case 2002:
            case 4006:
                want = SuppressDomain;
                break;
            case 2999:
            case 3001:
            case 3002:
            case 3003:
                want = Count;
                break;
            default:
                break;
        }
        CHECK(entry.learning == want);
    }
}

TEST_CASE("the shipped rules win their examples, and none stands in the way of another") {
    const reading::RuleFindings found = reading::check_rules(shipped_rules());
    for (const reading::RuleError& error : found.errors) {
        FAIL_CHECK(error.file << ":" << error.line << ": " << error.message);
    }
    for (const reading::RuleError& warning : found.warnings) {
        FAIL_CHECK(warning.file << ":" << warning.line << ": " << warning.message);
    }
}

TEST_CASE("mistakes in codes.conf are reported with file and line, all at once") {
    const std::string classes =
        "c.conf:4: \"class\" has to be one of permanent, rejected, temporary, communication, "
        "informational, unknown";
    const std::string keys =
        "c.conf:8: unknown key \"colour\"; allowed are code, name, class, parent, meaning, advice, "
        "who, resend_helps, learning, strikes, window, expiry";
    struct Row {
        std::string_view what;
        std::string_view text;
        std::vector<std::string> want;
    };
    const auto rows = std::to_array<Row>({
        {"unknown key and wrong types",
         "[[code]]\ncode = 9999\nname = \"unknown\"\nclass = \"unknown\"\nmeaning = 3\n"
         "advice = \"a\"\nwho = \"admin\"\ncolour = \"red\"\nresend_helps = \"yes\"\n",
         {keys,
          "c.conf:5: \"meaning\" has to be a string, not a whole number",
          "c.conf:9: \"resend_helps\" has to be true or false, not a string"}},
        {"missing keys",
         "[[code]]\ncode = 9999\nname = \"unknown\"\nclass = \"unknown\"\nmeaning = \"m\"\n",
         {"c.conf:1: \"advice\" is missing", "c.conf:1: \"who\" is missing"}},
        {"values out of their range",
         "[[code]]\ncode = 999\nname = \"unknown\"\nclass = \"grave\"\nmeaning = \"m\"\n"
         "advice = \"a\"\nwho = \"me\"\nlearning = \"often\"\nstrikes = 0\nwindow = \"3h\"\n"
         "expiry = 5\n",
         {"c.conf:2: \"code\" has to be 1000 to 9999",
          classes,
          "c.conf:7: \"who\" has to be one of sender, recipient, admin, provider, nobody",
          "c.conf:8: \"learning\" has to be one of never, suppress, count, suppress-domain",
          "c.conf:9: \"strikes\" has to be a whole number from 1 to 100",
          R"(c.conf:10: "window" has to be days or weeks, like "30d" or "4w")",
          "c.conf:11: \"expiry\" has to be a string, not a whole number"}},
        {"something else in the file",
         "mode = \"x\"\n",
         {"c.conf:1: only [[code]] tables may stand here"}},
        {"no TOML", "[[code\n", {}},
        {"no code at all", "", {"c.conf: code 9999 is missing: unknown texts need it"}},
    });
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const auto codes = read_codes_text(row.text, "c.conf");
        REQUIRE_FALSE(codes.has_value());
        if (!row.want.empty()) {
            CHECK(texts_of(codes) == row.want);
        }
    }
}

TEST_CASE("a code that stands twice is found where it stands again") {
    const std::string twice = std::string(kUnknown) + std::string(kUnknown);
    CHECK(texts_of(read_codes_text(twice, "c.conf")) ==
          std::vector<std::string>{"c.conf:8: code 9999 is defined above already"});
}

TEST_CASE("codes of the admin's own are read with parent and learning") {
    const std::string text = std::string(kUnknown) + R"(
[[code]]
code = 7001
name = "our-own"
class = "permanent"
parent = 9999
meaning = "m"
advice = "a"
who = "recipient"
resend_helps = true
learning = "count"
strikes = 5
window = "2w"
expiry = "never"
)";
    const auto codes = read_codes_text(text, "c.conf");
    REQUIRE(codes.has_value());
    const terms::CodeEntry* entry = codes->find(terms::FailureCode(7001));
    REQUIRE(entry != nullptr);
    const terms::CodeEntry want{.code = terms::FailureCode(7001),
                                .name = "our-own",
                                .failure_class = terms::FailureClass::Permanent,
                                .parent = terms::FailureCode(9999),
                                .meaning = "m",
                                .advice = "a",
                                .who = terms::Actor::Recipient,
                                .resend_helps = true,
                                .learning = terms::Learning::Count,
                                .strikes = 5,
                                .window = std::chrono::days(14),
                                .expiry = std::chrono::days(0)};
    CHECK(*entry == want);
}

TEST_CASE("a file of the admin's changes what it names and adds codes with a parent") {
    const auto codes = amend_codes_text(shipped_codes(),
                                        R"(
[[code]]
code = 3001
name = "quota-full"
learning = "never"

[[code]]
code = 2001
name = "address-invalid"
class = "permanent"
advice = "Ask the front desk."
expiry = "never"

[[code]]
code = 7001
name = "our-own"
class = "rejected"
parent = 1999
meaning = "m"
advice = "a"
who = "admin"
)",
                                        "c.conf");
    CHECK(texts_of(codes).empty());
    REQUIRE(codes.has_value());
    const auto entry = [](const terms::CodeCatalogue& catalogue, int number) {
        return *catalogue.find(terms::FailureCode::from_number(number).value());
    };
    terms::CodeEntry full = entry(shipped_codes(), 3001);
    full.name = "quota-full";
    full.learning = terms::Learning::Never;
    CHECK(entry(*codes, 3001) == full);
    terms::CodeEntry invalid = entry(shipped_codes(), 2001);
    invalid.advice = "Ask the front desk.";
    invalid.expiry = std::chrono::days(0);
    CHECK(entry(*codes, 2001) == invalid);
    CHECK(codes->find_name("our-own")->parent == terms::FailureCode(1999));
    CHECK(codes->entries().size() == shipped_codes().entries().size() + 1);
    CHECK(codes->find_name("mailbox-full") == nullptr);
}

TEST_CASE("mistakes in a file of the admin's are reported at their lines") {
    struct Row {
        std::string_view what;
        std::string_view text;
        std::vector<std::string> want;
    };
    const std::string may_change =
        " of code 2001 can't be changed; these keys can: name, meaning, advice, who, resend_helps, "
        "learning, strikes, window, expiry";
    const std::string needs_parent =
        "c.conf:1: code 7001 is new, so it needs a \"parent\": the shipped code that is shown for "
        "it when extensions are off";
    const std::string_view whole =
        "class = \"rejected\"\nmeaning = \"m\"\nadvice = \"a\"\nwho = \"admin\"\n";
    const std::string no_parent = "[[code]]\ncode = 7001\nname = \"x\"\n" + std::string(whole);
    const std::string bad_parent = no_parent + "parent = 7777\n";
    const std::string deep_parent = no_parent + "parent = 5002\n";
    const auto rows = std::to_array<Row>({
        {"what stands fixed",
         "[[code]]\ncode = 2001\nclass = \"temporary\"\nparent = 1999\n",
         {"c.conf:3: \"class\"" + may_change, "c.conf:4: \"parent\"" + may_change}},
        {"a new code with nothing",
         "[[code]]\ncode = 7001\nname = \"x\"\n",
         {"c.conf:1: \"meaning\" is missing",
          "c.conf:1: \"advice\" is missing",
          "c.conf:1: \"class\" is missing",
          "c.conf:1: \"who\" is missing",
          needs_parent}},
        {"no parent", no_parent, {needs_parent}},
        {"a parent that is not there",
         bad_parent,
         {"c.conf:3: code 7001: there is no parent 7777"}},
        {"a parent that is an extension",
         deep_parent,
         {"c.conf:3: code 7001: its parent 5002 has a parent itself; name 5999"}},
        {"a name that another code has",
         "[[code]]\ncode = 2001\nname = \"mailbox-full\"\n",
         {"c.conf:3: code 3001 has the name \"mailbox-full\" already"}},
        {"a name that is none",
         "[[code]]\ncode = 2001\nname = \"No such user\"\n",
         {"c.conf:3: \"name\" of code 2001 has to be made of a-z, 0-9 and hyphens"}},
        {"a wrong value",
         "[[code]]\ncode = 2001\nwho = \"me\"\n",
         {"c.conf:3: \"who\" has to be one of sender, recipient, admin, provider, nobody"}},
        {"no code", "[[code]]\nname = \"x\"\n", {}},
    });
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const auto codes = amend_codes_text(shipped_codes(), row.text, "c.conf");
        REQUIRE_FALSE(codes.has_value());
        if (!row.want.empty()) {
            CHECK(texts_of(codes) == row.want);
        }
    }
}

TEST_CASE("the admin's file of codes may be absent, and is read when it is there") {
    const support::TempDir dir;
    const std::string local = dir.file("codes.conf");
    CHECK(load_codes(conf_file("codes.conf"), local).value().entries() ==
          shipped_codes().entries());
    write(local, "[[code]]\ncode = 3001\nname = \"full\"\n");
    CHECK(load_codes(conf_file("codes.conf"), local).value().find_name("full") != nullptr);
    write(local, "[[code]]\ncode = 3001\nnames = \"full\"\n");
    CHECK(texts_of(load_codes(conf_file("codes.conf"), local)).front().starts_with(local + ":3: "));
}

TEST_CASE("rules read when they are asked are asked in the same order, or read at once") {
    const support::TempDir ours;
    const support::TempDir local;
    const std::string providers =
        "[[provider]]\nid = \"a\"\nhosts = [\"x.example\"]\n\n"
        "[[provider]]\nid = \"b\"\nhosts = [\"x.example\"]\n\n";
    const auto rule = [](std::string_view id, std::string_view provider) {
        std::string text = "[[rule]]\nid = \"" + std::string(id) + "\"\n";
        if (!provider.empty()) {
            text += "provider = \"" + std::string(provider) + "\"\n";
        }
        return text + "code = 2001\ntext = 'spoon'\nexpect = [\n  \"a spoon\",\n]\n\n";
    };
    struct Row {
        std::string_view what;
        std::string rules;
        std::size_t at_once;
        std::string winner;
    };
    const auto rows = std::to_array<Row>({
        {"in order", rule("a/1", "a") + rule("b/1", "b") + rule("all", ""), 1, "a/1"},
        {"the later provider's first", rule("b/1", "b") + rule("a/1", "a"), 0, "b/1"},
        {"everybody's before a provider's", rule("all", "") + rule("a/1", "a"), 2, "all"},
        {"a provider's in two places",
         rule("a/1", "a") + rule("b/1", "b") + rule("a/2", "a"),
         3,
         "a/1"},
        {"a text of several lines", rule("b/1", "b") + "# '''\n" + rule("a/1", "a"), 2, "b/1"},
        {"a provider that nobody is", rule("b/1", "c") + rule("all", ""), 1, "all"},
    });
    for (const Row& row : rows) {
        CAPTURE(row.what);
        write(ours.file("10.conf"), providers + row.rules);
        const auto set =
            load_rules(ours.path(), local.file("absent"), shipped_codes(), ShippedRules::WhenAsked);
        REQUIRE(set.has_value());
        CHECK(set->rules().size() == row.at_once);
        const auto match = set->match({550, {}, "a spoon", "mx.x.example", {}});
        REQUIRE(match.has_value());
        CHECK(match->rule->id == row.winner);
        CHECK(match->rule->line > 8);
    }
    // The admin's replace them here too.
    write(ours.file("10.conf"), providers + rule("a/1", "a") + rule("b/1", "b"));
    write(local.file("50.conf"), rule("a/1", "b"));
    const auto set =
        load_rules(ours.path(), local.path(), shipped_codes(), ShippedRules::WhenAsked);
    REQUIRE(set.has_value());
    CHECK(set->match({550, {}, "a spoon", "mx.x.example", {}})->rule->file ==
          local.file("50.conf"));
    write(local.file("50.conf"),
          "[[rule]]\nid = \"a/1\"\ncode = 2001\ntext = 'fork'\n"
          "expect = \"a fork\"\n");
    const auto other =
        load_rules(ours.path(), local.path(), shipped_codes(), ShippedRules::WhenAsked);
    REQUIRE(other.has_value());
    CHECK(other->match({550, {}, "a spoon", "mx.x.example", {}})->rule->id == "b/1");
    // A mistake is told when the rules are asked, as often as they are.
    const std::string place = ours.file("10.conf") + ":9: ";
    for (const std::string_view mistake : {"colour = 3\n", "status = \"5.1\"\n"}) {
        CAPTURE(mistake);
        write(ours.file("10.conf"), providers + rule("a/1", "a") + std::string(mistake));
        const auto wrong =
            load_rules(ours.path(), local.file("absent"), shipped_codes(), ShippedRules::WhenAsked);
        REQUIRE(wrong.has_value());
        CHECK_FALSE(wrong->match({550, {}, "a spoon", "mx.example", {}}).has_value());
        for (int again = 0; again < 2; ++again) {
            std::string said;
            try {
                static_cast<void>(wrong->match({550, {}, "a spoon", "mx.x.example", {}}));
            } catch (const reading::BadLateRule& error) {
                said = error.what();
            }
            CHECK(said.starts_with(mistake.starts_with("colour") ? ours.file("10.conf") : place));
        }
    }
}

TEST_CASE("a rule of the admin's replaces the shipped one of its id") {
    const support::TempDir ours;
    const support::TempDir local;
    const auto rule = [](std::string_view id, std::string_view more) {
        return "[[rule]]\nid = \"" + std::string(id) + "\"\ncode = 2001\n" + std::string(more) +
               "\n";
    };
    const std::string spoon = "text = 'spoon'\nexpect = \"a spoon\"";
    const std::string fork = "text = 'fork'\nexpect = \"a fork\"";
    write(ours.file("10.conf"), rule("a", spoon) + rule("b", "text = 'bent'\nexpect = \"bent\""));
    CHECK(load_rules(ours.path(), local.file("absent"), shipped_codes()).value().rules().size() ==
          2);
    write(local.file("50.conf"), rule("a", fork));
    const auto rules = load_rules(ours.path(), local.path(), shipped_codes());
    REQUIRE(rules.has_value());
    REQUIRE(rules->rules().size() == 2);
    CHECK(rules->rules()[0].file == local.file("50.conf"));
    CHECK(rules->rules()[1].id == "b");
    // Within the admin's own files an id stands once.
    write(local.file("60.conf"), rule("a", spoon));
    CHECK(texts_of(load_rules(ours.path(), local.path(), shipped_codes())) ==
          std::vector<std::string>{local.file("60.conf") + ":1: the id a stands at " +
                                   local.file("50.conf") + ":1 already"});
}

TEST_CASE("a rule of the admin's that wins a shipped example is a warning") {
    const support::TempDir ours;
    const support::TempDir local;
    write(ours.file("10.conf"),
          "[[rule]]\nid = \"victim\"\ncode = 2001\ntext = 'no user'\nexpect = [\n  \"no user "
          "here\",\n  \"there is no user\",\n]\n");
    const std::string thief =
        "[[rule]]\nid = \"thief\"\ncode = 1004\ntext = 'user here'\nexpect = \"user here\"\n";
    write(local.file("a.conf"), thief);
    CHECK(warnings_of(load_rules(ours.path(), local.path(), shipped_codes())) ==
          std::vector<std::string>{ours.file("10.conf") +
                                   ":6: rule victim: the example \"no user here\" is won by rule "
                                   "thief (" +
                                   local.file("a.conf") + ":1)"});
    write(local.file("a.conf"), thief + "overrides = [\"victim\"]\n");
    CHECK(warnings_of(load_rules(ours.path(), local.path(), shipped_codes())).empty());
}

TEST_CASE("a shipped rule that one of the admin's shadows is a warning that names both") {
    const support::TempDir ours;
    const support::TempDir local;
    write(
        ours.file("10.conf"),
        "[[rule]]\nid = \"narrow\"\ncode = 2001\ntext = ['the b']\nreply = \"550\"\nexpect = \"550 "
        "the b\"\n");
    const std::string wide =
        "[[rule]]\nid = \"wide\"\ncode = 1004\ntext = ['the a', 'the b']\nexpect = \"the a\"\n";
    write(local.file("a.conf"), wide);
    CHECK(warnings_of(load_rules(ours.path(), local.path(), shipped_codes())) ==
          std::vector<std::string>{ours.file("10.conf") +
                                   ":1: rule narrow is shadowed by rule wide (" +
                                   local.file("a.conf") + ":1): it can never win"});
    write(local.file("a.conf"), wide + "overrides = \"narrow\"\n");
    CHECK(warnings_of(load_rules(ours.path(), local.path(), shipped_codes())).empty());
}

TEST_CASE("mistakes in a rule file are reported with file and line, all at once") {
    const std::string rule_keys =
        "r.conf:10: unknown key \"pattern\"; allowed are id, code, text, remote_mta, "
        "reporting_mta, reply, status, provider, expect, overrides";
    const std::string example_kinds =
        "r.conf:14: \"expect\" has to be a string, a table or a list of these, not a whole number";
    const std::string example_keys =
        "r.conf:14: unknown key \"txt\"; allowed are text, remote_mta, reporting_mta, status, "
        "reply";
    const auto rules = read_rules_text(R"([[rule]]
id = "a"
code = 7777
text = 3
expect = []

[[rule]]
id = "b"
code = "no-such-name"
pattern = "x"

[[rule]]
code = 2001
expect = [ 5, { txt = "x" } ]
reply = [ 550 ]
)",
                                       "r.conf",
                                       shipped_codes());
    REQUIRE_FALSE(rules.has_value());
    CHECK(texts_of(rules) ==
          std::vector<std::string>{
              "r.conf:3: unknown code 7777",
              "r.conf:4: \"text\" has to be a string or a list of strings, not a whole number",
              "r.conf:5: \"expect\" needs at least one example",
              rule_keys,
              "r.conf:9: unknown code \"no-such-name\"",
              "r.conf:7: \"expect\" is missing",
              "r.conf:12: \"id\" is missing",
              "r.conf:15: \"reply\" has to be a list of strings, not a whole number",
              example_kinds,
              example_keys});
}

TEST_CASE("a rule is read with all its keys") {
    const auto rules = read_rules_text(R"([[rule]]
id = "our/rule"
code = "mailbox-full"
text = ['one', 'two.*three']
remote_mta = '\.example\.org$'
reporting_mta = 'mx'
reply = "55?"
status = ["5.2.*", "4.2.2"]
expect = [
  "552 one",
  { text = "two three", remote_mta = "mx.example.org", reporting_mta = "mx", reply = "552", status = "5.2.9" },
]
)",
                                       "r.conf",
                                       shipped_codes());
    REQUIRE(rules.has_value());
    REQUIRE(rules->rules.size() == 1);
    const reading::Rule& rule = rules->rules.front();
    CHECK(rule.id == "our/rule");
    CHECK(rule.code == terms::FailureCode(3001));
    CHECK(rule.text == std::vector<std::string>{"one", "two.*three"});
    CHECK(rule.remote_mta == std::vector<std::string>{R"(\.example\.org$)"});
    CHECK(rule.reporting_mta == std::vector<std::string>{"mx"});
    CHECK(rule.reply == std::vector<std::string>{"55?"});
    CHECK(rule.status == std::vector<std::string>{"5.2.*", "4.2.2"});
    CHECK(rule.file == "r.conf");
    CHECK(rule.line == 1);
    REQUIRE(rule.expect.size() == 2);
    CHECK(rule.expect[0].text == "552 one");
    CHECK(rule.expect[0].line == 10);
    CHECK(rule.expect[1] == reading::RuleExample{.text = "two three",
                                                 .remote_mta = "mx.example.org",
                                                 .reporting_mta = "mx",
                                                 .reply = "552",
                                                 .status = "5.2.9",
                                                 .line = 11});
}

TEST_CASE("files are read in the order of their names, a first directory before the next") {
    const support::TempDir ours;
    const support::TempDir local;
    const auto rule = [](std::string_view id, std::string_view text) {
        return "[[rule]]\nid = \"" + std::string(id) + "\"\ncode = 2001\ntext = '" +
               std::string(text) + "'\nexpect = \"" + std::string(text) + "\"\n";
    };
    write(ours.file("20-b.conf"), rule("b", "bbb"));
    write(ours.file("10-a.conf"), rule("a", "aaa"));
    write(ours.file("30-c.conf.dpkg-old"), "this is no TOML");
    write(ours.file(".40-d.conf"), "this is no TOML");
    write(local.file("90-z.conf"), rule("z", "zzz"));
    const auto rules =
        load_rules(std::vector<std::string>{local.path(), ours.path()}, shipped_codes());
    REQUIRE(rules.has_value());
    REQUIRE(rules->rules().size() == 3);
    CHECK(rules->rules()[0].id == "z");
    CHECK(rules->rules()[1].id == "a");
    CHECK(rules->rules()[2].id == "b");
}

TEST_CASE("a provider is read with its hosts and marks, and a rule names it") {
    const auto file = read_rules_text(R"([[provider]]
id = "wide"
hosts = ["wide.example"]
marks = '\[WM\d+\]'

[[rule]]
id = "wide/blocked"
provider = "wide"
code = 1002
text = 'blocked'
expect = "550 blocked [WM12]"

[[provider]]
id = "nobody"
)",
                                      "r.conf",
                                      shipped_codes());
    CHECK(texts_of(file) ==
          std::vector<std::string>{"r.conf:13: a provider needs \"hosts\" or \"marks\""});
}

TEST_CASE("the mistakes of all files are reported together") {
    const support::TempDir dir;
    write(dir.file("10-a.conf"), "[[rule]]\nid = 1\n");
    write(dir.file("20-b.conf"), "x = 1\n");
    const std::vector<std::string> directories = {dir.path(), dir.file("absent")};
    const auto errors = texts_of(load_rules(directories, shipped_codes()));
    REQUIRE(errors.size() == 5);
    CHECK(errors[0] == dir.file("10-a.conf") + ":2: \"id\" has to be a string, not a whole number");
    CHECK(errors[3] ==
          dir.file("20-b.conf") + ":1: only [[rule]] and [[provider]] tables may stand here");
    CHECK(errors[4] == dir.file("absent") + ": cannot read: No such file or directory");
}

TEST_CASE("a bad pattern of the admin's is an error at its rule") {
    const support::TempDir dir;
    const support::TempDir ours;
    write(dir.file("a.conf"), "[[rule]]\nid = \"a\"\ncode = 2001\ntext = 'a('\nexpect = \"a\"\n");
    CHECK(texts_of(load_rules(ours.path(), dir.path(), shipped_codes())) ==
          std::vector<std::string>{dir.file("a.conf") +
                                   ":1: rule a: bad pattern in text: missing ): a("});
}

}  // namespace holdback::io::settings
