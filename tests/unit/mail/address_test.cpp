// SPDX-License-Identifier: Apache-2.0
#include "mail/address.hpp"

#include "mail/syntax.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::mail {

TEST_CASE("a valid address has one canonical text") {
    struct Row {
        std::string_view text;
        std::string_view want;
    };
    constexpr std::array kRows{
        Row{"bo@example.net", "bo@example.net"},
        Row{"Bo.Berg@Example.NET", "Bo.Berg@example.net"},
        Row{"!#$%&'*+-/=?^_`{|}~@example.net", "!#$%&'*+-/=?^_`{|}~@example.net"},
        Row{"\"bo\"@example.net", "bo@example.net"},
        Row{"\"bo.berg\"@example.net", "bo.berg@example.net"},
        Row{R"("b\o"@example.net)", R"(bo@example.net)"},
        Row{"\"bo berg\"@example.net", "\"bo berg\"@example.net"},
        Row{R"("bo\ berg"@example.net)", R"("bo berg"@example.net)"},
        Row{"\".bo\"@example.net", "\".bo\"@example.net"},
        Row{"\"b..o\"@example.net", "\"b..o\"@example.net"},
        Row{"\"b@o\"@example.net", "\"b@o\"@example.net"},
        Row{R"("b\"o\\"@example.net)", R"("b\"o\\"@example.net)"},
        Row{"\"\"@example.net", "\"\"@example.net"},
        Row{"bo@[192.0.2.1]", "bo@[192.0.2.1]"},
        Row{"bo@localhost", "bo@localhost"},
        Row{"j\xC3\xB6rg@b\xC3\xBC"
            "cher.example",
            "j\xC3\xB6rg@xn--bcher-kva.example"},
        Row{"\"j\xC3\xB6rg\"@example.net", "j\xC3\xB6rg@example.net"},
        Row{"\xF0\x9F\x98\x80@example.net", "\xF0\x9F\x98\x80@example.net"},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.text);
        const auto address = Address::parse(row.text, Smtputf8::Yes);
        REQUIRE(address.has_value());
        CHECK_FALSE(address->is_unusual());
        CHECK(address->value.text() == row.want);
        CHECK(Address::parse(row.want, Smtputf8::Yes).value().value == address->value);
    }
}

TEST_CASE("an address violates the grammar in ways of daily use and is only unusual") {
    const std::string local64(64, 'a');
    const std::string local65(65, 'a');
    const std::string label60(60, 'b');
    const std::string domain189 = label60 + "." + label60 + "." + label60 + ".example";
    struct Row {
        std::string text;
        std::vector<Oddity> oddities;
    };
    const auto rows = std::to_array<Row>({
        {local64 + "@example.net", {}},
        {local65 + "@example.net", {Oddity::LocalTooLong}},
        {"\"" + std::string(62, 'a') + "\"@example.net", {}},
        {"\"" + std::string(63, 'a') + "\"@example.net", {Oddity::LocalTooLong}},
        {std::string(63, 'a') + "@" + domain189, {}},
        {std::string(64, 'a') + "@" + domain189, {Oddity::PathTooLong}},
        {".bo@example.net", {Oddity::StrayDot}},
        {"bo.@example.net", {Oddity::StrayDot}},
        {"b..o@example.net", {Oddity::StrayDot}},
        {"bo@example.net.", {Oddity::TrailingDot}},
        {"bo@my_host.example", {Oddity::Underscore}},
        {"bo.@my_host.example.", {Oddity::TrailingDot, Oddity::Underscore, Oddity::StrayDot}},
    });
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const auto address = Address::parse(row.text, Smtputf8::No);
        REQUIRE(address.has_value());
        CHECK(std::vector<Oddity>(address->oddities.begin(), address->oddities.end()) ==
              row.oddities);
    }
}

