// SPDX-License-Identifier: Apache-2.0
#include "mail/domain.hpp"

#include "mail/ip_address.hpp"
#include "mail/syntax.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::mail {

namespace {

std::vector<Oddity> oddities_of(const Parsed<Domain>& parsed) {
    return {parsed.oddities.begin(), parsed.oddities.end()};
}

}  // namespace

TEST_CASE("the spellings of a domain become one") {
    struct Row {
        std::string_view text;
        std::string_view want;
    };
    constexpr std::array kRows{
        Row{"example.net", "example.net"},
        Row{"EXAMPLE.Net", "example.net"},
        Row{"b\xC3\xBC"
            "cher.example",
            "xn--bcher-kva.example"},
        Row{"XN--BCHER-KVA.example", "xn--bcher-kva.example"},
        Row{"Mail.b\xC3\xBC"
            "cher.example",
            "mail.xn--bcher-kva.example"},
        Row{"stra\xC3\x9F"
            "e.example",
            "xn--strae-oqa.example"},  // not "strasse": IDNA 2008
        Row{"test", "test"},
        Row{"a--b.example", "a--b.example"},
        Row{"1.2.3.4", "1.2.3.4"},
        Row{"[192.0.2.1]", "[192.0.2.1]"},
        Row{"[192.000.002.001]", "[192.0.2.1]"},  // Snum is decimal
        Row{"[IPv6:2001:DB8::1]", "[IPv6:2001:db8::1]"},
        Row{"[ipv6:2001:db8:0:0:0:0:0:1]", "[IPv6:2001:db8::1]"},
        Row{"[IPv6:::ffff:192.0.2.1]", "[IPv6:::ffff:192.0.2.1]"},
        Row{"[IPv6:::]", "[IPv6:::]"},
        Row{"[IPv6:1:2:3:4:5:6:192.0.2.1]", "[IPv6:1:2:3:4:5:6:c000:201]"},
        Row{"[IPv6:1:2:3:4::192.0.2.001]", "[IPv6:1:2:3:4::c000:201]"},
        Row{"[IPv6:1:2:3:4:5:6::]", "[IPv6:1:2:3:4:5:6::]"},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.text);
        const auto domain = Domain::parse(row.text, Smtputf8::Yes);
        REQUIRE(domain.has_value());
        CHECK_FALSE(domain->is_unusual());
        CHECK(domain->value.text() == row.want);
        CHECK(domain->value == Domain::parse(row.want, Smtputf8::No).value().value);
    }
}

TEST_CASE("some violations are in daily use and only noted") {
    const std::string label63(63, 'a');
    const std::string label64(64, 'a');
    const std::string name253 =
        label63 + "." + label63 + "." + label63 + "." + std::string(61, 'b');
    struct Row {
        std::string text;
        std::string want;
        std::vector<Oddity> oddities;
    };
    const auto rows = std::to_array<Row>({
        {"example.net.", "example.net", {Oddity::TrailingDot}},
        {"B\xC3\xBC.", "xn--b-eha", {Oddity::TrailingDot, Oddity::MappedIdn}},
        {"b\xC3\xBC.", "xn--b-eha", {Oddity::TrailingDot}},
        {"my_host.example", "my_host.example", {Oddity::Underscore}},
        {"_dmarc.a_b.example", "_dmarc.a_b.example", {Oddity::Underscore}},
        {"a_b.example.", "a_b.example", {Oddity::TrailingDot, Oddity::Underscore}},
        {label63 + ".example", label63 + ".example", {}},
        {label64 + ".example", label64 + ".example", {Oddity::LabelTooLong}},
        {name253, name253, {}},
        {name253 + ".", name253, {Oddity::TrailingDot}},
        {name253 + "b", name253 + "b", {Oddity::DomainTooLong}},
    });
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const auto domain = Domain::parse(row.text, Smtputf8::Yes);
        REQUIRE(domain.has_value() == !row.want.empty());
        if (domain.has_value()) {
            CHECK(domain->value.text() == row.want);
            CHECK(oddities_of(*domain) == row.oddities);
        }
    }
}

