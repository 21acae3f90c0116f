// SPDX-License-Identifier: Apache-2.0
#include "outbound/findings.hpp"

#include "config/settings.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/syntax.hpp"
#include "outbound/mail_route.hpp"
#include "terms/failure_code.hpp"
#include "terms/finding.hpp"
#include "terms/suppression.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::outbound {

namespace {

RecipientFacts facts_of(std::string_view address, std::optional<RouteKind> route) {
    RecipientFacts facts{.syntax = mail::Address::parse(address, mail::Smtputf8::No),
                         .route = std::nullopt,
                         .allowed_by_store = false,
                         .suppression = std::nullopt,
                         .domain_took_mail = false,
                         .is_role = false,
                         .is_disposable = false};
    if (route.has_value()) {
        facts.route = MailRoute{.kind = *route, .hosts = {}, .why = "so it is"};
    }
    return facts;
}

std::vector<std::string> names_of(const std::vector<Finding>& found) {
    std::vector<std::string> names;
    names.reserve(found.size());
    for (const Finding& finding : found) {
        names.emplace_back(wire_name(finding.name));
    }
    return names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("each state of a recipient gives its finding") {
    struct Row {
        std::string_view address;
        std::optional<RouteKind> route;
        Names want;
    };
    const std::vector<Row> rows{
        {"a@good.test", RouteKind::Mx, {}},
        {"a@good.test", RouteKind::Implicit, {}},
        {"a@good.test", RouteKind::Local, {}},
        {"a@good.test", std::nullopt, {}},
        {"a@good.test", RouteKind::NoSuchDomain, {"no-such-domain"}},
        {"a@good.test", RouteKind::NoMailHost, {"no-mail-host"}},
        {"a@good.test", RouteKind::NullMx, {"null-mx"}},
        {"a@good.test", RouteKind::UnusableMx, {"unusable-mx"}},
        {"a@good.test", RouteKind::Unresolved, {"unresolved-domain"}},
        {"a@[198.41.0.4]", RouteKind::Literal, {}},
        {"a@[127.0.0.1]", RouteKind::Literal, {"unusable-mx"}},
        {"a@[10.0.0.1]", RouteKind::Literal, {"unusable-mx"}},
        {"a@sub.example.com", std::nullopt, {"reserved-domain"}},
        {"a@x.invalid", std::nullopt, {"reserved-domain"}},
        {"no at sign", std::nullopt, {"malformed-address"}},
        {"a..b@good.test", RouteKind::Mx, {"unusual-address"}},
        {"a..b@good.test", RouteKind::NullMx, {"unusual-address", "null-mx"}},
    };
    const config::Settings settings;
    for (const Row& row : rows) {
        CAPTURE(row.address);
        CHECK(names_of(findings(facts_of(row.address, row.route), settings)) == row.want);
    }
}

TEST_CASE("an unresolved domain counts against nobody") {
    const auto found = findings(facts_of("a@good.test", RouteKind::Unresolved), {});
    REQUIRE(found.size() == 1);
    CHECK(found.front().certainty == terms::Certainty::None);
    CHECK_FALSE(found.front().code.has_value());
}

TEST_CASE("a suppression entry gives the finding of its reason, with its own code") {
    struct Row {
        terms::SuppressionReason reason;
        Names want;
    };
    const std::vector<Row> rows{
        {terms::SuppressionReason::Bounce, {"suppressed-bounce"}},
        {terms::SuppressionReason::Complaint, {"suppressed-complaint"}},
        {terms::SuppressionReason::Unsubscribe, {"suppressed-unsubscribe"}},
        {terms::SuppressionReason::Manual, {"suppressed-manual"}},
        {terms::SuppressionReason::Allow, {}},
    };
    for (const Row& row : rows) {
        RecipientFacts facts = facts_of("a@good.test", RouteKind::Mx);
        facts.suppression.emplace();
        facts.suppression->reason = row.reason;
        facts.suppression->code = terms::FailureCode(2004);
        const auto found = findings(facts, {});
        CHECK(names_of(found) == row.want);
        if (!found.empty()) {
            CHECK(found.front().code == terms::FailureCode(2004));
            CHECK(found.front().reason.find("suppressed as") == std::string::npos);
            facts.mailbox = "b@good.test";
            facts.suppressed_as_mailbox = true;
            CHECK(findings(facts, {}).front().reason.ends_with(", suppressed as b@good.test"));
        }
    }
}

TEST_CASE("allow entries stand above everything, but cannot mend an address") {
    RecipientFacts facts = facts_of("a@good.test", RouteKind::NoSuchDomain);
    facts.suppression.emplace();
    facts.suppression->reason = terms::SuppressionReason::Bounce;

    SUBCASE("in the store") {
        facts.allowed_by_store = true;
        CHECK(findings(facts, {}).empty());
    }
    SUBCASE("in the settings, by address, domain and parent") {
        for (const std::string entry : {"A@good.test", "good.test", ".test"}) {
            config::Settings settings;
            settings.outgoing.allow = {entry};
            CAPTURE(entry);
            CHECK(findings(facts, settings).empty());
        }
    }
    SUBCASE("of another address, they do nothing") {
        config::Settings settings;
        settings.outgoing.allow = {"b@good.test", "other.test", "st"};
        CHECK(findings(facts, settings).size() == 2);
    }
    SUBCASE("malformed stays malformed") {
        RecipientFacts malformed = facts_of("a@@b", std::nullopt);
        malformed.allowed_by_store = true;
        CHECK(names_of(findings(malformed, {})) == Names{"malformed-address"});
    }
}

TEST_CASE("a block entry of the administrator is certain") {
    config::Settings settings;
    settings.outgoing.block = {".test"};
    const auto found = findings(facts_of("a@good.test", RouteKind::Mx), settings);
    REQUIRE(names_of(found) == Names{"blocked-by-admin"});
    CHECK(found.front().code == terms::FailureCode(1999));
    CHECK(found.front().certainty == terms::Certainty::Certain);
}

TEST_CASE("refusals carry the code and status of their finding, the reason and the remedy") {
    struct Row {
        std::string_view address;
        std::optional<RouteKind> route;
        std::string_view want;
    };
    const std::vector<Row> rows{
        {"a@good.test",
         RouteKind::NoSuchDomain,
         "550 5.1.2 the domain good.test does not exist; check the part of the address behind the "
         "@"},
        {"a@good.test",
         RouteKind::NullMx,
         "556 5.1.10 the domain good.test states that it takes no mail; check the part of the "
         "address behind the @"},
        {"a@x.example",
         std::nullopt,
         "550 5.1.2 the domain x.example is reserved and takes no mail; check the part of the "
         "address behind the @"},
    };
    for (const Row& row : rows) {
        const auto found = findings(facts_of(row.address, row.route), {});
        REQUIRE(found.size() == 1);
        CHECK(rejection(found.front()).line() == row.want);
        CHECK(deferral(found.front()).code() == 450);
    }
    const auto malformed = findings(facts_of("nobody", std::nullopt), {});
    CHECK(rejection(malformed.front()).line().starts_with("553 5.1.3 the address is malformed: "));
}

TEST_CASE("a misspelled domain is found by its likeness, and by DNS unless it is a common one") {
    struct Row {
        std::string_view address;
        std::optional<RouteKind> route;
        Names want;
    };
    const std::vector<Row> rows{
        {"bo@gmial.com", RouteKind::Mx, {"misspelled-domain"}},
        {"bo@gmial.com", std::nullopt, {"misspelled-domain"}},
        {"bo@gmial.com", RouteKind::Unresolved, {"misspelled-domain", "unresolved-domain"}},
        {"bo@gmial.com", RouteKind::NoSuchDomain, {"no-such-domain", "misspelled-domain"}},
        {"bo@gmial.com", RouteKind::Local, {}},
        {"bo@gmaix.com", RouteKind::Mx, {}},
        {"bo@gmaix.com", RouteKind::Implicit, {}},
        {"bo@gmaix.com", std::nullopt, {}},
        {"bo@gmaix.com", RouteKind::Unresolved, {"unresolved-domain"}},
        {"bo@gmaix.com", RouteKind::NoSuchDomain, {"no-such-domain", "misspelled-domain"}},
        {"bo@gmaix.com", RouteKind::NoMailHost, {"no-mail-host", "misspelled-domain"}},
        {"bo@gmaix.com", RouteKind::NullMx, {"null-mx", "misspelled-domain"}},
        {"bo@gmaix.com", RouteKind::UnusableMx, {"unusable-mx", "misspelled-domain"}},
        {"bo@gmail.com", RouteKind::NoSuchDomain, {"no-such-domain"}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.address);
        const auto found = findings(facts_of(row.address, row.route), {});
        CHECK(names_of(found) == row.want);
        for (const Finding& finding : found) {
            if (finding.name == terms::FindingName::MisspelledDomain) {
                CHECK(finding.code == terms::FailureCode(2002));
                CHECK(finding.certainty == terms::Certainty::Likely);
                CHECK(finding.suggestion == "bo@gmail.com");
            }
        }
    }
}

TEST_CASE("the refusal of a misspelled domain says what was meant") {
    const auto found = findings(facts_of("bo@gmaix.com", RouteKind::NoSuchDomain), {});
    REQUIRE(found.size() == 2);
    CHECK(found.front().suggestion == "bo@gmail.com");
    CHECK(rejection(found.front()).line() ==
          "550 5.1.2 the domain gmaix.com does not exist; did you mean bo@gmail.com?");
    CHECK(rejection(found.back()).line() ==
          "550 5.1.2 the domain gmaix.com looks like a misspelled gmail.com; did you mean "
          "bo@gmail.com?");
}

TEST_CASE("a suggestion is an address that can be written to, a reply is ASCII") {
    RecipientFacts facts = facts_of("bo@gmial.com", RouteKind::Mx);
    facts.syntax = mail::Address::parse("h\xc3\xb6st@gmial.com", mail::Smtputf8::Yes);
    const auto found = findings(facts, {});
    REQUIRE(found.size() == 1);
    CHECK(found.front().suggestion == "h\xc3\xb6st@gmail.com");
    CHECK(rejection(found.front()).line().contains("did you mean h\\xc3\\xb6st@gmail.com?"));
}

TEST_CASE("a domain that took mail, or that the settings know, is not misspelled") {
    RecipientFacts facts = facts_of("bo@gmial.com", RouteKind::NoSuchDomain);
    config::Settings settings;

    SUBCASE("took mail") {
        facts.domain_took_mail = true;
    }
    SUBCASE("known") {
        settings.policy.known_domains = {"gmial.com"};
    }
    CHECK(names_of(findings(facts, settings)) == Names{"no-such-domain"});
}

TEST_CASE("roles and throw-away addresses are hints") {
    RecipientFacts facts = facts_of("sales@good.test", RouteKind::Mx);
    facts.is_role = true;
    facts.is_disposable = true;
    const auto found = findings(facts, {});
    REQUIRE(names_of(found) == Names{"role-address", "disposable-domain"});
    for (const Finding& finding : found) {
        CHECK(finding.certainty == terms::Certainty::Hint);
        CHECK_FALSE(finding.code.has_value());
    }
    facts.allowed_by_store = true;
    CHECK(findings(facts, {}).empty());
}

TEST_CASE("DNS is asked about names that it has a say in") {
    struct Row {
        std::string_view address;
        std::string_view mailer;
        bool want;
    };
    const std::vector<Row> rows{
        {"a@good.test", "", true},
        {"a@good.test", "smtp", true},
        {"a@good.test", "local", false},
        {"a@[198.41.0.4]", "smtp", false},
        {"a@x.example.com", "smtp", false},
        {"a@host.internal", "smtp", false},
        {"a@mine.test", "smtp", false},
        {"not an address", "smtp", false},
    };
    config::Settings settings;
    settings.outgoing.local_domains = {"mine.test"};
    for (const Row& row : rows) {
        CAPTURE(row.address);
        CAPTURE(row.mailer);
        const mail::Recipient recipient{
            .verbatim = {},
            .syntax = mail::Address::parse(row.address, mail::Smtputf8::No),
            .arguments = {},
            .mailer = std::string(row.mailer)};
        CHECK(needs_route(recipient, settings) == row.want);
    }
}

TEST_CASE("every finding can be a refusal, by the codes of its row") {
    for (const terms::FindingName name : terms::kAllFindings) {
        CAPTURE(wire_name(name));
        const mail::SmtpReply refused = rejection(finding_of(name, "why"));
        CHECK(refused.code() == terms::row_of(name).refusal.reply);
        CHECK(refused.status()->text() == terms::row_of(name).refusal.status);
        CHECK(refused.is_permanent());
    }
}

}  // namespace holdback::outbound
