// SPDX-License-Identifier: Apache-2.0
#include "outbound/plan.hpp"

#include "config/settings.hpp"
#include "outbound/bulk.hpp"
#include "outbound/findings.hpp"
#include "outbound/verdict.hpp"
#include "terms/failure_code.hpp"
#include "terms/finding.hpp"
#include "terms/policy_action.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::outbound {

namespace {

using terms::FindingName;
using terms::PolicyAction;

Finding finding(FindingName name) {
    return {.name = name,
            .code = terms::FailureCode(2002),
            .certainty = terms::Certainty::Certain,
            .reason = "a reason",
            .advice = "an advice",
            .suggestion = {}};
}

Verdict verdict(PolicyAction action) {
    Verdict made;
    made.action = action;
    made.shadowed = action;
    if (action != PolicyAction::Pass) {
        made.finding = finding(FindingName::NullMx);
    }
    if (action == PolicyAction::Tag) {
        made.tags = {FindingName::NullMx};
    }
    return made;
}

}  // namespace

TEST_CASE("the gravest action of a recipient's findings decides") {
    const std::vector<Finding> found{finding(FindingName::UnusualAddress),
                                     finding(FindingName::UnusableMx),
                                     finding(FindingName::SuppressedBounce)};
    const config::PolicySettings policy;
    const Verdict direct = judge(found, Stream::Direct, policy);
    CHECK(direct.action == PolicyAction::Reject);
    CHECK(direct.finding->name == FindingName::SuppressedBounce);
    const Verdict bulk = judge(found, Stream::Bulk, policy);
    CHECK(bulk.action == PolicyAction::Hold);
    CHECK(bulk.finding->name == FindingName::UnusableMx);  // the first of two that hold
    CHECK_FALSE(judge({}, Stream::Bulk, policy).finding.has_value());
}

TEST_CASE("what people wish of lists, and what mail to many needs, is asked of no letter") {
    const config::PolicySettings policy;
    struct Row {
        FindingName name;
        PolicyAction list;
        PolicyAction many;
        PolicyAction person;
    };
    const std::vector<Row> rows{
        {FindingName::SuppressedUnsubscribe,
         PolicyAction::Hold,
         PolicyAction::Pass,
         PolicyAction::Pass},
        {FindingName::SuppressedComplaint,
         PolicyAction::Hold,
         PolicyAction::Tag,
         PolicyAction::Tag},
        {FindingName::SuppressedBounce, PolicyAction::Hold, PolicyAction::Hold, PolicyAction::Hold},
        {FindingName::SuppressedManual, PolicyAction::Hold, PolicyAction::Hold, PolicyAction::Hold},
        {FindingName::MissingUnsubscribe, PolicyAction::Tag, PolicyAction::Tag, PolicyAction::Pass},
        {FindingName::ForeignFrom, PolicyAction::Tag, PolicyAction::Tag, PolicyAction::Pass},
        {FindingName::MissingSignature, PolicyAction::Tag, PolicyAction::Tag, PolicyAction::Pass},
        {FindingName::MissingPlainText, PolicyAction::Tag, PolicyAction::Tag, PolicyAction::Pass},
        {FindingName::UnusableReplyTo, PolicyAction::Tag, PolicyAction::Tag, PolicyAction::Pass},
    };
    for (const Row& row : rows) {
        CAPTURE(wire_name(row.name));
        const std::vector<Finding> found{finding(row.name)};
        CHECK(judge(found, Stream::Bulk, policy, SentTo::List).action == row.list);
        CHECK(judge(found, Stream::Bulk, policy, SentTo::Many).action == row.many);
        CHECK(judge(found, Stream::Bulk, policy, SentTo::Person).action == row.person);
    }
}

TEST_CASE("a finding that may not count for the recipient does no more than tag") {
    std::vector<Finding> found{finding(FindingName::NoSuchDomain)};
    found.front().only_tags = true;
    config::PolicySettings policy;
    for (const Stream stream : {Stream::Bulk, Stream::Direct}) {
        const Verdict verdict = judge(found, stream, policy);
        CHECK(verdict.action == PolicyAction::Tag);
        CHECK(verdict.shadowed == PolicyAction::Tag);
        CHECK(verdict.tags == std::vector{FindingName::NoSuchDomain});
    }
    policy.direct.set(FindingName::NoSuchDomain, PolicyAction::Pass);
    CHECK(judge(found, Stream::Direct, policy).action == PolicyAction::Pass);
    found.push_back(finding(FindingName::SuppressedBounce));
    CHECK(judge(found, Stream::Bulk, policy).action == PolicyAction::Hold);
}

TEST_CASE("a finding in shadow does not decide, and what it would have done is kept") {
    const std::vector<Finding> found{finding(FindingName::NullMx)};
    config::PolicySettings policy;
    policy.shadow = {FindingName::NullMx};
    const Verdict verdict = judge(found, Stream::Bulk, policy);
    CHECK(verdict.action == PolicyAction::Pass);
    CHECK(verdict.shadowed == PolicyAction::Hold);
    REQUIRE(verdict.finding.has_value());
    CHECK(verdict.finding->name == FindingName::NullMx);
}

TEST_CASE("nobody is taken out when everybody passes; tags are named once") {
    const std::vector<Verdict> verdicts{verdict(PolicyAction::Tag), verdict(PolicyAction::Tag)};
    const MessagePlan made = plan(verdicts, {});
    CHECK(std::holds_alternative<PassAll>(made.what));
    CHECK(made.tags == std::vector<std::string>{"null-mx"});
}