TEST_CASE("what is no Mailbox is malformed, with the reason") {
    using namespace std::string_view_literals;
    struct Row {
        std::string_view text;
        SyntaxError error;
    };
    constexpr std::array kRows{
        Row{"", SyntaxError::Empty},
        Row{"bo", SyntaxError::NoAt},
        Row{"\"bo\"", SyntaxError::NoAt},
        Row{"@example.net", SyntaxError::LocalEmpty},
        Row{"b o@example.net", SyntaxError::LocalBadCharacter},
        Row{"b\0o@example.net"sv, SyntaxError::LocalBadCharacter},
        Row{"b\"o\"@example.net", SyntaxError::LocalBadCharacter},
        Row{"bo,berg@example.net", SyntaxError::LocalBadCharacter},
        Row{"(note)bo@example.net", SyntaxError::LocalBadCharacter},
        Row{"Bo <bo@example.net>", SyntaxError::LocalBadCharacter},
        Row{"b\\@o@example.net", SyntaxError::LocalBadCharacter},
        Row{"\"b\to\"@example.net", SyntaxError::LocalBadCharacter},
        Row{"\"b\x7Fo\"@example.net", SyntaxError::LocalBadCharacter},
        Row{"\"bo@example.net", SyntaxError::QuoteUnclosed},
        Row{"\"", SyntaxError::QuoteUnclosed},
        Row{"\"bo\\", SyntaxError::QuoteUnclosed},
        Row{R"("bo\"@example.net)", SyntaxError::QuoteUnclosed},
        Row{"\"b\\\no\"@example.net", SyntaxError::QuotedPairBad},
        Row{"\"b\\\xC3\xBC\"@example.net", SyntaxError::QuotedPairBad},
        Row{"\"bo\"berg@example.net", SyntaxError::TextAfterQuote},
        Row{"\"bo\" @example.net", SyntaxError::TextAfterQuote},
        Row{"\"bo\".berg@example.net", SyntaxError::TextAfterQuote},
        Row{"bo@", SyntaxError::DomainEmpty},
        Row{"bo@@example.net", SyntaxError::DomainBadCharacter},
        Row{"bo@example.net bo@example.org", SyntaxError::DomainBadCharacter},
        Row{"bo@example.net\r\nDATA", SyntaxError::DomainBadCharacter},
        Row{"bo@.example", SyntaxError::EmptyLabel},
        Row{"bo@-.example", SyntaxError::LabelHyphen},
        Row{"bo@[192.0.2]", SyntaxError::BadLiteral},
        Row{"b\xFCrg@example.net", SyntaxError::BadUtf8},
        Row{"\xC0\xAF@example.net", SyntaxError::BadUtf8},
        Row{"\xED\xA0\x80@example.net", SyntaxError::BadUtf8},
        Row{"bo@\xE2\x92\x88.example", SyntaxError::BadIdn},
        // A stray dot beside a true violation excuses nothing.
        Row{".b o@example.net", SyntaxError::LocalBadCharacter},
        Row{".bo@exa mple.net", SyntaxError::DomainBadCharacter},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.text);
        const auto address = Address::parse(row.text, Smtputf8::Yes);
        REQUIRE_FALSE(address.has_value());
        CHECK(address.error() == row.error);
    }
}

TEST_CASE("non-ASCII on either side of the @ needs SMTPUTF8") {
    constexpr std::array<std::string_view, 3> kTexts{"j\xC3\xB6rg@example.net",
                                                     "\"j\xC3\xB6rg\"@example.net",
                                                     "bo@b\xC3\xBC"
                                                     "cher.example"};
    for (const std::string_view text : kTexts) {
        CAPTURE(text);
        CHECK(Address::parse(text, Smtputf8::Yes).has_value());
        REQUIRE_FALSE(Address::parse(text, Smtputf8::No).has_value());
        CHECK(Address::parse(text, Smtputf8::No).error() == SyntaxError::NonAsciiWithoutSmtputf8);
    }
}

TEST_CASE("addresses that differ in letter case are two, and have one key") {
    const Address upper = Address::parse("BO@EXAMPLE.NET", Smtputf8::No).value().value;
    const Address lower = Address::parse("bo@example.net", Smtputf8::No).value().value;
    CHECK(upper != lower);
    CHECK(upper.local_part() == "BO");
    CHECK(upper.domain() == lower.domain());
    CHECK(upper.key() == "bo@example.net");
    CHECK(upper.key() == lower.key());
}

