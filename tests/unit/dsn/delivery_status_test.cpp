// SPDX-License-Identifier: Apache-2.0
#include "dsn/delivery_status.hpp"

#include "dsn/report.hpp"

#include <array>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace holdback::dsn {

namespace {

std::string status_text(const RecipientReport& recipient) {
    return recipient.status.has_value() ? recipient.status->text() : "none";
}

std::string reply_line(const RecipientReport& recipient) {
    return recipient.reply.has_value() ? recipient.reply->line() : "none";
}

}  // namespace

TEST_CASE("a delivery status gives the message's fields and each recipient's") {
    const DeliveryStatus status = parse_delivery_status(
        "Reporting-MTA: dns; mail.example.org\n"
        "Original-Envelope-Id: token-1\n"
        "X-Postfix-Queue-ID: 4Xk2\n"
        "X-Postfix-Sender: rfc822; news@example.org\n"
        "\n"
        "Original-Recipient: rfc822;bo@example.net\n"
        "FINAL-RECIPIENT: RFC822; bo2@example.net\n"
        "action: Failed\n"
        "Status: 5.1.1 (no such mailbox)\n"
        "Remote-MTA: dns; mx.example.net. (192.0.2.1)\n"
        "Diagnostic-Code: smtp; 550-5.1.1 a\n"
        "    550 5.1.1 b\n"
        "\n"
        "Final-Recipient: rfc822; kim@example.com\n"
        "Action: delayed\n"
        "Status: 4.4.1\n");
    CHECK(status.reporting_mta == "mail.example.org");
    CHECK(status.envelope_id == "token-1");
    CHECK(status.queue_id == "4Xk2");
    CHECK(status.sender == "news@example.org");
    REQUIRE(status.recipients.size() == 2);
    const RecipientReport& bo = status.recipients[0];
    CHECK(bo.recipient() == "bo@example.net");
    CHECK(bo.final_recipient == "bo2@example.net");
    CHECK(bo.action == Action::Failed);
    CHECK(status_text(bo) == "5.1.1");
    CHECK(bo.remote_mta == "mx.example.net");
    CHECK(bo.diagnostic == "550 5.1.1 a b");
    CHECK(reply_line(bo) == "550 5.1.1 a b");
    const RecipientReport& kim = status.recipients[1];
    CHECK(kim.recipient() == "kim@example.com");
    CHECK(kim.action == Action::Delayed);
    CHECK(kim.diagnostic.empty());
    CHECK(reply_line(kim) == "none");
}

TEST_CASE("groups are told apart whatever stands between them") {
    struct Row {
        std::string_view what;
        std::string_view text;
        std::string_view want;  ///< recipients and statuses
    };
    constexpr std::array kRows{
        Row{"no empty lines at all",
            "Reporting-MTA: dns; a\nFinal-Recipient: rfc822; a@x.example\nStatus: 5.1.1\n"
            "Final-Recipient: rfc822; b@x.example\nStatus: 5.2.2\n",
            "a@x.example 5.1.1, b@x.example 5.2.2"},
        Row{"empty lines within a group",
            "Reporting-MTA: dns; a\n\n\nFinal-Recipient: rfc822; a@x.example\n\nAction: failed\n"
            "\nStatus: 5.1.1\n",
            "a@x.example 5.1.1"},
        Row{"original after final",
            "Final-Recipient: rfc822; a@x.example\nOriginal-Recipient: rfc822; a@x.example\n"
            "Status: 5.1.1\n\nFinal-Recipient: rfc822; b@x.example\nStatus: 5.2.2\n",
            "a@x.example 5.1.1, b@x.example 5.2.2"},
        Row{"action first",
            "Action: failed\nFinal-Recipient: rfc822; a@x.example\nStatus: 5.1.1\n"
            "Action: failed\nFinal-Recipient: rfc822; b@x.example\nStatus: 5.2.2\n",
            "a@x.example 5.1.1, b@x.example 5.2.2"},
        Row{"a group without a recipient", "Action: failed\nStatus: 5.1.1\n", " 5.1.1"},
        Row{"nothing of ours", "Hello: you\nthere\n", ""},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.what);
        std::string got;
        for (const RecipientReport& recipient : parse_delivery_status(row.text).recipients) {
            got += (got.empty() ? "" : ", ") + recipient.recipient() + " " + status_text(recipient);
        }
        CHECK(got == row.want);
    }
}

