// SPDX-License-Identifier: Apache-2.0
#include "dsn/unknown_text.hpp"

#include "dsn/classify.hpp"
#include "dsn/report.hpp"
#include "terms/failure_code.hpp"

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::dsn {

namespace {

ClassifiedRecipient failed(std::string diagnostic, int code, std::string rule) {
    ClassifiedRecipient recipient;
    recipient.report.final_recipient = "bo@example.net";
    recipient.report.diagnostic = std::move(diagnostic);
    recipient.report.remote_mta = "mx.example.net";
    recipient.code = terms::FailureCode::from_number(code).value();
    recipient.rule = std::move(rule);
    recipient.knows_words = recipient.rule.starts_with("text/");
    return recipient;
}

Understanding bounce(std::vector<ClassifiedRecipient> recipients, std::string human = {}) {
    Understanding understanding;
    understanding.report.kind = MessageKind::Dsn;
    understanding.report.human_text = std::move(human);
    understanding.code = recipients.empty() ? terms::kUnknownFailure : recipients.front().code;
    understanding.recipients = std::move(recipients);
    return understanding;
}

}  // namespace

TEST_CASE("a text is unknown when nobody knew its words") {
    const auto unknown = unknown_texts(
        bounce({failed("550 User unknown", 2001, "text/unknown"),
                failed("550 5.7.9 Spoon of <bo@example.net> bent", 4999, "status/other"),
                failed("Fork 17 missing", 9999, "")}),
        {});
    REQUIRE(unknown.size() == 2);
    CHECK(unknown[0] == UnknownText{.pattern = "550 5.7.9 spoon of <{address}> bent",
                                    .example = "550 5.7.9 Spoon of <bo@example.net> bent",
                                    .remote_mta = "mx.example.net",
                                    .code = terms::FailureCode(4999),
                                    .rule = "status/other"});
    CHECK(unknown[1].pattern == "fork {number} missing");
    CHECK(unknown[1].code == terms::kUnknownFailure);
}

TEST_CASE("the name of a mailbox is no part of a pattern, with its domain or without") {
    struct Row {
        std::string_view recipient;
        std::string_view text;
        std::string_view want;
    };
    const auto rows = std::to_array<Row>({
        {"kim.lee@example.net", "Spoon of Kim.Lee bent", "spoon of {address} bent"},
        {"kim.lee@example.net",
         "<kim.lee> (kim.lee@example.net): bent",
         "<{address}> ({address}): bent"},
        {"kim.lee@example.net", "xkim.lee kim.lee2 bent", "xkim.lee kim.lee2 bent"},
        {"kim@example.net", "kimono of kim", "kimono of {address}"},
        {"user@example.net", "user is bent", "user is bent"},
        {"bo@example.net", "bo is bent", "bo is bent"},
        {"", "spoon bent", "spoon bent"},
        {"kim", "kim kim", ""},
    });
    for (const Row& row : rows) {
        CAPTURE(row.text);
        ClassifiedRecipient recipient = failed(std::string(row.text), 9999, "");
        recipient.report.final_recipient = row.recipient;
        const auto unknown = unknown_texts(bounce({recipient}), {});
        REQUIRE(unknown.size() == (row.want.empty() ? 0 : 1));
        if (!row.want.empty()) {
            CHECK(unknown[0].pattern == row.want);
            CHECK(unknown[0].example == row.text);
        }
    }
}

TEST_CASE("what failed for good or says nothing is no unknown text") {
    ClassifiedRecipient delayed = failed("spoon bent", 5999, "");
    delayed.report.action = Action::Delayed;
    CHECK(unknown_texts(bounce({delayed}), {}).empty());
    CHECK(unknown_texts(bounce({failed("550 5.1.1", 4999, "status/other")}), {}).empty());
    Understanding reply = bounce({failed("spoon bent", 5001, "")});
    reply.report.kind = MessageKind::AutoReply;
    CHECK(unknown_texts(reply, {}).empty());
}

TEST_CASE("each pattern of a message stands once, and not too many of them") {
    std::vector<ClassifiedRecipient> same;
    std::vector<ClassifiedRecipient> different;
    std::string name = "spoon";
    for (int i = 0; i < 50; ++i) {
        same.push_back(failed("spoon " + std::to_string(i) + " bent", 9999, ""));
        different.push_back(failed(name += 'n', 9999, ""));
    }
    CHECK(unknown_texts(bounce(same), {}).size() == 1);
    CHECK(unknown_texts(bounce(different), {}).size() == kMostUnprovenTexts);
    std::vector<terms::Proof> proofs(50, terms::Proof::Unproven);
    proofs.at(4) = terms::Proof::Sealed;
    const auto mixed = unknown_texts(bounce(different), proofs);
    REQUIRE(mixed.size() == kMostUnprovenTexts + 1);
    CHECK(mixed.front().proven);
    CHECK_FALSE(mixed.back().proven);
    proofs.assign(50, terms::Proof::Local);
    CHECK(unknown_texts(bounce(different), proofs).size() == kMostUnknownTexts);
}

TEST_CASE("without a diagnostic text the words for people count, cut where they get long") {
    const std::string prose = "Your spoon is bent. " + std::string(5000, 'x');
    for (const Understanding& message :
         {bounce({failed("", 9999, "")}, prose), bounce({}, prose)}) {
        const auto unknown = unknown_texts(message, {});
        REQUIRE(unknown.size() == 1);
        CHECK(unknown[0].pattern == "your spoon is bent. {id}");
        CHECK(unknown[0].example.size() == kUnknownExampleOctets);
    }
}

}  // namespace holdback::dsn
