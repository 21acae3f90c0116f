// SPDX-License-Identifier: Apache-2.0
#include "report/decision.hpp"

#include "config/policy.hpp"
#include "config/settings.hpp"
#include "dsn/report.hpp"
#include "mail/enhanced_status.hpp"
#include "outbound/bulk.hpp"
#include "terms/failure_code.hpp"
#include "terms/suppression.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace holdback::report {
namespace {

TEST_CASE("an outbound decision is one line, keys in fixed order") {
    const OutboundDecision decision{
        .session = "s1",
        .queue_id = "4Xk2",
        .sender = "news@example.org",
        .recipient = "bo@example.net",
        .mode = config::Mode::Enforce,
        .verdict = config::PolicyAction::Hold,
        .unshadowed = config::PolicyAction::Hold,
        .reason = "null-mx",
        .code = terms::FailureCode(2002),
        .stream = {.stream = outbound::Stream::Bulk, .signal = "header:List-Id"},
        .dns_time = std::chrono::milliseconds(12),
        .held_id = 17,
        .campaign = "spring \"26\"\n" + std::string(300, 'x'),
        .route = "local:mydestination",
        .suppressed_as = "bo@example.net",
    };
    CHECK(decision_line(decision) ==
          "decision flow=outbound qid=\"4Xk2\" sender=\"news@example.org\" "
          "rcpt=\"bo@example.net\" verdict=hold reason=null-mx bulk=yes dns_ms=12 code=2002 "
          "signal=\"header:List-Id\" mode=enforce unshadowed=hold held=17 session=\"s1\" "
          "envid=none override=no campaign=\"spring \\\"26\\\"\\x0a" +
              std::string(244, 'x') +
              "\"... suppressed_as=\"bo@example.net\" route=local:mydestination");
}

TEST_CASE("what is absent is written none, and the null sender as an empty text") {
    const OutboundDecision decision{
        .session = "",
        .queue_id = "",
        .sender = "",
        .recipient = "bo@example.net",
        .mode = config::Mode::Shadow,
        .verdict = config::PolicyAction::Pass,
        .unshadowed = config::PolicyAction::Tag,
        .reason = {},
        .code = {},
        .stream = {},
        .dns_time = {},
        .held_id = {},
    };
    CHECK(decision_line(decision) ==
          "decision flow=outbound qid=none sender=\"\" rcpt=\"bo@example.net\" verdict=pass "
          "reason=none bulk=no dns_ms=none code=none signal=\"none\" mode=shadow unshadowed=tag "
          "held=none session=none envid=none override=no campaign=none "
          "suppressed_as=none route=none");
}

TEST_CASE("an inbound decision is one line, keys in fixed order") {
    InboundDecision decision;
    decision.session = "s2";
    decision.queue_id = "9F1C";
    decision.kind = dsn::MessageKind::Dsn;
    decision.recipient = "user@example.net";
    decision.code = terms::FailureCode(2001);
    if (const auto status = mail::EnhancedStatus::parse("5.1.1"); status.has_value()) {
        decision.status = *status;
    }
    decision.proof = terms::Proof::Local;
    decision.rule = "text/user-unknown";
    decision.learned = LearnOutcome::Suppressed;
    decision.proof_reason = "own-mta";
    decision.learn_reason = "suppressed";
    decision.behind = "member@example.net";
    CHECK(decision_line(decision) ==
          "decision flow=inbound qid=\"9F1C\" kind=dsn rcpt=\"user@example.net\" code=2001 "
          "status=5.1.1 proof=local rule=\"text/user-unknown\" learned=suppressed action=failed "
          "session=\"s2\" proof_reason=own-mta learn_reason=suppressed "
          "final=\"member@example.net\"");
    CHECK(decision_line(InboundDecision{}) ==
          "decision flow=inbound qid=none kind=ordinary rcpt=\"\" code=none status=none "
          "proof=unproven rule=none learned=no action=failed session=none "
          "proof_reason=none learn_reason=none final=none");
}

TEST_CASE("a change is one line, keys in fixed order") {
    ChangeDecision change{.what = "added",
                          .subject = "bo@example.net",
                          .scope = "global",
                          .who = "anna (uid 1000)",
                          .from = "holdbackctl on pts/3",
                          .at = "2026-01-01T14:00:00Z",
                          .detail = "manual 1999"};
    CHECK(decision_line(change) ==
          "decision flow=change what=added subject=\"bo@example.net\" scope=\"global\" entries=1 "
          "by=\"anna (uid 1000)\" from=\"holdbackctl on pts/3\" at=\"2026-01-01T14:00:00Z\" "
          "detail=\"manual 1999\"");
    change = {.what = "imported", .subject = {}, .scope = {}, .entries = 1200};
    change.detail = "a\"b\n";
    CHECK(decision_line(change) ==
          "decision flow=change what=imported subject=none scope=none entries=1200 by=none "
          "from=none at=none detail=\"a\\\"b\\x0a\"");
}

TEST_CASE("a release decision is one line, keys in fixed order") {
    const ReleaseDecision decision{
        .item = 17,
        .sender = "news@example.org",
        .recipient = "bo@example.net",
        .verdict = ReleaseVerdict::Refused,
        .answer = "550 5.1.1 no such user",
        .cause = "command",
    };
    CHECK(decision_line(decision) ==
          "decision flow=release item=17 rcpt=\"bo@example.net\" verdict=refused "
          "answer=\"550 5.1.1 no such user\" sender=\"news@example.org\" cause=\"command\"");
}

TEST_CASE("no foreign value can end its quotes, its line, or forge a key") {
    const std::string hostile = "a\" verdict=pass\r\ndecision \x1b[31m\\\xff";
    const std::string safe = R"("a\" verdict=pass\x0d\x0adecision \x1b[31m\\\xff")";
    OutboundDecision outbound;
    outbound.session = hostile;
    outbound.queue_id = hostile;
    outbound.sender = hostile;
    outbound.recipient = hostile;
    outbound.stream.signal = hostile;
    outbound.campaign = hostile;
    outbound.route = hostile;
    outbound.envelope_id = hostile;
    outbound.suppressed_as = hostile;
    CHECK(decision_line(outbound) ==
          "decision flow=outbound qid=" + safe + " sender=" + safe + " rcpt=" + safe +
              " verdict=pass reason=none bulk=no dns_ms=none code=none signal=" + safe +
              " mode=shadow unshadowed=pass held=none session=" + safe + " envid=" + safe +
              " override=no campaign=" + safe + " suppressed_as=" + safe + " route=" + safe);
    InboundDecision inbound;
    inbound.queue_id = hostile;
    inbound.recipient = hostile;
    inbound.rule = hostile;
    inbound.behind = hostile;
    CHECK(decision_line(inbound) == "decision flow=inbound qid=" + safe +
                                        " kind=ordinary rcpt=" + safe +
                                        " code=none status=none proof=unproven rule=" + safe +
                                        " learned=no action=failed session=none "
                                        "proof_reason=none learn_reason=none final=" +
                                        safe);
    ReleaseDecision release;
    release.answer = std::string(10'000, '\n');
    CHECK(decision_line(release).size() < 1'500);
    CHECK(std::ranges::count(decision_line(release), '\n') == 0);
}

TEST_CASE("outcomes of learning and of releases have kebab-case names") {
    CHECK(wire_name(LearnOutcome::No) == "no");
    CHECK(wire_name(LearnOutcome::Counted) == "counted");
    CHECK(wire_name(LearnOutcome::Suppressed) == "suppressed");
    CHECK(wire_name(ReleaseVerdict::Released) == "released");
    CHECK(wire_name(ReleaseVerdict::Refused) == "refused");
    CHECK(wire_name(ReleaseVerdict::Interrupted) == "interrupted");
    CHECK(wire_name(ReleaseVerdict::Returned) == "returned");
    CHECK(wire_name(ReleaseVerdict::Discarded) == "discarded");
}

}  // namespace
}  // namespace holdback::report