TEST_CASE("a tag tells no recipient of another") {
    const auto tagged = [](std::vector<FindingName> tags) {
        Verdict made = verdict(PolicyAction::Tag);
        made.tags = std::move(tags);
        return made;
    };
    const Verdict both = tagged({FindingName::MisspelledDomain, FindingName::ForeignFrom});
    const Verdict one = tagged({FindingName::ForeignFrom});
    Verdict held = verdict(PolicyAction::Hold);
    held.tags = {FindingName::UnusableMx};
    struct Row {
        std::string_view what;
        std::vector<Verdict> verdicts;
        std::vector<std::string> want;
    };
    const std::vector<Row> rows{
        {"all there is", {both}, {"misspelled-domain", "foreign-from"}},
        {"what both have", {both, one}, {"foreign-from"}},
        {"whoever is first", {one, both}, {"foreign-from"}},
        {"one passes without", {verdict(PolicyAction::Pass), both}, {}},
        {"one passes without, behind", {both, verdict(PolicyAction::Pass)}, {}},
        {"who is held does not count", {held, both}, {"misspelled-domain", "foreign-from"}},
        {"nobody gets it", {held, held}, {}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        CHECK(plan(row.verdicts, {}).tags == row.want);
    }
}

TEST_CASE("a message of which every recipient is rejected is refused") {
    const std::vector<Verdict> one{verdict(PolicyAction::Reject)};
    const auto refused = plan(one, {});
    REQUIRE(std::holds_alternative<Refuse>(refused.what));
    CHECK(std::get<Refuse>(refused.what).reply.line() == "556 5.1.10 a reason; an advice");

    const std::vector<Verdict> two{verdict(PolicyAction::Reject), verdict(PolicyAction::Reject)};
    const auto both = plan(two, {.untold = true});
    REQUIRE(std::holds_alternative<Refuse>(both.what));
    CHECK(std::get<Refuse>(both.what).reply.line() ==
          "556 5.1.10 none of the 2 recipients can be reached; the first: a reason; an advice");

    const std::vector<Verdict> late{verdict(PolicyAction::Defer)};
    CHECK(std::get<Refuse>(plan(late, {}).what).reply.code() == 450);
}

TEST_CASE("a client that had enough refusals has its message taken, and it is returned or kept") {
    const Telling telling{.untold = false, .spares_client = true};
    const std::vector<Verdict> bad{verdict(PolicyAction::Reject), verdict(PolicyAction::Reject)};
    const auto returned = plan(bad, telling);
    REQUIRE(std::holds_alternative<Split>(returned.what));
    CHECK(std::get<Split>(returned.what).give_back == RecipientIndices{0, 1});
    CHECK(std::get<Split>(returned.what).pass.empty());
    const std::vector<Verdict> late{verdict(PolicyAction::Defer)};
    const auto kept = plan(late, telling);
    REQUIRE(std::holds_alternative<Split>(kept.what));
    CHECK(std::get<Split>(kept.what).defer == RecipientIndices{0});
}

TEST_CASE("a refusal for what is wrong with the message does not speak of recipients") {
    Verdict one = verdict(PolicyAction::Reject);
    one.finding = finding(FindingName::ForeignFrom);
    const std::vector<Verdict> verdicts{one, one};
    const MessagePlan made = plan(verdicts, {});
    REQUIRE(std::holds_alternative<Refuse>(made.what));
    CHECK(std::get<Refuse>(made.what).reply.line() == "550 5.7.1 a reason; an advice");
}

TEST_CASE("some of several are taken out, each in its way") {
    const std::vector<Verdict> verdicts{verdict(PolicyAction::Hold),
                                        verdict(PolicyAction::Pass),
                                        verdict(PolicyAction::Reject),
                                        verdict(PolicyAction::Defer)};
    const auto made = plan(verdicts, {});
    REQUIRE(std::holds_alternative<Split>(made.what));
    const auto& split = std::get<Split>(made.what);
    CHECK(split.pass == RecipientIndices{1});
    CHECK(split.hold == RecipientIndices{0});
    CHECK(split.give_back == RecipientIndices{2});
    CHECK(split.defer == RecipientIndices{3});
    CHECK_FALSE(split.reinject_passing);
}

TEST_CASE("nobody can be told about a null sender's recipients, so they are held") {
    const std::vector<Verdict> verdicts{
        verdict(PolicyAction::Reject), verdict(PolicyAction::Pass), verdict(PolicyAction::Hold)};
    const auto made = plan(verdicts, {.untold = true});
    const auto& split = std::get<Split>(made.what);
    CHECK(split.hold == RecipientIndices{0, 2});
    CHECK(split.give_back.empty());
}

TEST_CASE("many deletions become one discard and a re-injection of the rest") {
    std::vector<Verdict> verdicts(kMostDeletions, verdict(PolicyAction::Hold));
    verdicts.push_back(verdict(PolicyAction::Pass));
    CHECK_FALSE(std::get<Split>(plan(verdicts, {}).what).reinject_passing);
    verdicts.push_back(verdict(PolicyAction::Hold));
    CHECK(std::get<Split>(plan(verdicts, {}).what).reinject_passing);
    verdicts.erase(verdicts.begin() + static_cast<std::ptrdiff_t>(kMostDeletions));
    CHECK_FALSE(std::get<Split>(plan(verdicts, {}).what).reinject_passing);
}

}  // namespace holdback::outbound
