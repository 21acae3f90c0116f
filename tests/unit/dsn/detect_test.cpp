// SPDX-License-Identifier: Apache-2.0
#include "dsn/detect.hpp"

#include "dsn/human_text.hpp"
#include "dsn/message_view.hpp"
#include "dsn/report.hpp"

#include <array>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace holdback::dsn {

namespace {

MessagePart part(std::string_view type, std::string_view text, int embedded = 0) {
    MessagePart made;
    made.media_type = std::string(type);
    made.text = std::string(text);
    made.embedded = embedded;
    made.depth = 1 + embedded;
    return made;
}

/// A message of one text part with a header of "Name: value" lines.
MessageView message(std::string_view header, std::string_view text) {
    MessageView view;
    view.headers = parse_headers(header);
    view.media_type = "text/plain";
    view.parts.push_back(part("text/plain", text));
    return view;
}

MessageKind kind_of(const MessageView& view) {
    return detect(view, human_text(view)).kind;
}

}  // namespace

TEST_CASE("the shape of a message tells its kind") {
    MessageView view = message("From: x@example.net\nSubject: hello\n", "hello");
    view.media_type = "multipart/report";
    SUBCASE("delivery status") {
        view.parts.push_back(part("message/delivery-status", "Final-Recipient: rfc822; a@b\n"));
        CHECK(kind_of(view) == MessageKind::Dsn);
    }
    SUBCASE("delivery status for international mail") {
        view.parts.push_back(part("message/global-delivery-status", ""));
        CHECK(kind_of(view) == MessageKind::Dsn);
    }
    SUBCASE("feedback report") {
        view.parts.push_back(part("message/feedback-report", "Feedback-Type: abuse\nVersion: 1\n"));
        CHECK(kind_of(view) == MessageKind::Complaint);
    }
    SUBCASE("feedback report about authentication is no complaint") {
        view.parts.push_back(part("message/feedback-report", "Feedback-Type: auth-failure\n"));
        CHECK(kind_of(view) == MessageKind::Report);
    }
    SUBCASE("nor is one about what was no spam") {
        view.parts.push_back(part("message/feedback-report", "Feedback-Type: not-spam\n"));
        CHECK(kind_of(view) == MessageKind::Report);
    }
    SUBCASE("a report about TLS") {
        view.parameters.emplace_back("report-type", "tlsrpt");
        CHECK(kind_of(view) == MessageKind::Report);
    }
    SUBCASE("feedback report without its part") {
        view.parameters.emplace_back("report-type", "feedback-report");
        CHECK(kind_of(view) == MessageKind::Complaint);
    }
    SUBCASE("disposition notification") {
        view.parts.push_back(part("message/disposition-notification", "Disposition: x\n"));
        CHECK(kind_of(view) == MessageKind::Mdn);
    }
    SUBCASE("a status within a forwarded message is the forwarder's matter") {
        view.media_type = "multipart/mixed";
        view.parts.push_back(part("message/rfc822", ""));
        view.parts.push_back(part("message/delivery-status", "Final-Recipient: rfc822; a@b\n", 1));
        CHECK(kind_of(view) == MessageKind::Ordinary);
    }
}

