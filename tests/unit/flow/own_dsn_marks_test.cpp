// SPDX-License-Identifier: Apache-2.0
#include "flow/own_dsn_marks.hpp"

#include "letters/return_dsn.hpp"
#include "mail/smtp_reply.hpp"
#include "reading/rule_set.hpp"
#include "terms/failure_code.hpp"
#include "tests/support/code_samples.hpp"
#include "tests/support/small_snapshot.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::flow {

namespace {

letters::ReturnedRecipient returned(std::string address,
                                    std::string_view reply,
                                    terms::FailureCode code) {
    return {.address = std::move(address),
            .original = {},
            .reply = mail::SmtpReply::parse(reply).value(),
            .explanation = "gone",
            .code = code};
}

}  // namespace

TEST_CASE("a DSN of ours bears the fields that a bounce gets, with the codes that we know") {
    letters::ReturnDsnFacts facts;
    facts.reporting_mta = "mx.a.test";
    facts.recipients = {
        returned("bo@b.test", "550 5.7.1 held back", terms::FailureCode(3001)),
        returned("carl@c.test", "556 5.1.10 takes no mail", terms::FailureCode(2002))};
    facts.recipients[1].original = "rfc822;carl@old.test";
    const std::string marks = own_dsn_marks(facts, *support::small_snapshot());
    CHECK(marks ==
          "X-Holdback-Code: 2002\r\n"
          "X-Holdback-DSN: code=3001; name=mailbox-full; class=temporary; status=5.7.1; "
          "action=failed;\r\n"
          "\trcpt=\"bo@b.test\"; proof=local\r\n"
          "X-Holdback-DSN: code=2002; name=domain-invalid; class=permanent; status=5.1.10; "
          "action=failed;\r\n"
          "\trcpt=\"carl@old.test\"; final=\"carl@c.test\"; proof=local\r\n");
    facts.marks = marks;
    const std::string dsn = letters::compose_return_dsn(facts);
    CHECK(dsn.find(marks) < dsn.find("\r\n\r\n"));
}

TEST_CASE("where nobody knows the cause, the reply tells it") {
    letters::ReturnDsnFacts facts;
    facts.recipients = {
        returned("bo@b.test", "550 5.1.1 no such user here", terms::kUnknownFailure)};
    std::vector<reading::Rule> rules;
    rules.push_back(
        support::text_rule("text/user-unknown", 2001, "no such user", "550 5.1.1 no such user"));
    const std::string marks = own_dsn_marks(facts, *support::small_snapshot(std::move(rules)));
    CHECK(marks.starts_with("X-Holdback-Code: 2001\r\n"));
    CHECK(marks.find("\trcpt=\"bo@b.test\"; proof=local; rule=text/user-unknown\r\n") !=
          std::string::npos);
}

}  // namespace holdback::flow
