// SPDX-License-Identifier: Apache-2.0
#include "outbound/preflight_report.hpp"

#include "config/policy.hpp"
#include "core/clock.hpp"
#include "outbound/findings.hpp"
#include "outbound/verdict.hpp"
#include "terms/failure_code.hpp"
#include "terms/finding.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include <doctest/doctest.h>

namespace holdback::outbound {

namespace {

PreflightRow row(const std::string& address, config::PolicyAction action) {
    PreflightRow made{.address = address, .key = address, .domain = "a.test", .verdict = {}};
    made.verdict.action = action;
    if (action != config::PolicyAction::Pass) {
        made.verdict.finding = Finding{.name = terms::FindingName::NoSuchDomain,
                                       .code = terms::FailureCode(2002),
                                       .certainty = terms::Certainty::Certain,
                                       .reason = "the domain does not exist",
                                       .advice = "check it",
                                       .suggestion = "bo@b.test"};
    }
    return made;
}

PreflightFacts some_facts() {
    PreflightFacts facts;
    facts.now = core::TimePoint(std::chrono::days(20'000));
    facts.host = "mta.test";
    facts.address = "bounces@a.test";
    facts.sender = "ann@a.test";
    facts.unique = "abc";
    facts.rows = {row("bo@a.test", config::PolicyAction::Hold),
                  row("al@a.test", config::PolicyAction::Pass)};
    return facts;
}

}  // namespace

TEST_CASE("a report goes to who asked, as text and as CSV") {
    const std::string message = compose_preflight_report(some_facts());
    CHECK(
        message.starts_with("Date: Fri, 4 Oct 2024 00:00:00 +0000\r\n"
                            "From: Holdback <bounces@a.test>\r\n"
                            "To: <ann@a.test>\r\n"
                            "Subject: Preflight: 2 recipients, nothing was sent\r\n"));
    CHECK(message.contains("Auto-Submitted: auto-replied\r\n"));
    CHECK(message.contains("2 recipients: 1 pass, 0 tag, 1 hold, 0 defer, 0 reject\r\n"));
    CHECK(message.contains("predicted bounce rate: 50.0 % (1 of 2)\r\n"));
    CHECK(message.contains("hold    bo@a.test\r\n        the domain does not exist\r\n"));
    CHECK(message.contains(
        "address,verdict,finding,code,reason,suggestion\r\n"
        "bo@a.test,hold,no-such-domain,2002,the domain does not exist,bo@b.test\r\n"
        "al@a.test,pass,,,,\r\n"));
    CHECK(message.ends_with("--=_holdback-abc--\r\n"));
}

TEST_CASE("nothing foreign ends a line or a part, and every line is short ASCII") {
    PreflightFacts facts = some_facts();
    facts.subject = "News\r\nBcc: eva@a.test\r\n--=_holdback-abc--\xff";
    facts.message_id = "<1@a.test>\nX-Evil: yes";
    facts.rows.front().address =
        "b\"\r\n\r\n--=_holdback-abc--\xc3\xb6@a.test" + std::string(2000, 'x');
    const std::string message = compose_preflight_report(facts);
    CHECK_FALSE(message.contains("\nBcc:"));
    CHECK_FALSE(message.contains("\nX-Evil:"));
    std::size_t line = 0;
    for (std::size_t at = 0; at < message.size(); ++at) {
        CHECK(static_cast<unsigned char>(message[at]) < 0x80);
        if (message[at] == '\n') {
            CHECK(message[at - 1] == '\r');
            CHECK(at - line < 998);
            line = at + 1;
        }
    }
    std::size_t ends = 0;
    for (std::size_t at = message.find("\n--=_holdback-abc"); at != std::string::npos;
         at = message.find("\n--=_holdback-abc", at + 1)) {
        ++ends;
    }
    CHECK(ends == 3);
}

TEST_CASE("of many recipients the text shows the first") {
    PreflightFacts facts = some_facts();
    facts.rows.assign(120, row("bo@a.test", config::PolicyAction::Hold));
    CHECK(compose_preflight_report(facts).contains(
        "and 70 more; all are in the file preflight.csv\r\n"));
}

TEST_CASE("what is found about the message is said once, and hides nobody") {
    PreflightFacts facts = some_facts();
    const Finding hint{.name = terms::FindingName::MissingUnsubscribe,
                       .code = std::nullopt,
                       .certainty = terms::Certainty::Hint,
                       .reason = "nobody can unsubscribe",
                       .advice = "add List-Unsubscribe",
                       .suggestion = {}};
    facts.about_message = {hint};
    PreflightRow hinted = row("al@a.test", config::PolicyAction::Tag);
    hinted.verdict.finding = hint;
    facts.rows.assign(120, hinted);
    facts.rows.push_back(row("bo@a.test", config::PolicyAction::Hold));
    const std::string message = compose_preflight_report(facts);
    CHECK(
        message.contains("\r\nabout the message itself:\r\n"
                         "missing-unsubscribe\r\n"
                         "        nobody can unsubscribe\r\n"
                         "        add List-Unsubscribe\r\n"
                         "\r\n"
                         "hold    bo@a.test\r\n"));
    CHECK_FALSE(message.contains("tag     al@a.test"));
    CHECK(message.contains("al@a.test,tag,missing-unsubscribe,,nobody can unsubscribe,\r\n"));
}

}  // namespace holdback::outbound