TEST_CASE("what is missing or garbled leaves what can be known") {
    const auto sole = [](std::string_view text) {
        const DeliveryStatus status = parse_delivery_status(text);
        REQUIRE(status.recipients.size() == 1);
        return status.recipients.front();
    };
    SUBCASE("a garbled status comes from the reply") {
        const RecipientReport got = sole(
            "Final-Recipient: rfc822; a@x.example\nStatus: five\nDiagnostic-Code: smtp; 550 5.7.1 "
            "no\n");
        CHECK(status_text(got) == "5.7.1");
    }
    SUBCASE("a status of its own outranks the reply's") {
        const RecipientReport got = sole(
            "Final-Recipient: rfc822; a@x.example\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 5.7.1 "
            "no\n");
        CHECK(status_text(got) == "5.0.0");
        CHECK(reply_line(got) == "550 5.7.1 no");
    }
    SUBCASE("an action is made from the status") {
        CHECK(sole("Final-Recipient: rfc822; a@x.example\nStatus: 2.1.5\n").action ==
              Action::Delivered);
        CHECK(sole("Final-Recipient: rfc822; a@x.example\nStatus: 4.4.1\n"
                   "Will-Retry-Until: Mon, 3 Mar 2025 10:00:00 +0000\n")
                  .action == Action::Delayed);
        CHECK(sole("Final-Recipient: rfc822; a@x.example\nAction: gone\n").action ==
              Action::Failed);
    }
    SUBCASE("a diagnostic without type or reply is text") {
        const RecipientReport got = sole(
            "Final-Recipient: rfc822; a@x.example\nDiagnostic-Code: X-Postfix; unknown user: "
            "\"a\"\n");
        CHECK(got.diagnostic == "unknown user: \"a\"");
        CHECK(reply_line(got) == "none");
    }
    SUBCASE("a name of a directory is no original recipient") {
        const RecipientReport got = sole(
            "Original-Recipient: x400; c=us\nFinal-Recipient: rfc822; a@x.example\nStatus: "
            "5.1.1\n");
        CHECK(got.recipient() == "a@x.example");
    }
}

TEST_CASE("a recipient field gives its address without type, brackets and comments") {
    struct Row {
        std::string_view value;
        std::string_view want;
    };
    constexpr std::array kRows{
        Row{"rfc822; bo@example.net", "bo@example.net"},
        Row{"RFC822;<bo@example.net>", "bo@example.net"},
        Row{"bo@example.net", "bo@example.net"},
        Row{"rfc822; bo@example.net (Bo)", "bo@example.net"},
        Row{"unknown; bo@example.net", "bo@example.net"},
        Row{"utf-8; gr\\x{FC}n@example.net", "grün@example.net"},
        Row{"UTF-8;\\x{5927}@example.net", "大@example.net"},
        Row{R"(utf-8; a\x{D800}\x{}\x{zz@example.net)", R"(a\x{D800}\x{}\x{zz@example.net)"},
        Row{"rfc822; a\\x{FC}@example.net", "a\\x{FC}@example.net"},
        Row{"rfc822; \"a b\"@example.net", "\"a b\"@example.net"},
        Row{"rfc822; <>", "<>"},
        Row{"x400; c=us", "c=us"},
        Row{"", ""},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.value);
        CHECK(recipient_address(row.value) == row.want);
    }
}

TEST_CASE("status fields in a text are known by a recipient with an outcome") {
    CHECK(has_status_fields("Hello\n\nFinal-Recipient: rfc822; a@b\nAction: failed\n"));
    CHECK_FALSE(has_status_fields("Final-Recipient: rfc822; a@b\n"));
    CHECK_FALSE(has_status_fields("> Final-Recipient: rfc822; a@b\n> Action: failed\n"));
    CHECK_FALSE(has_status_fields("The action: none.\nStatus: fine\n"));
}

TEST_CASE("the comment behind a status is kept apart from it") {
    const DeliveryStatus got = parse_delivery_status(
        "Final-Recipient: rfc822; bo@example.net\nAction: failed\n"
        "Status: 5.2.1 (mailbox disabled, not accepting messages)\n\n"
        "Final-Recipient: rfc822; kim@example.com\nAction: failed\nStatus: 5.1.1\n");
    REQUIRE(got.recipients.size() == 2);
    REQUIRE(got.recipients.at(0).status.has_value());
    CHECK(got.recipients.at(0).status->text() == "5.2.1");
    CHECK(got.recipients.at(0).status_comment == "mailbox disabled, not accepting messages");
    CHECK(got.recipients.at(1).status_comment.empty());
}

}  // namespace holdback::dsn
