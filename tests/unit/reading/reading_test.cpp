// SPDX-License-Identifier: Apache-2.0
#include "reading/reading.hpp"

#include "reading/certainty.hpp"
#include "reading/judgement.hpp"
#include "reading/knowledge.hpp"
#include "reading/lexicon.hpp"
#include "reading/rule_set.hpp"
#include "reading/rule_text.hpp"
#include "reading/smtp_stage.hpp"
#include "terms/failure_code.hpp"
#include "tests/support/code_samples.hpp"

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::reading {

namespace {

constexpr std::string_view kWords = R"(
[codes]
sender suspended = 1004
sender full = 1004
sender unknown = 1999
host listed = 1002
host refused = 1999
mailbox full = 3001
mailbox unknown = 2001, 3999
domain unknown = 2002
domain not-relayed = 4006
message spam = 1004
* listed = 1002
relay unreachable = 4003
mailbox refused = 2999, 3999
* too-old = 4004
* try-later = 3003
* refused = 1999, 3999
* login = 6001
* info = 5999
[defaults]
unknown = mailbox
full = mailbox
listed = host
spam = message
too-old = message
unreachable = relay
login = sender
[weak]
refused
too-old
try-later
info
relay unreachable
[status]
*.1.1 = mailbox unknown
*.2.2 = mailbox full
*.7.* = nobody refused
*.4.7 = message too-old
[reply]
5?? = mailbox refused
[mailbox unknown]
user unknown
[domain unknown]
domain not found
[domain not-relayed]
relay access denied
[login]
log in
[mailbox]
recipient address
mailbox
[sender]
sender address
sender mailbox
your account
sender
[host]
client host
your ip
<ip>
[message]
message
[unknown]
does not exist
[full]
is full
over quota
[listed]
blocked
blacklisted
[suspended]
suspended
[refused]
rejected
access denied
[spam]
spam
[relay unreachable]
connection refused
[too-old]
in the queue too long
[try-later]
try again
[guess]
may
[info]
still trying
)";

const terms::CodeCatalogue& codes() {
    static const terms::CodeCatalogue catalogue = [] {
        using enum terms::FailureClass;
        std::vector<terms::CodeEntry> entries = support::small_catalogue().entries();
        for (const int number : {1002, 1999, 2999, 3003, 3999, 4003, 4004, 4006}) {
            entries.push_back(
                support::code_entry(number, "code-" + std::to_string(number), Rejected));
        }
        return terms::CodeCatalogue::make(std::move(entries)).value();
    }();
    return catalogue;
}

Knowledge knowledge_with(std::vector<Rule> rules, std::vector<Provider> providers = {}) {
    const std::vector<WordFile> files = {{.name = "a.words", .text = std::string(kWords)}};
    auto lexicon = Lexicon::make(files, codes());
    REQUIRE(lexicon.has_value());
    auto set = RuleSet::make(std::move(rules), codes(), std::move(providers));
    REQUIRE(set.has_value());
    return {.rules = *std::move(set), .lexicon = *std::move(lexicon)};
}

Judgement judged(const Knowledge& knowledge,
                 std::string_view text,
                 SmtpStage stage = SmtpStage::Unknown,
                 std::string_view remote = {}) {
    const QuotedCodes quoted = quoted_codes(text);
    return judge_reply({.reply_code = quoted.reply_code,
                        .status = quoted.status,
                        .text = text,
                        .remote_mta = remote,
                        .reporting_mta = {},
                        .stage = stage},
                       knowledge);
}

}  // namespace

TEST_CASE("a reply is read for whom it speaks of and what is wrong") {
    const Knowledge knowledge = knowledge_with({});
    struct Row {
        std::string_view text;
        SmtpStage stage;
        std::string_view name;
        int code;
    };
    using enum SmtpStage;
    const auto rows = std::to_array<Row>({
        {"550 user unknown", Unknown, "reading/mailbox-unknown", 2001},
        {"550 mailbox bo does not exist", RcptTo, "reading/mailbox-unknown", 2001},
        {"550 user unknown", MailFrom, "reading/sender-unknown", 1999},
        {"550 5.1.8 user unknown", Unknown, "reading/sender-unknown", 1999},
        {"550 your account is suspended", Unknown, "reading/sender-suspended", 1004},
        {"552 sender mailbox is full", Unknown, "reading/sender-full", 1004},
        {"552 the mailbox is full", Unknown, "reading/mailbox-full", 3001},
        {"550 your IP 192.0.2.1 is blacklisted", Unknown, "reading/host-listed", 1002},
        {"550 client host [192.0.2.1] blocked", Unknown, "reading/host-listed", 1002},
        {"450 recipient address rejected: user unknown", RcptTo, "reading/mailbox-unknown", 3999},
        {"550 sender address rejected: domain not found", RcptTo, "reading/sender-unknown", 1999},
        {"550 recipient address rejected: spam", RcptTo, "reading/mailbox-spam", 1004},
        {"550 recipient address rejected: access denied", RcptTo, "reading/mailbox-refused", 2999},
        {"550-mailbox does not exist\n550 Client host blocked",
         Unknown,
         "reading/host-listed",
         1002},
        {"550-mailbox does not exist 550 Read our pages", Unknown, "reading/mailbox-unknown", 2001},
        {"connection refused. It was in the queue too long",
         Unknown,
         "reading/relay-unreachable",
         4003},
        {"the message was in the queue too long", Unknown, "reading/message-too-old", 4004},
        {"550 5.1.1 rejected", Unknown, "status/mailbox-unknown", 2001},
        {"550 5.7.1 xyzzy", Unknown, "status/nobody-refused", 1999},
        {"550 xyzzy", Unknown, "reply/mailbox-refused", 1999},
        {"xyzzy", Unknown, "", 9999},
        {"450 4.4.7 still trying", Unknown, "status/message-too-old", 4004},
        {"Client host blocked. host a said: 550 user unknown",
         Unknown,
         "reading/mailbox-unknown",
         2001},
    });
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const Judgement got = judged(knowledge, row.text, row.stage);
        CAPTURE(got.evidence);
        CAPTURE(got.doubt);
        CHECK(got.name == row.name);
        CHECK(got.code.number() == row.code);
    }
}