TEST_CASE("what the grammar forbids is malformed") {
    using namespace std::string_view_literals;
    struct Row {
        std::string_view text;
        SyntaxError error;
    };
    constexpr std::array kRows{
        Row{"", SyntaxError::DomainEmpty},
        Row{".", SyntaxError::EmptyLabel},
        Row{"..", SyntaxError::EmptyLabel},
        Row{".example", SyntaxError::EmptyLabel},
        Row{"a..example", SyntaxError::EmptyLabel},
        Row{"a.example..", SyntaxError::EmptyLabel},
        Row{"-a.example", SyntaxError::LabelHyphen},
        Row{"a-.example", SyntaxError::LabelHyphen},
        Row{"-", SyntaxError::LabelHyphen},
        Row{"a b.example", SyntaxError::DomainBadCharacter},
        Row{" example", SyntaxError::DomainBadCharacter},
        Row{"exa\0mple"sv, SyntaxError::DomainBadCharacter},
        Row{"a,example", SyntaxError::DomainBadCharacter},
        Row{"(c)example", SyntaxError::DomainBadCharacter},
        Row{"example\r\n", SyntaxError::DomainBadCharacter},
        Row{"192.0.2.1]", SyntaxError::DomainBadCharacter},
        Row{"b\xC3.example", SyntaxError::BadUtf8},
        Row{"b\xC3\xBC"
            "!.example",
            SyntaxError::DomainBadCharacter},
        Row{"\xE2\x92\x88.example", SyntaxError::BadIdn},  // a digit with a full stop
        Row{"\xE2\x80\xA8.example", SyntaxError::BadIdn},  // a line separator
        Row{"a\xE3\x80\x82\xE3\x80\x82"
            "b",
            SyntaxError::BadIdn},  // an empty label
        Row{"\xEF\xBC\x8D"
            "a.example",
            SyntaxError::BadIdn},  // a full-width hyphen
        Row{"xn--\xC3\xBC.example", SyntaxError::BadIdn},
        Row{"\xC3\xBC-.example", SyntaxError::LabelHyphen},
        Row{"[192.0.2.1", SyntaxError::BadLiteral},
        Row{"[192.0.2.1].example", SyntaxError::BadLiteral},
        Row{"[]", SyntaxError::BadLiteral},
        Row{"[", SyntaxError::BadLiteral},
        Row{"[192.0.2]", SyntaxError::BadLiteral},
        Row{"[192.0.2.256]", SyntaxError::BadLiteral},
        Row{"[192.0.2.0001]", SyntaxError::BadLiteral},
        Row{"[ 192.0.2.1]", SyntaxError::BadLiteral},
        Row{"[2001:db8::1]", SyntaxError::BadLiteral},
        Row{"[IPv6:]", SyntaxError::BadLiteral},
        Row{"[IPv6:192.0.2.1]", SyntaxError::BadLiteral},
        Row{"[IPv6:2001:db8::1%1]", SyntaxError::BadLiteral},
        Row{"[IPv6:1:2:3:4:5:6:7::]", SyntaxError::BadLiteral},       // "::" for one group
        Row{"[IPv6:1:2:3:4:5::192.0.2.1]", SyntaxError::BadLiteral},  // the same
        Row{"[IPv6:::1.2.3]", SyntaxError::BadLiteral},
        Row{"[x400:c=xx]", SyntaxError::BadLiteral},  // no such tag is registered
        Row{"[example.net]", SyntaxError::BadLiteral},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.text);
        const auto domain = Domain::parse(row.text, Smtputf8::Yes);
        REQUIRE_FALSE(domain.has_value());
        CHECK(domain.error() == row.error);
    }
}