TEST_CASE("all spellings of one internationalized address have one key") {
    constexpr std::array<std::string_view, 4> kSpellings{
        "b\xC3\xB6@b\xC3\xBC"
        "cher.example",
        "B\xC3\x96@B\xC3\x9C"
        "CHER.example",
        "bo\xCC\x88@bu\xCC\x88"
        "cher.example",
        "BO\xCC\x88@xn--bcher-kva.example"};
    for (const std::string_view text : kSpellings) {
        CAPTURE(text);
        const auto address = Address::parse(text, Smtputf8::Yes);
        REQUIRE(address.has_value());
        CHECK(address->value.key() == "b\xC3\xB6@xn--bcher-kva.example");
    }
    const auto other = Address::parse(
        "stra\xC3\x9F"
        "e@example.net",
        Smtputf8::Yes);
    CHECK(other.value().value.key() ==
          "stra\xC3\x9F"
          "e@example.net");
}

TEST_CASE("a path is taken apart by the grammar") {
    struct Row {
        std::string_view argument;
        PathForm form;
        std::string_view mailbox;
    };
    constexpr std::array kRows{
        Row{"<bo@example.net>", PathForm::Bracketed, "bo@example.net"},
        Row{"bo@example.net", PathForm::Bare, "bo@example.net"},
        Row{"<>", PathForm::Bracketed, ""},
        Row{"", PathForm::Bare, ""},
        Row{"<Postmaster>", PathForm::Bracketed, "Postmaster"},
        Row{"<\"a>b\"@example.net>", PathForm::Bracketed, "\"a>b\"@example.net"},
        Row{R"(<"a\">b"@example.net>)", PathForm::Bracketed, R"("a\">b"@example.net)"},
        Row{"<\"a b\"@example.net>", PathForm::Bracketed, "\"a b\"@example.net"},
        Row{"\"a<b\"@example.net", PathForm::Bare, "\"a<b\"@example.net"},
        Row{"<@hub.example:bo@example.net>", PathForm::Bracketed, "bo@example.net"},
        Row{"<@a.example,@b.example:bo@example.net>", PathForm::Bracketed, "bo@example.net"},
        Row{"@hub.example:bo@example.net", PathForm::Bare, "@hub.example:bo@example.net"},
        Row{"<bo@[IPv6:2001:db8::1]>", PathForm::Bracketed, "bo@[IPv6:2001:db8::1]"},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.argument);
        const auto path = parse_path(row.argument);
        REQUIRE(path.has_value());
        CHECK(path->form == row.form);
        CHECK(path->mailbox == row.mailbox);
    }
}

TEST_CASE("a broken path is malformed") {
    constexpr std::array<std::string_view, 16> kArguments{"<",
                                                          ">",
                                                          "<bo@example.net",
                                                          "bo@example.net>",
                                                          "<<bo@example.net>>",
                                                          "<bo@example.net>>",
                                                          "<bo@example.net> ",
                                                          " <bo@example.net>",
                                                          "< bo@example.net>",
                                                          "<bo@example.net >",
                                                          "<\"bo@example.net>",
                                                          "<@hub.example>",
                                                          "<@hub.example,bo@example.net>",
                                                          "<@:bo@example.net>",
                                                          "<@a.example,b.example:bo@example.net>",
                                                          "<@a.example,:bo@example.net>"};
    for (const std::string_view argument : kArguments) {
        CAPTURE(argument);
        const auto path = parse_path(argument);
        REQUIRE_FALSE(path.has_value());
        CHECK(path.error() == SyntaxError::BadPath);
    }
}

TEST_CASE("postmaster alone needs no domain") {
    CHECK(is_bare_postmaster(parse_path("<Postmaster>").value()));
    CHECK(is_bare_postmaster(parse_path("POSTMASTER").value()));
    CHECK_FALSE(is_bare_postmaster(parse_path("<postmaster@example.net>").value()));
    CHECK_FALSE(is_bare_postmaster(parse_path("<bo>").value()));
    CHECK_FALSE(is_bare_postmaster(parse_path("<>").value()));
}

}  // namespace holdback::mail
