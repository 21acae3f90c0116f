// SPDX-License-Identifier: Apache-2.0
#include "dsn/unsubscribe.hpp"

#include "dsn/report.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "mail/syntax.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::dsn {

namespace {

mail::Envelope letter(std::string_view sender, std::string_view recipient) {
    mail::Envelope envelope;
    if (const auto parsed = mail::Address::parse(sender, mail::Smtputf8::No)) {
        envelope.sender = parsed->value;
    }
    envelope.recipients.push_back({.verbatim = std::string(recipient),
                                   .syntax = mail::Address::parse(recipient, mail::Smtputf8::No),
                                   .arguments = {},
                                   .mailer = {}});
    return envelope;
}

mail::HeaderList header(std::string_view from, std::string_view automatic = "") {
    mail::HeaderList headers;
    headers.add("From", from);
    if (!automatic.empty()) {
        headers.add("Auto-Submitted", automatic);
    }
    return headers;
}

}  // namespace

TEST_CASE("an address for unsubscribing stands for its details as well") {
    const std::vector<std::string> addresses{"leave@example.org"};
    struct Row {
        std::string_view recipient;
        std::string_view want;
    };
    for (const Row& row : std::to_array<Row>({
             {"leave@example.org", "leave@example.org"},
             {"Leave+17=x@Example.ORG", "leave+17=x@example.org"},
             {"leaves@example.org", ""},
             {"leave@example.net", ""},
             {"x+leave@example.org", ""},
         })) {
        CAPTURE(row.recipient);
        CHECK(
            unsubscribe_address(letter("bo@example.net", row.recipient), addresses).value_or("") ==
            row.want);
    }
    CHECK_FALSE(unsubscribe_address(letter("bo@example.net", "a@b.example"), {}).has_value());
}

TEST_CASE("a letter asks for its writer, if it is one") {
    const mail::Envelope envelope = letter("Bo@Example.net", "leave@example.org");
    struct Row {
        std::string_view what;
        std::string_view from;
        std::string_view automatic;
        MessageKind kind;
        bool want;
    };
    for (const Row& row : std::to_array<Row>({
             {"plain", " Bo <bo@example.net>", "", MessageKind::Ordinary, true},
             {"it says so", " bo@EXAMPLE.net", " no", MessageKind::Unsubscribe, true},
             {"another author", " eva@example.net", "", MessageKind::Ordinary, false},
             {"two authors", " bo@example.net, eva@example.net", "", MessageKind::Ordinary, false},
             {"no author", " Bo", "", MessageKind::Ordinary, false},
             {"a program", " bo@example.net", " auto-replied", MessageKind::Ordinary, false},
             {"a vacation note", " bo@example.net", "", MessageKind::AutoReply, false},
             {"a bounce", " bo@example.net", "", MessageKind::Dsn, false},
         })) {
        CAPTURE(row.what);
        Report read;
        read.kind = row.kind;
        const auto request =
            request_to_unsubscribe(read, envelope, header(row.from, row.automatic));
        REQUIRE(request.has_value() == row.want);
        if (row.want) {
            CHECK(request->kind == MessageKind::Unsubscribe);
            REQUIRE(request->recipients.size() == 1);
            CHECK(request->recipients.front().final_recipient == "bo@example.net");
        }
    }
    CHECK_FALSE(
        request_to_unsubscribe(Report{}, letter("", "leave@example.org"), header(" bo@example.net"))
            .has_value());
}

}  // namespace holdback::dsn