TEST_CASE("a domain that has to be mapped is unusual, and known by the registered name") {
    struct Row {
        std::string_view text;
        std::string_view want;
    };
    constexpr std::array kRows{
        Row{"B\xC3\xBC"
            "cher.example",
            "xn--bcher-kva.example"},
        Row{"B\xC3\x9C"
            "CHER.EXAMPLE",
            "xn--bcher-kva.example"},
        Row{"bu\xCC\x88"
            "cher.example",
            "xn--bcher-kva.example"},  // not in NFC
        Row{"a\xE3\x80\x82"
            "example",
            "a.example"},                                     // ideographic full stop
        Row{"\xEF\xBD\x81.example", "a.example"},             // full-width
        Row{"\xE2\x98\x83.example", "xn--n3h.example"},       // a symbol
        Row{"i\xE2\x9D\xA4\xEF\xB8\x8F.ws", "xn--i-7iq.ws"},  // with a variation selector
        Row{"a\xC2\xB7"
            "b.example",
            "xn--ab-0ea.example"},                      // middle dot, not between two l
        Row{"1\xD7\x90.example", "xn--1-0hc.example"},  // breaks the Bidi rule
        Row{"STRA\xC3\x9F"
            "E.example",
            "xn--strae-oqa.example"},  // not "strasse"
    };
    for (const Row& row : kRows) {
        CAPTURE(row.text);
        const auto domain = Domain::parse(row.text, Smtputf8::Yes);
        REQUIRE(domain.has_value());
        CHECK(domain->value.text() == row.want);
        CHECK(oddities_of(*domain) == std::vector{Oddity::MappedIdn});
    }
}

TEST_CASE("a non-ASCII domain needs SMTPUTF8") {
    const auto domain = Domain::parse(
        "b\xC3\xBC"
        "cher.example",
        Smtputf8::No);
    REQUIRE_FALSE(domain.has_value());
    CHECK(domain.error() == SyntaxError::NonAsciiWithoutSmtputf8);
}

TEST_CASE("a literal has an address, a name has none") {
    const Domain literal = Domain::parse("[IPv6:2001:db8::1]", Smtputf8::No).value().value;
    CHECK(literal.is_literal());
    CHECK(literal.literal_address() == IpAddress::parse("2001:db8::1"));
    const Domain name = Domain::parse("example.net", Smtputf8::No).value().value;
    CHECK_FALSE(name.is_literal());
    CHECK(name.literal_address() == std::nullopt);
}

TEST_CASE("a canonical name is taken as it is, anything else is not") {
    CHECK(Domain::from_canonical("example.net") ==
          Domain::parse("example.net", Smtputf8::No).value().value);
    CHECK(Domain::from_canonical("_a.xn--bcher-kva.example").has_value());
    constexpr std::array<std::string_view, 9> kTexts{"",
                                                     "Example.net",
                                                     "example.net.",
                                                     "a..b",
                                                     "-a.example",
                                                     "a-.example",
                                                     "[192.0.2.1]",
                                                     "b\xC3\xBC"
                                                     "cher.example",
                                                     "a b"};
    for (const std::string_view text : kTexts) {
        CAPTURE(text);
        CHECK_FALSE(Domain::from_canonical(text).has_value());
    }
}

TEST_CASE("a domain lies under itself and under its parents, by whole labels") {
    const Domain domain = Domain::parse("mail.example.net", Smtputf8::No).value().value;
    CHECK(domain.is_under("mail.example.net"));
    CHECK(domain.is_under("example.net"));
    CHECK(domain.is_under("NET"));
    CHECK_FALSE(domain.is_under("ample.net"));
    CHECK_FALSE(domain.is_under("www.mail.example.net"));
    CHECK_FALSE(domain.is_under("example"));
    CHECK_FALSE(domain.is_under(""));
    const Domain literal = Domain::parse("[192.0.2.1]", Smtputf8::No).value().value;
    CHECK_FALSE(literal.is_under("[192.0.2.1]"));
}

TEST_CASE("a last label of digits is seen") {
    struct Row {
        std::string_view text;
        bool want;
    };
    constexpr std::array kRows{
        Row{"192.0.2.1", true},
        Row{"example.123", true},
        Row{"42", true},
        Row{"123.example", false},
        Row{"example.1a", false},
        Row{"[192.0.2.1]", false},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.text);
        CHECK(Domain::parse(row.text, Smtputf8::No).value().value.has_numeric_top_label() ==
              row.want);
    }
}

}  // namespace holdback::mail
