// SPDX-License-Identifier: Apache-2.0
#include "terms/suppression.hpp"

#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/syntax.hpp"
#include "terms/suppression_scope.hpp"
#include "terms/suppression_subject.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace holdback::terms {

namespace {

mail::Address address(std::string_view text) {
    const auto parsed = mail::Address::parse(text, mail::Smtputf8::Yes);
    REQUIRE(parsed.has_value());
    return parsed->value;
}

}  // namespace

TEST_CASE("a scope is written and read, and counts for its senders") {
    struct Row {
        std::string_view text;
        std::string_view canonical;
        ScopeKind kind;
        bool news;   ///< counts for News@example.org
        bool other;  ///< counts for other@example.org
        bool below;  ///< counts for news@sub.example.org
        bool null;   ///< counts for the null sender
    };
    const auto rows = std::to_array<Row>({
        {"global", "global", ScopeKind::Global, true, true, true, true},
        {"Example.ORG", "example.org", ScopeKind::SenderDomain, true, true, false, false},
        {"News@Example.org", "news@example.org", ScopeKind::Sender, true, false, false, false},
    });
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const auto scope = SuppressionScope::parse(row.text);
        REQUIRE(scope.has_value());
        CHECK(scope->text() == row.canonical);
        CHECK(scope->kind() == row.kind);
        CHECK(SuppressionScope::parse(scope->text()) == scope);
        CHECK(SuppressionScope::from_stored(scope->stored()) == *scope);
        CHECK(scope->covers(address("News@example.org")) == row.news);
        CHECK(scope->covers(address("other@example.org")) == row.other);
        CHECK(scope->covers(address("news@sub.example.org")) == row.below);
        CHECK(scope->covers(mail::NullSender{}) == row.null);
        CHECK(scope->covers(std::string("no address")) == row.null);
    }
    for (const std::string_view text : {"", "a b", "@example.org", "x@", "-.example"}) {
        CAPTURE(text);
        CHECK_FALSE(SuppressionScope::parse(text).has_value());
    }
}

TEST_CASE("the scope of a sender is that of all its addresses") {
    const auto scope = scope_of(
        ScopeKind::Sender, address("list-return-7-bo=example.net@example.org"), "bo@example.net");
    CHECK(scope.text() == "list-return@example.org");
    CHECK(scope.covers(address("list-return-8-bo=example.net@example.org"), "bo@example.net"));
    CHECK(scope.covers(address("list-return+bo=example.net@example.org")));
    CHECK(scope.covers(address("List-Return@example.org")));
    CHECK_FALSE(scope.covers(address("list@example.org"), "bo@example.net"));
    // Where only the recipient tells what the sender's address says.
    const auto dotted = scope_of(
        ScopeKind::Sender, address("bounce.eva.example.net.x@example.org"), "eva@example.net");
    CHECK(dotted.text() == "bounce@example.org");
    CHECK(dotted.covers(address("bounce.eva.example.net.y@example.org"), "eva@example.net"));
    // An entry that names one address counts for this one.
    CHECK(SuppressionScope::parse("list-7@example.org")->covers(address("list-7@example.org")));
    CHECK_FALSE(
        SuppressionScope::parse("list-7@example.org")->covers(address("list-8@example.org")));
}

TEST_CASE("the scope of a kind for a sender") {
    const mail::EnvelopeSender news = address("News@Example.org");
    CHECK(scope_of(ScopeKind::Global, news).text() == "global");
    CHECK(scope_of(ScopeKind::SenderDomain, news).text() == "example.org");
    CHECK(scope_of(ScopeKind::Sender, news).text() == "news@example.org");
    for (const ScopeKind kind : kAllScopeKinds) {
        CHECK(scope_of(kind, mail::NullSender{}) == SuppressionScope());
        CHECK(scope_of(kind, std::string("no address")) == SuppressionScope());
        CHECK(parse_scope_kind(wire_name(kind)) == kind);
    }
    CHECK(wire_name(ScopeKind::SenderDomain) == "sender-domain");
    CHECK_FALSE(parse_scope_kind("everybody").has_value());
}

TEST_CASE("a subject is told from its text") {
    struct Row {
        std::string_view text;
        SubjectKind kind;
        std::string_view canonical;
    };
    const auto rows = std::to_array<Row>({
        {"Bo@Example.NET", SubjectKind::Address, "bo@example.net"},
        {"Example.NET", SubjectKind::Domain, "example.net"},
        {"@example.net", SubjectKind::Domain, "example.net"},
        {".Example.net", SubjectKind::Suffix, ".example.net"},
        {"*@*.Example.net", SubjectKind::Pattern, "*@*.example.net"},
        {"Sales-?@example.net", SubjectKind::Pattern, "sales-?@example.net"},
        {"*@bücher.example", SubjectKind::Pattern, "*@xn--bcher-kva.example"},
        {"\"a*b\"@example.net", SubjectKind::Address, "a*b@example.net"},
    });
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const auto subject = parse_subject(row.text, Patterns::Yes);
        REQUIRE(subject.has_value());
        CHECK(subject->kind == row.kind);
        CHECK(subject->text == row.canonical);
    }
    CHECK(parse_subject("a*b@example.net", Patterns::No)->kind == SubjectKind::Address);
    for (const std::string_view text :
         {"", ".", "bo@", "*", "*.example.net", "a b@*.net", "*@\xFF"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_subject(text, Patterns::Yes).has_value());
    }
    CHECK_FALSE(parse_subject(std::string(320, '*') + "@a.b", Patterns::Yes).has_value());
}

TEST_CASE("a subject covers addresses") {
    struct Row {
        std::string_view subject;
        std::string_view address;
        bool want;
    };
    const auto rows = std::to_array<Row>({
        {"bo@example.net", "BO@example.net", true},
        {"bo@example.net", "boo@example.net", false},
        {"example.net", "bo@example.net", true},
        {"example.net", "bo@sub.example.net", false},
        {".example.net", "bo@example.net", true},
        {".example.net", "bo@a.b.example.net", true},
        {".example.net", "bo@myexample.net", false},
        {"*@*.example.net", "bo@a.b.example.net", true},
        {"*@*.example.net", "bo@example.net", false},
        {"*.test@example.net", "a.test@example.net", true},
        {"*.test@example.net", "a.test.b@example.net", false},
        {"b?@example.net", "bo@example.net", true},
        {"b?@example.net", "b@example.net", false},
        {"*a*b*@example.net", "xxaxxbxx@example.net", true},
        {"*a*b*@example.net", "xxbxxaxx@example.net", false},
        {"**@example.net", "x@example.net", true},
        {"*@example.net", "x@example.net.example", false},
    });
    for (const Row& row : rows) {
        CAPTURE(row.subject);
        CAPTURE(row.address);
        const auto subject = parse_subject(row.subject, Patterns::Yes);
        REQUIRE(subject.has_value());
        CHECK(covers(*subject, address(row.address)) == row.want);
    }
}

TEST_CASE("a pattern of many stars takes no long time") {
    std::string pattern;
    for (int i = 0; i < 100; ++i) {
        pattern += "*a";
    }
    pattern += "*b@example.net";
    // With a try for each way to share the octets out among the stars this would never end.
    CHECK_FALSE(pattern_fits(pattern, std::string(100'000, 'a') + "@example.net"));
}

}  // namespace holdback::terms
