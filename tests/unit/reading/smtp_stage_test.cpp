// SPDX-License-Identifier: Apache-2.0
#include "reading/smtp_stage.hpp"

#include <array>
#include <string_view>

#include <doctest/doctest.h>

namespace holdback::reading {

TEST_CASE("the stage of a quoted reply is told in several ways") {
    struct Row {
        std::string_view text;
        SmtpStage want;
    };
    const auto rows = std::to_array<Row>({
        {"host a said: 550 no (in reply to MAIL FROM command)", SmtpStage::MailFrom},
        {"host a said: 550 no (in reply to RCPT TO command)", SmtpStage::RcptTo},
        {"host a said: 550 no (in reply to end of DATA command)", SmtpStage::Data},
        {"host a said: 550 no (in reply\n    to end of\n    DATA command)", SmtpStage::Data},
        {"host a said: 550 no (in reply to EHLO command)", SmtpStage::Hello},
        {"SMTP error from remote mail server after MAIL FROM:<a@b.example> SIZE=1: 550 no",
         SmtpStage::MailFrom},
        {"SMTP error from remote mail server after pipelined end of data: 550 no", SmtpStage::Data},
        {"SMTP error from remote mail server after initial connection: 554 no", SmtpStage::Connect},
        {">>> MAIL From:<a@b.example>\n<<< 250 ok\n>>> RCPT To:<c@d.example>\n<<< 550 no",
         SmtpStage::RcptTo},
        {">>> DATA\n<<< 550 no\n>>> QUIT", SmtpStage::Data},
        {">>> DATA\n<<< 550-5.7.1 refused\n<<< 550 5.7.1 spam\n554 5.0.0 Service unavailable",
         SmtpStage::Data},
        {">>> DATA\n<<< 550-5.1.1 no\n<<< 550 5.1.1 bye\n550 5.1.1 <c@d.example>... User unknown",
         SmtpStage::RcptTo},
        {">>> DATA\n<<< 552 5.2.2 full\n554 5.0.0 Service unavailable\n<<< 554 no valid recipients",
         SmtpStage::RcptTo},
        {">>> MAIL From:<a@b.example>\n<<< 550-5.7.1 no\n<<< 550 5.7.1 no\n<<< 503 no MAIL",
         SmtpStage::MailFrom},
        {">>> DATA\n<<< 550-5.7.1 cut", SmtpStage::Data},
        {"I answer you in reply to your mail from Monday, after data came in", SmtpStage::Unknown},
        {"Connected to 192.0.2.1 but my name was rejected.\nRemote host said: 501 no",
         SmtpStage::Hello},
        {"Connected to 192.0.2.1 but sender was rejected.\nRemote host said: 550 no",
         SmtpStage::MailFrom},
        {"192.0.2.1 does not like recipient.\nRemote host said: 550 no", SmtpStage::RcptTo},
        {"192.0.2.1 failed after I sent the message.\nRemote host said: 554 no", SmtpStage::Data},
        {"", SmtpStage::Unknown},
    });
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(stage_in(row.text) == row.want);
    }
}

TEST_CASE("only the stages that are not about the recipient have words") {
    CHECK(stage_words(SmtpStage::MailFrom) == "in reply to MAIL FROM command");
    CHECK(stage_words(SmtpStage::Data) == "in reply to end of DATA command");
    CHECK(stage_words(SmtpStage::RcptTo).empty());
    CHECK(stage_words(SmtpStage::Unknown).empty());
}

}  // namespace holdback::reading
