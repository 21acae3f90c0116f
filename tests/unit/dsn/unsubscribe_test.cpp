// SPDX-License-Identifier: Apache-2.0
#include "dsn/unsubscribe.hpp"

#include "config/settings.hpp"
#include "dsn/leave_token.hpp"
#include "dsn/report.hpp"
#include "dsn/seal.hpp"
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

const config::UnsubscribeSettings kSettings{
    .addresses = {"leave@example.org"}, .add = {}, .authserv_ids = {"mx.example.org"}};

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
            request_to_unsubscribe(read, envelope, header(row.from, row.automatic), kSettings, {});
        REQUIRE(request.has_value() == row.want);
        if (row.want) {
            CHECK(request->report.kind == MessageKind::Unsubscribe);
            REQUIRE(request->report.recipients.size() == 1);
            CHECK(request->report.recipients.front().final_recipient == "bo@example.net");
            CHECK(request->sender == "leave@example.org");
            // Anybody can write the names of others.
            CHECK_FALSE(request->is_proven);
        }
    }
    CHECK_FALSE(
        request_to_unsubscribe(
            Report{}, letter("", "leave@example.org"), header(" bo@example.net"), kSettings, {})
            .has_value());
}

TEST_CASE("a letter is proven by our border, or by the address that only its writer was told") {
    Report read;
    read.kind = MessageKind::Ordinary;
    mail::HeaderList headers = header(" bo@example.net");
    headers.add("Authentication-Results", " mx.example.org; dmarc=pass header.from=example.net");
    const auto by_border = request_to_unsubscribe(
        read, letter("bo@example.net", "leave+17@example.org"), headers, kSettings, {});
    REQUIRE(by_border.has_value());
    CHECK(by_border->is_proven);
    CHECK(by_border->sender == "leave@example.org");

    SealKey key;
    key.secret.fill(7);
    const auto bo = mail::Address::parse("bo@example.net", mail::Smtputf8::No)->value;
    const auto news = mail::Address::parse("news@shop.example", mail::Smtputf8::No)->value;
    std::string to = leave_field("leave@example.org", bo, news, key).value();
    to = to.substr(8, to.find('?') - 8).replace(5, 3, "+");
    // He has moved, and writes from where he is now.
    mail::HeaderList elsewhere = header(" new@example.com");
    elsewhere.add("Subject", " leave bo@example.net news@shop.example");
    const auto by_token =
        request_to_unsubscribe(read, letter("new@example.com", to), elsewhere, kSettings, {key});
    REQUIRE(by_token.has_value());
    CHECK(by_token->is_proven);
    CHECK(by_token->sender == "news@shop.example");
    CHECK(by_token->report.recipients.front().final_recipient == "bo@example.net");
    // Not for somebody else.
    mail::HeaderList others = header(" new@example.com");
    others.add("Subject", " leave eva@example.net news@shop.example");
    const auto forged =
        request_to_unsubscribe(read, letter("new@example.com", to), others, kSettings, {key});
    REQUIRE(forged.has_value());
    CHECK_FALSE(forged->is_proven);
    CHECK(forged->report.recipients.front().final_recipient == "new@example.com");
}

}  // namespace holdback::dsn
