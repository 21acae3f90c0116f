// SPDX-License-Identifier: Apache-2.0
#include "dsn/report.hpp"

#include "dsn/human_text.hpp"
#include "dsn/message_view.hpp"
#include "mail/enhanced_status.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace holdback::dsn {

namespace {

void add_part(MessageView& view, std::string_view type, std::string_view text, int embedded = 0) {
    MessagePart part;
    part.media_type = std::string(type);
    part.text = std::string(text);
    part.embedded = embedded;
    view.parts.push_back(part);
}

MessageView dsn_message(std::string_view text, std::string_view status) {
    MessageView view;
    view.headers = parse_headers("Return-Path: <>\nFrom: MAILER-DAEMON@example.org\n");
    view.media_type = "multipart/report";
    add_part(view, "text/plain", text);
    add_part(view, "message/delivery-status", status);
    return view;
}

std::string reply_line(const RecipientReport& recipient) {
    return recipient.reply.has_value() ? recipient.reply->line() : "none";
}

}  // namespace

TEST_CASE("wire names of kinds and actions are distinct and actions come back") {
    constexpr std::array kActions{
        Action::Failed, Action::Delayed, Action::Delivered, Action::Relayed, Action::Expanded};
    constexpr std::array<std::string_view, 5> kNames{
        "failed", "delayed", "delivered", "relayed", "expanded"};
    for (std::size_t index = 0; index < kActions.size(); ++index) {
        CHECK(wire_name(kActions.at(index)) == kNames.at(index));
        CHECK(parse_action(kNames.at(index)) == kActions.at(index));
    }
    CHECK(parse_action(" Failed (bad)") == Action::Failed);
    CHECK(parse_action("gone") == std::nullopt);
    CHECK(wire_name(MessageKind::Dsn) == "dsn");
    CHECK(wire_name(MessageKind::Bounce) == "bounce");
    CHECK(wire_name(MessageKind::AutoReply) == "auto-reply");
    CHECK(wire_name(MessageKind::Challenge) == "challenge");
    CHECK(wire_name(MessageKind::Complaint) == "complaint");
    CHECK(wire_name(MessageKind::Mdn) == "mdn");
    CHECK(wire_name(MessageKind::Unsubscribe) == "unsubscribe");
    CHECK(wire_name(MessageKind::Ordinary) == "ordinary");
}

TEST_CASE("a missing diagnostic is looked up in the text, near its address") {
    const Report report = read_report(
        dsn_message("<bo@example.net>: host mx.example.net[192.0.2.1] said: 554 5.7.1 spam\n\n"
                    "<kim@example.com>: said: 552 5.2.2 full\n",
                    "Final-Recipient: rfc822; bo@example.net\nAction: failed\n\n"
                    "Final-Recipient: rfc822; kim@example.com\nAction: failed\nStatus: 5.0.0\n"));
    CHECK(report.kind == MessageKind::Dsn);
    CHECK_FALSE(report.inferred);
    REQUIRE(report.recipients.size() == 2);
    CHECK(reply_line(report.recipients[0]) == "554 5.7.1 spam");
    CHECK(report.recipients[0].remote_mta == "mx.example.net");
    CHECK(reply_line(report.recipients[1]) == "552 5.2.2 full");
    CHECK(report.recipients[1].status == mail::EnhancedStatus::find_in("5.0.0"));
}

TEST_CASE("a status part without recipients is read from the text and marked so") {
    const Report report = read_report(
        dsn_message("<bo@example.net>: host mx.example.net[192.0.2.1] said: 550 5.1.1 no\n",
                    "Reporting-MTA: dns; mail.example.org\n"));
    CHECK(report.kind == MessageKind::Dsn);
    CHECK(report.inferred);
    CHECK(report.reporting_mta == "mail.example.org");
    REQUIRE(report.recipients.size() == 1);
    CHECK(report.recipients[0].recipient() == "bo@example.net");
}

TEST_CASE("a group without a recipient gets the one that the text names") {
    const Report report =
        read_report(dsn_message("<bo@example.net>: unknown\n", "Action: failed\nStatus: 5.1.1\n"));
    REQUIRE(report.recipients.size() == 1);
    CHECK(report.recipients[0].recipient() == "bo@example.net");
}

TEST_CASE("a recipient whose attempts are all listed is reported once") {
    const Report report = read_report(
        dsn_message("x\n",
                    "Final-Recipient: rfc822; bo@example.net\nAction: failed\nStatus: 5.1.1\n\n"
                    "Final-Recipient: rfc822; Bo@example.net\nAction: failed\nStatus: 5.1.1\n"));
    CHECK(report.recipients.size() == 1);
}

TEST_CASE("what came back of the message is taken from a part or from the text") {
    MessageView view = dsn_message("x\n", "Final-Recipient: rfc822; bo@example.net\n");
    SUBCASE("headers part") {
        add_part(view,
                 "text/rfc822-headers",
                 "From: News <news@example.org>\nMessage-ID: <1@example.org>\nX-A: b\n");
    }
    SUBCASE("embedded message") {
        add_part(view, "message/rfc822", "");
        view.parts.back().headers =
            parse_headers("From: News <news@example.org>\nMessage-ID: <1@example.org>\nX-A: b\n");
    }
    SUBCASE("text") {
        view.parts.front().text =
            "x\n\nReceived: y\nFrom: News <news@example.org>\nMessage-ID: <1@example.org>\nX-A: "
            "b\n";
    }
    const Report report = read_report(view);
    CHECK(report.returned.message_id == "<1@example.org>");
    CHECK(report.returned.sender == "news@example.org");
    CHECK(report.returned.headers.first("X-A") == "b");
}

TEST_CASE("an ordinary message reports nobody") {
    MessageView view;
    view.headers = parse_headers("From: bo@example.net\nSubject: hello\n");
    add_part(view, "text/plain", "My mailbox bo@example.net was full: 552 5.2.2 over quota.\n");
    const Report report = read_report(view);
    CHECK(report.kind == MessageKind::Ordinary);
    CHECK(report.recipients.empty());
}

TEST_CASE("a complaint names nobody by an address that is masked, or by its sender's own") {
    struct Row {
        std::string_view fields;
        std::string_view header;
        std::string_view recipient;
    };
    const auto rows = std::to_array<Row>({
        {"Original-Rcpt-To: bo@example.net\n", "", "bo@example.net"},
        {"Original-Rcpt-To: redacted-address@example.net\n", "", ""},
        {"Redacted-Address: redacted@\n", "To: <redacted@example.net>\n", ""},
        {"Original-Rcpt-To: 0cc175b9c0f1b6a831c399e269772661\n", "", ""},
        {"Original-Rcpt-To: b***@example.net\n", "To: xxxx@example.net\n", ""},
        {"Original-Rcpt-To: x@example.net\n", "", "x@example.net"},
        {"", "From: news@example.org\nTo: bo@example.net\n", "bo@example.net"},
        {"", "From: News <news@example.org>\nTo: News@example.org\n", ""},
    });
    for (const Row& row : rows) {
        CAPTURE(row.fields);
        CAPTURE(row.header);
        MessageView view;
        view.headers = parse_headers("From: loop@example.net\n");
        view.media_type = "multipart/report";
        add_part(
            view, "message/feedback-report", "Feedback-Type: abuse\n" + std::string(row.fields));
        add_part(view, "text/rfc822-headers", row.header);
        const Report report = read_report(view);
        CHECK(report.kind == MessageKind::Complaint);
        CHECK((report.recipients.empty() ? "" : report.recipients.front().recipient()) ==
              row.recipient);
    }
}

}  // namespace holdback::dsn
