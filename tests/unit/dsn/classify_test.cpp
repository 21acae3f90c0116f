// SPDX-License-Identifier: Apache-2.0
#include "dsn/classify.hpp"

#include "dsn/report.hpp"
#include "mail/enhanced_status.hpp"
#include "mail/smtp_reply.hpp"
#include "reading/knowledge.hpp"
#include "reading/rule_set.hpp"
#include "terms/failure_code.hpp"
#include "tests/support/code_samples.hpp"

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

namespace holdback::dsn {

namespace {

using support::text_rule;

reading::Knowledge sample_knowledge() {
    reading::Rule status = text_rule("status/bad-mailbox", 2001, "", "550 5.1.1 xyzzy");
    status.status = {"5.1.1"};
    reading::Rule other = text_rule("status/other", 4999, "", "550 5.0.0 xyzzy");
    other.status = {"5.*.*"};
    reading::Rule reply = text_rule("reply/refused", 1004, "", "550 xyzzy");
    reply.reply = {"550"};
    auto made =
        reading::RuleSet::make({text_rule("text/unknown", 2001, "user unknown", "user unknown"),
                                text_rule("text/full", 3001, "mailbox full", "mailbox full"),
                                text_rule("text/error", 4999, "smtp error", "smtp error"),
                                status,
                                other,
                                reply},
                               support::small_catalogue());
    REQUIRE(made.has_value());
    return {.rules = *std::move(made), .lexicon = {}};
}

RecipientReport failed(std::string diagnostic, std::string_view status = {}) {
    RecipientReport recipient;
    recipient.final_recipient = "bo@example.net";
    recipient.diagnostic = std::move(diagnostic);
    if (!status.empty()) {
        recipient.status = mail::EnhancedStatus::parse(status).value();
    }
    return recipient;
}

/// 0 for no code.
int number_of(const std::optional<terms::FailureCode>& code) {
    return code.has_value() ? code->number() : 0;
}

Report report_of(RecipientReport recipient, std::string human = {}) {
    Report report;
    report.kind = MessageKind::Dsn;
    report.recipients = {std::move(recipient)};
    report.human_text = std::move(human);
    return report;
}

}  // namespace

TEST_CASE("the words of the server stand before status, prose and reply code") {
    const reading::Knowledge knowledge = sample_knowledge();
    struct Row {
        std::string_view what;
        Report report;
        int code;
        std::string_view rule;
    };
    const auto rows = std::to_array<Row>({
        {"text", report_of(failed("550 User unknown", "5.7.1")), 2001, "text/unknown"},
        {"text before status",
         report_of(failed("550 5.1.1 mailbox full", "5.1.1")),
         3001,
         "text/full"},
        {"the reply that is quoted before the words around it",
         report_of(failed("SMTP error after RCPT TO: 550 user unknown")),
         2001,
         "text/unknown"},
        {"the words around it when the reply says nothing",
         report_of(failed("SMTP error after RCPT TO: 550 xyzzy")),
         4999,
         "text/error"},
        {"5.1.1 in the text beats a general field",
         report_of(failed("550 5.1.1 xyzzy", "5.0.0")),
         2001,
         "status/bad-mailbox"},
        {"a field that is more telling than the text",
         report_of(failed("550 5.0.0 xyzzy", "5.1.1")),
         2001,
         "status/bad-mailbox"},
        {"a specific status beside an unknown text beats prose",
         report_of(failed("550 5.1.1 xyzzy"), "The mailbox full story"),
         2001,
         "status/bad-mailbox"},
        {"prose where the fields are general",
         report_of(failed("550 xyzzy", "5.0.0"), "Sorry, mailbox full."),
         3001,
         "text/full"},
        {"prose where there is no diagnostic",
         report_of(failed("", "5.1.1"), "Sorry, mailbox full."),
         3001,
         "text/full"},
        {"the sharper rule where the diagnostic is prose itself",
         report_of(failed("smtp error"), "smtp error because of mailbox full"),
         3001,
         "text/full"},
        {"codes in prose count only where nothing else is known",
         report_of(failed(""), "The server said 550 5.1.1 xyzzy"),
         2001,
         "status/bad-mailbox"},
        {"reply code alone", report_of(failed("550 xyzzy")), 1004, "reply/refused"},
        {"nothing known", report_of(failed("xyzzy")), 9999, ""},
        {"nothing said", report_of(failed("")), 9999, ""},
    });
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const Understanding got = classify(row.report, knowledge, support::small_catalogue());
        REQUIRE(got.recipients.size() == 1);
        CHECK(got.recipients.front().code.number() == row.code);
        CHECK(got.recipients.front().rule == row.rule);
        CHECK(number_of(got.code) == row.code);
    }
}

