// SPDX-License-Identifier: Apache-2.0
#include "dsn/unknown_text.hpp"

#include "dsn/classify.hpp"
#include "dsn/report.hpp"
#include "dsn/rule_set.hpp"
#include "mail/failure_code.hpp"
#include "tests/support/code_samples.hpp"

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::dsn {

namespace {

RuleSet sample_rules() {
    Rule status = support::text_rule("status/other", 4999, "", "550 5.0.0 xyzzy");
    status.status = {"5.*.*"};
    auto made = RuleSet::make(
        {support::text_rule("text/unknown", 2001, "user unknown", "user unknown"), status},
        support::small_catalogue());
    REQUIRE(made.has_value());
    return *std::move(made);
}

ClassifiedRecipient failed(std::string diagnostic, int code, std::string rule) {
    ClassifiedRecipient recipient;
    recipient.report.final_recipient = "bo@example.net";
    recipient.report.diagnostic = std::move(diagnostic);
    recipient.report.remote_mta = "mx.example.net";
    recipient.code = mail::FailureCode::from_number(code).value();
    recipient.rule = std::move(rule);
    return recipient;
}

Understanding bounce(std::vector<ClassifiedRecipient> recipients, std::string human = {}) {
    Understanding understanding;
    understanding.report.kind = MessageKind::Dsn;
    understanding.report.human_text = std::move(human);
    understanding.code = recipients.empty() ? mail::kUnknownFailure : recipients.front().code;
    understanding.recipients = std::move(recipients);
    return understanding;
}

}  // namespace

TEST_CASE("a text is unknown when no rule or a rule on bare codes decided") {
    const RuleSet rules = sample_rules();
    const auto unknown = unknown_texts(
        bounce({failed("550 User unknown", 2001, "text/unknown"),
                failed("550 5.7.9 Spoon of <bo@example.net> bent", 4999, "status/other"),
                failed("Fork 17 missing", 9999, "")}),
        {},
        rules);
    REQUIRE(unknown.size() == 2);
    CHECK(unknown[0] == UnknownText{.pattern = "550 5.7.9 spoon of <{address}> bent",
                                    .example = "550 5.7.9 Spoon of <bo@example.net> bent",
                                    .remote_mta = "mx.example.net",
                                    .code = mail::FailureCode(4999),
                                    .rule = "status/other"});
    CHECK(unknown[1].pattern == "fork {number} missing");
    CHECK(unknown[1].code == mail::kUnknownFailure);
}

TEST_CASE("what failed for good or says nothing is no unknown text") {
    const RuleSet rules = sample_rules();
    ClassifiedRecipient delayed = failed("spoon bent", 5999, "");
    delayed.report.action = Action::Delayed;
    CHECK(unknown_texts(bounce({delayed}), {}, rules).empty());
    CHECK(unknown_texts(bounce({failed("550 5.1.1", 4999, "status/other")}), {}, rules).empty());
    Understanding reply = bounce({failed("spoon bent", 5001, "")});
    reply.report.kind = MessageKind::AutoReply;
    CHECK(unknown_texts(reply, {}, rules).empty());
}

TEST_CASE("each pattern of a message stands once, and not too many of them") {
    const RuleSet rules = sample_rules();
    std::vector<ClassifiedRecipient> same;
    std::vector<ClassifiedRecipient> different;
    std::string name = "spoon";
    for (int i = 0; i < 50; ++i) {
        same.push_back(failed("spoon " + std::to_string(i) + " bent", 9999, ""));
        different.push_back(failed(name += 'n', 9999, ""));
    }
    CHECK(unknown_texts(bounce(same), {}, rules).size() == 1);
    CHECK(unknown_texts(bounce(different), {}, rules).size() == kMostUnprovenTexts);
    std::vector<mail::Proof> proofs(50, mail::Proof::Unproven);
    proofs.at(4) = mail::Proof::Sealed;
    const auto mixed = unknown_texts(bounce(different), proofs, rules);
    REQUIRE(mixed.size() == kMostUnprovenTexts + 1);
    CHECK(mixed.front().proven);
    CHECK_FALSE(mixed.back().proven);
    proofs.assign(50, mail::Proof::Local);
    CHECK(unknown_texts(bounce(different), proofs, rules).size() == kMostUnknownTexts);
}

TEST_CASE("without a diagnostic text the words for people count, cut where they get long") {
    const RuleSet rules = sample_rules();
    const std::string prose = "Your spoon is bent. " + std::string(5000, 'x');
    for (const Understanding& message :
         {bounce({failed("", 9999, "")}, prose), bounce({}, prose)}) {
        const auto unknown = unknown_texts(message, {}, rules);
        REQUIRE(unknown.size() == 1);
        CHECK(unknown[0].pattern == "your spoon is bent. {id}");
        CHECK(unknown[0].example.size() == kUnknownExampleOctets);
    }
}

}  // namespace holdback::dsn