TEST_CASE("words tell a bounce, a sender's name alone does not") {
    struct Row {
        std::string_view what;
        std::string_view header;
        std::string_view text;
        MessageKind want;
    };
    constexpr std::array kRows{
        Row{"a bounce in words",
            "Return-Path: <>\nFrom: MAILER-DAEMON@example.net\nSubject: failure notice\n",
            "Sorry, we were unable to deliver your message to the following address.\n",
            MessageKind::Bounce},
        Row{"the daemon writes about something else",
            "Return-Path: <>\nFrom: MAILER-DAEMON@example.net\nSubject: hello\n",
            "The server moves on Monday.\n",
            MessageKind::Ordinary},
        Row{"a letter about a bounce",
            "From: Bo <bo@example.net>\nSubject: Re: failure notice\nIn-Reply-To: "
            "<1@example.org>\n",
            "My mailbox is full, your message could not be delivered to me.\n",
            MessageKind::Ordinary},
        Row{"a letter that quotes a bounce",
            "From: Bo <bo@example.net>\nSubject: Undelivered mail?\n",
            "What is this?\n> <a@example.com>: host said: 550 5.1.1 no such user\n",
            MessageKind::Ordinary},
        Row{"a bounce in German",
            "Return-Path: <>\nFrom: postmaster@example.net\nSubject: Unzustellbar: Hallo\n",
            "Ihre Nachricht konnte nicht zugestellt werden an bo@example.net.\n",
            MessageKind::Bounce},
        Row{"the postmaster's copy of a bounce",
            "From: MAILER-DAEMON@example.net\nSubject: Postmaster Copy: Undelivered Mail\n",
            "<a@example.com>: host mx said: 550 5.1.1 no such user\n",
            MessageKind::Ordinary},
        Row{"status fields in the text",
            "From: MAILER-DAEMON@example.net\nSubject: Delivery\n",
            "Final-Recipient: rfc822; a@example.com\nAction: failed\n",
            MessageKind::Bounce},
        Row{"status fields that somebody shows to somebody",
            "From: Bo <bo@example.net>\nSubject: what is this\n",
            "Look:\nFinal-Recipient: rfc822; a@example.com\nAction: failed\n",
            MessageKind::Ordinary},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.what);
        CHECK(kind_of(message(row.header, row.text)) == row.want);
    }
}

TEST_CASE("answers of machines are told from answers of people") {
    struct Row {
        std::string_view what;
        std::string_view header;
        std::string_view text;
        MessageKind want;
    };
    constexpr std::array kRows{
        Row{"RFC 3834",
            "From: bo@example.net\nAuto-Submitted: auto-replied\n",
            "bye",
            MessageKind::AutoReply},
        Row{"subject and suppression field",
            "From: bo@example.net\nSubject: Automatic reply: x\nX-Auto-Response-Suppress: All\n",
            "bye",
            MessageKind::AutoReply},
        Row{"null sender and thanks",
            "Return-Path: <>\nFrom: bo@example.net\nSubject: Thank you for your mail\nPrecedence: "
            "bulk\n",
            "Thank you for your e-mail.",
            MessageKind::AutoReply},
        Row{"a person on holiday",
            "From: bo@example.net\nSubject: June\n",
            "I am on vacation in June, let us meet before.",
            MessageKind::Ordinary},
        Row{"a list about autoreplies",
            "From: bo@example.net\nSubject: Auto reply: how to\nList-Id: <l.example.net>\n",
            "Hm.",
            MessageKind::Ordinary},
        Row{"a job's report",
            "From: cron@example.net\nAuto-Submitted: auto-generated\n",
            "done",
            MessageKind::Ordinary},
        Row{"challenge",
            "From: bo@example.net\nSubject: Re: x\nIn-Reply-To: <1@example.org>\n",
            "Please prove you are human: https://c.example.net/",
            MessageKind::Challenge},
        Row{"unsubscribe",
            "From: bo@example.net\nSubject: unsubscribe\n",
            "",
            MessageKind::Unsubscribe},
        Row{"a letter about unsubscribing",
            "From: bo@example.net\nSubject: How to unsubscribe?\n",
            "Where is the link to unsubscribe?",
            MessageKind::Ordinary},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.what);
        CHECK(kind_of(message(row.header, row.text)) == row.want);
    }
}

TEST_CASE("a detection says why") {
    const MessageView view =
        message("Return-Path: <>\nFrom: MAILER-DAEMON@example.net\nSubject: failure notice\n",
                "I wasn't able to deliver your message to bo@example.net\n");
    CHECK_FALSE(detect(view, human_text(view)).reasons.empty());
    CHECK_FALSE(detect(MessageView{}, HumanText{}).reasons.empty());
}

}  // namespace holdback::dsn