TEST_CASE("a reply without diagnostic text is classified by its line") {
    RecipientReport recipient = failed("");
    recipient.reply = mail::SmtpReply::parse("550 5.7.1 user unknown");
    REQUIRE(recipient.reply.has_value());
    const Understanding got =
        classify(report_of(recipient), sample_knowledge(), support::small_catalogue());
    CHECK(got.recipients.front().rule == "text/unknown");
}

TEST_CASE("what is no failure is not classified as one") {
    struct Row {
        Action action;
        int recipient;
        int message;
    };
    const auto rows = std::to_array<Row>({{Action::Failed, 2001, 2001},
                                          {Action::Delayed, 3003, 5999},
                                          {Action::Delivered, 5999, 5999},
                                          {Action::Relayed, 5999, 5999},
                                          {Action::Expanded, 5999, 5999}});
    const reading::Knowledge knowledge = sample_knowledge();
    for (const Row& row : rows) {
        CAPTURE(wire_name(row.action));
        RecipientReport recipient = failed("550 user unknown");
        recipient.action = row.action;
        const Understanding got =
            classify(report_of(recipient), knowledge, support::small_catalogue());
        CHECK(got.recipients.front().code.number() == row.recipient);
        CHECK(number_of(got.code) == row.message);
    }
}

TEST_CASE("a delay has the code of its cause, and never that of a failure for good") {
    struct Row {
        std::string_view what;
        std::string_view diagnostic;
        int code;
        std::string_view rule;
    };
    const auto rows = std::to_array<Row>({
        {"a cause that passes", "452 mailbox full", 3001, "text/full"},
        {"a cause that would not", "550 user unknown", 3003, "text/unknown"},
        {"what is for now only", "450 user unknown", 3999, "text/unknown"},
        {"no cause that a rule knows", "xyzzy", 5999, ""},
        {"nothing said", "", 5999, ""},
    });
    const reading::Knowledge knowledge = sample_knowledge();
    for (const Row& row : rows) {
        CAPTURE(row.what);
        RecipientReport recipient = failed(std::string(row.diagnostic));
        recipient.action = Action::Delayed;
        const Understanding got =
            classify(report_of(recipient), knowledge, support::small_catalogue());
        CHECK(got.recipients.front().code.number() == row.code);
        CHECK(got.recipients.front().rule == row.rule);
        CHECK(number_of(got.code) == 5999);
    }
}

TEST_CASE("the message has the code of those that failed, not of those that wait") {
    RecipientReport waiting = failed("550 user unknown");
    waiting.action = Action::Delayed;
    Report report = report_of(waiting);
    report.recipients.push_back(failed("552 mailbox full"));
    const Understanding got = classify(report, sample_knowledge(), support::small_catalogue());
    CHECK(got.recipients.at(0).code.number() == 3003);
    CHECK(got.recipients.at(1).code.number() == 3001);
    CHECK(number_of(got.code) == 3001);
}

TEST_CASE("rules read the stage, whoever tells it in whatever words") {
    auto made =
        reading::RuleSet::make({text_rule("stage/sender",
                                          4999,
                                          "unknown.*in reply to MAIL FROM",
                                          "550 user unknown (in reply to MAIL FROM command)"),
                                text_rule("text/unknown", 2001, "user unknown", "user unknown")},
                               support::small_catalogue());
    REQUIRE(made.has_value());
    const reading::Knowledge knowledge{.rules = *std::move(made), .lexicon = {}};
    struct Row {
        std::string_view what;
        std::string_view diagnostic;
        std::string_view human;
        int code;
    };
    const auto rows = std::to_array<Row>({
        {"in the field", "host a said: 550 user unknown (in reply to MAIL FROM command)", "", 4999},
        {"only for humans",
         "550 user unknown",
         "host a said: 550 user\n    unknown (in reply to MAIL\n    FROM command)",
         4999},
        {"in Exim's words",
         "SMTP error from remote mail server after MAIL FROM:<a@b.example>: "
         "550 user unknown",
         "",
         4999},
        {"in a transcript",
         "550 user unknown",
         ">>> MAIL From:<ann@example.com>\n<<< 550 user unknown\n",
         4999},
        {"at RCPT",
         "550 user unknown",
         "host a said: 550 user unknown (in reply to RCPT TO command)",
         2001},
        {"nowhere", "550 user unknown", "Sorry.", 2001},
    });
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const Understanding got =
            classify(report_of(failed(std::string(row.diagnostic)), std::string(row.human)),
                     knowledge,
                     support::small_catalogue());
        CHECK(got.recipients.front().code.number() == row.code);
    }
}

