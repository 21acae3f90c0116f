// SPDX-License-Identifier: Apache-2.0
#include "mail/envelope.hpp"

#include "mail/address.hpp"
#include "mail/syntax.hpp"

#include <array>
#include <expected>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace holdback::mail {

TEST_CASE("a recipient is shown as the canonical address, or as it came without brackets") {
    struct Row {
        std::string_view verbatim;
        std::string_view shown;
    };
    constexpr std::array kRows{
        Row{"<Bo@Example.NET>", "Bo@example.net"},
        Row{"bo@example.net", "bo@example.net"},
        Row{"<\"bo\"@example.net>", "bo@example.net"},
        Row{"<bo>", "bo"},
        Row{"<bo@@example.net>", "bo@@example.net"},
        Row{"<@hub.example:bo@-.example>", "bo@-.example"},
        Row{"< bo@example.net>", " bo@example.net"},
        Row{"<bo", "bo"},
        Row{"<>", ""},
        Row{"", ""},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.verbatim);
        const auto path = parse_path(row.verbatim);
        const Recipient recipient{.verbatim = std::string(row.verbatim),
                                  .syntax = path.has_value()
                                                ? Address::parse(path->mailbox, Smtputf8::No)
                                                : RecipientSyntax(std::unexpected(path.error())),
                                  .arguments = {},
                                  .mailer = {}};
        CHECK(recipient.shown() == row.shown);
    }
}

TEST_CASE("an envelope sender has a text, and the null sender an empty one") {
    Envelope envelope;
    CHECK(envelope.sender_text().empty());
    envelope.sender = Address::parse("News@Example.ORG", Smtputf8::No).value().value;
    CHECK(envelope.sender_text() == "News@example.org");
    envelope.sender = std::string("<no address>");
    CHECK(envelope.sender_text() == "no address");
}

}  // namespace holdback::mail
