// SPDX-License-Identifier: Apache-2.0
#include "letters/return_dsn.hpp"

#include "core/clock.hpp"
#include "mail/smtp_reply.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::letters {

namespace {

ReturnDsnFacts facts_for(std::string address) {
    ReturnDsnFacts facts;
    facts.reporting_mta = "mx.a.test";
    facts.sender = "ann@a.test";
    facts.envelope_id = "E17";
    facts.queue_id = "4Xk2";
    facts.unique = "0123";
    facts.now = core::TimePoint(std::chrono::sys_days(std::chrono::year(2026) / 11 / 21)) +
                std::chrono::hours(10);
    facts.recipients.push_back({.address = std::move(address),
                                .original = "rfc822;bo@b.test",
                                .reply = mail::SmtpReply::parse("556 5.1.10 takes no mail").value(),
                                .explanation = "it takes no mail"});
    facts.original_header = "Subject: news\r\nFrom: ann@a.test\r\n";
    return facts;
}

}  // namespace

TEST_CASE("the DSN to the sender is a report by RFC 3464") {
    CHECK(compose_return_dsn(facts_for("bo@b.test")) ==
          "Date: Sat, 21 Nov 2026 10:00:00 +0000\r\n"
          "From: Mail Delivery System <MAILER-DAEMON@mx.a.test>\r\n"
          "To: <ann@a.test>\r\n"
          "Subject: Recipients not reached: your message was returned\r\n"
          "Message-ID: <0123@mx.a.test>\r\n"
          "Auto-Submitted: auto-replied\r\n"
          "MIME-Version: 1.0\r\n"
          "Content-Type: multipart/report; report-type=delivery-status;\r\n"
          "\tboundary=\"holdback-0123\"\r\n"
          "Content-Transfer-Encoding: 7bit\r\n"
          "\r\n"
          "--holdback-0123\r\n"
          "Content-Description: Notification\r\n"
          "Content-Type: text/plain; charset=us-ascii\r\n"
          "\r\n"
          "Your message was not sent to the recipients below. Everybody else of its\r\n"
          "recipients gets it; there is no need to send it to them again.\r\n"
          "\r\n"
          "<bo@b.test>:\r\n"
          "    it takes no mail\r\n"
          "\r\n"
          "--holdback-0123\r\n"
          "Content-Description: Delivery report\r\n"
          "Content-Type: message/delivery-status\r\n"
          "\r\n"
          "Reporting-MTA: dns;mx.a.test\r\n"
          "Original-Envelope-Id: E17\r\n"
          "X-Holdback-Queue-ID: 4Xk2\r\n"
          "\r\n"
          "Original-Recipient: rfc822;bo@b.test\r\n"
          "Final-Recipient: rfc822;bo@b.test\r\n"
          "Action: failed\r\n"
          "Status: 5.1.10\r\n"
          "Diagnostic-Code: X-Holdback; 556 5.1.10 takes no mail\r\n"
          "\r\n"
          "--holdback-0123\r\n"
          "Content-Description: Undelivered Message Headers\r\n"
          "Content-Type: text/rfc822-headers\r\n"
          "\r\n"
          "Subject: news\r\n"
          "From: ann@a.test\r\n"
          "\r\n"
          "--holdback-0123--\r\n");
}

TEST_CASE("the DSN says what is true of the other recipients") {
    struct Row {
        Others others;
        std::string_view want;
    };
    const std::vector<Row> rows{
        {Others::GetIt, "Everybody else of its\r\nrecipients gets it;"},
        {Others::SomeHeld, "some get it, and some are held back until somebody decides"},
        {Others::AllHeld, "Its other recipients are\r\nheld back until"},
        {Others::None, "the recipients below, and so to nobody."},
        {Others::NotTold, "This report is about them\r\nalone"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.want);
        ReturnDsnFacts facts = facts_for("bo@b.test");
        facts.others = row.others;
        const std::string dsn = compose_return_dsn(facts);
        CHECK(dsn.find(row.want) != std::string::npos);
        CHECK((dsn.find("Everybody else") != std::string::npos) == (row.others == Others::GetIt));
    }
}

TEST_CASE("the whole message is returned where it was asked for") {
    ReturnDsnFacts facts = facts_for("bo@b.test");
    facts.original =
        "Subject: news\r\n\r\nGr\xC3\xBC\xC3\x9F"
        "e\r\n";
    facts.recipients.front().by_mta = true;
    const std::string dsn = compose_return_dsn(facts);
    CHECK(dsn.find("Content-Description: Undelivered Message\r\nContent-Type: message/rfc822\r\n"
                   "Content-Transfer-Encoding: 8bit\r\n\r\nSubject: news\r\n\r\nGr") !=
          std::string::npos);
    CHECK(dsn.find("text/rfc822-headers") == std::string::npos);
    CHECK(dsn.find("Content-Transfer-Encoding: 8bit\r\n\r\n--") != std::string::npos);
    CHECK(dsn.find("Diagnostic-Code: smtp; 556 5.1.10 takes no mail\r\n") != std::string::npos);
}

TEST_CASE("what is not ASCII makes it a report by RFC 6533") {
    const std::string dsn = compose_return_dsn(facts_for("j\xC3\xB6rg@b.test"));
    CHECK(dsn.find("Content-Type: message/global-delivery-status\r\n") != std::string::npos);
    CHECK(dsn.find("Final-Recipient: utf-8;j\xC3\xB6rg@b.test\r\n") != std::string::npos);
    CHECK(dsn.find("Content-Type: message/global-headers\r\n") != std::string::npos);
    CHECK(dsn.find("Content-Transfer-Encoding: 8bit\r\n\r\n--") != std::string::npos);
}

TEST_CASE("nothing foreign ends a line of the DSN") {
    const std::string dsn = compose_return_dsn(facts_for("x\r\nBcc: evil@b.test"));
    CHECK(dsn.find("\nBcc:") == std::string::npos);
    CHECK(dsn.find("Final-Recipient: rfc822;x  Bcc: evil@b.test\r\n") != std::string::npos);
}

}  // namespace holdback::letters