TEST_CASE("the kind of a message decides where it is no failure report") {
    struct Row {
        MessageKind kind;
        int want;  // 0: no code
    };
    const auto rows = std::to_array<Row>({{MessageKind::AutoReply, 5001},
                                          {MessageKind::Challenge, 1011},
                                          {MessageKind::Complaint, 5002},
                                          {MessageKind::Unsubscribe, 5003},
                                          {MessageKind::Mdn, 5999},
                                          {MessageKind::Ordinary, 0}});
    const reading::Knowledge knowledge = sample_knowledge();
    for (const Row& row : rows) {
        CAPTURE(wire_name(row.kind));
        Report report = report_of(failed("550 user unknown"), "user unknown");
        report.kind = row.kind;
        const Understanding got = classify(report, knowledge, support::small_catalogue());
        CHECK(number_of(got.code) == row.want);
        CHECK(got.recipients.size() == (row.want == 0 ? 0 : 1));
        report.recipients.clear();
        const Understanding nobody = classify(report, knowledge, support::small_catalogue());
        CHECK(number_of(nobody.code) == row.want);
    }
}

TEST_CASE("the gravest code of several recipients is the message's") {
    Report report = report_of(failed("552 mailbox full"));
    report.recipients.push_back(failed("550 xyzzy"));
    report.recipients.push_back(failed("550 user unknown"));
    report.recipients.push_back(failed("xyzzy"));
    const Understanding got = classify(report, sample_knowledge(), support::small_catalogue());
    REQUIRE(got.recipients.size() == 4);
    CHECK(got.recipients[0].code.number() == 3001);
    CHECK(got.recipients[1].code.number() == 1004);
    CHECK(got.recipients[2].code.number() == 2001);
    CHECK(got.recipients[3].code.number() == 9999);
    CHECK(number_of(got.code) == 2001);
}

TEST_CASE("each of several recipients gets the prose that is about it") {
    Report report = report_of(failed(""));
    report.kind = MessageKind::Bounce;
    report.recipients.front().final_recipient = "ann@example.net";
    report.recipients.push_back(failed(""));
    RecipientReport third = failed("");
    third.final_recipient = "cy@example.net";
    report.recipients.push_back(third);
    report.human_text =
        "Sorry!\n<Ann@Example.NET>: user unknown\n<bo@example.net>:\nmailbox full\n";
    const Understanding got = classify(report, sample_knowledge(), support::small_catalogue());
    REQUIRE(got.recipients.size() == 3);
    CHECK(got.recipients[0].rule == "text/unknown");
    CHECK(got.recipients[1].rule == "text/full");
    CHECK(got.recipients[2].code == terms::kUnknownFailure);
}

TEST_CASE("a bounce that names no recipient has a code by its text") {
    Report report;
    report.kind = MessageKind::Bounce;
    report.human_text = "Delivery failed: mailbox full";
    const Understanding got = classify(report, sample_knowledge(), support::small_catalogue());
    CHECK(got.recipients.empty());
    CHECK(number_of(got.code) == 3001);
    report.human_text.clear();
    CHECK(number_of(classify(report, sample_knowledge(), support::small_catalogue()).code) == 9999);
}

TEST_CASE("a bounce of 500 recipients takes no longer than its size asks for") {
    const reading::Knowledge knowledge = sample_knowledge();
    Report report;
    report.kind = MessageKind::Dsn;
    for (int i = 0; i < 500; ++i) {
        RecipientReport recipient = failed("xyzzy", "5.0.0");
        recipient.final_recipient = "user" + std::to_string(i) + "@example.net";
        report.human_text += "<" + recipient.final_recipient +
                             ">: host mx.example.net[192.0.2.1] said: 550\n    <" +
                             recipient.final_recipient + ">: mailbox full (in reply to RCPT TO)\n";
        report.recipients.push_back(std::move(recipient));
    }
    const auto begin = std::chrono::steady_clock::now();
    const Understanding understanding =
        classify(std::move(report), knowledge, support::small_catalogue());
    // A tenth of a second; a minute when each recipient has the text searched for all others.
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
    CHECK(understanding.recipients.back().rule == "text/full");
}

}  // namespace holdback::dsn