TEST_CASE("the evidence is told in words") {
    const Knowledge knowledge = knowledge_with({});
    CHECK(judged(knowledge, "550 5.7.1 your IP is blocked", SmtpStage::RcptTo).evidence ==
          "about the sending host, listed: 'your IP', 'blocked', 550, X.7.1, at rcpt");
    CHECK(judged(knowledge, "550 5.1.1 xyzzy").evidence ==
          "about the recipient's mailbox, unknown: 550, X.1.1");
}

TEST_CASE("what teaches must be certain") {
    const Knowledge knowledge = knowledge_with({});
    struct Row {
        std::string_view what;
        std::string_view text;
        SmtpStage stage;
        int code;
    };
    using enum SmtpStage;
    const auto rows = std::to_array<Row>({
        {"plain words", "550 user unknown", RcptTo, 2001},
        {"class 4", "450 user unknown", RcptTo, 3999},
        {"behind DATA", "550 user unknown", Data, 1999},
        {"a status of connections", "550 5.4.1 user unknown", RcptTo, 1999},
        {"a status of policy", "550 5.7.26 user unknown", RcptTo, 1999},
        {"the status that is written for all", "550 5.7.1 user unknown", RcptTo, 2001},
        {"that, and something about us",
         "550 5.7.1 user unknown, client host rejected",
         RcptTo,
         1999},
        {"something about us", "550 user unknown. Your IP is blocked", RcptTo, 1999},
        {"a guess", "550 the mailbox may not be there, or does not exist", RcptTo, 1999},
        {"a domain", "550 domain not found", RcptTo, 2002},
        {"a domain, by a status of policy", "550 5.7.1 domain not found", RcptTo, 1999},
        {"relaying", "554 5.7.1 relay access denied", RcptTo, 4006},
        {"relaying for now", "454 4.7.1 relay access denied", RcptTo, 3999},
        {"relaying without a login", "550 relay access denied, log in", RcptTo, 6001},
        {"full", "452 4.2.2 over quota", RcptTo, 3001},
        {"full, by the status", "452 4.2.2 xyzzy", RcptTo, 3001},
        {"try later, by words", "450 try again", RcptTo, 3003},
        {"refused, bare", "550 xyzzy", RcptTo, 1999},
    });
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const Judgement got = judged(knowledge, row.text, row.stage);
        CAPTURE(got.evidence);
        CAPTURE(got.doubt);
        CHECK(got.code.number() == row.code);
    }
}

TEST_CASE("a rule stands before the words, but what it teaches needs evidence too") {
    Rule shipped = support::text_rule("text/spoon", 2001, "spoon", "550 the spoon");
    Rule local = support::text_rule("own/fork", 2001, "fork", "550 the fork");
    local.local = true;
    Rule provider = support::text_rule("wide/knife", 2001, "knife", "550 the knife");
    provider.provider = "wide";
    const Knowledge knowledge =
        knowledge_with({shipped, local, provider},
                       {{.id = "wide", .hosts = {"wide.example"}, .marks = {}, .file = {}}});
    CHECK(judged(knowledge, "550 the spoon is bent").code.number() == 2001);
    CHECK(judged(knowledge, "450 the spoon is bent").code.number() == 3999);
    const Judgement contradicted = judged(knowledge, "550 the spoon is bent, your IP is blocked");
    CHECK(contradicted.code.number() == 1002);
    CHECK(contradicted.name == "text/spoon");
    CHECK_FALSE(contradicted.doubt.empty());
    CHECK(judged(knowledge, "450 the fork is bent").code.number() == 2001);
    const auto wide = [&](std::string_view text) {
        return judged(knowledge, text, SmtpStage::RcptTo, "mx.wide.example").code.number();
    };
    CHECK(wide("550 5.4.1 the knife is bent") == 2001);
    CHECK(wide("450 4.4.1 the knife is bent") == 3999);
    CHECK(judged(knowledge, "550 the knife is bent").name == "reply/mailbox-refused");
}

}  // namespace holdback::reading
