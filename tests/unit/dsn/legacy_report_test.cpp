// SPDX-License-Identifier: Apache-2.0
#include "dsn/legacy_report.hpp"

#include "dsn/address_block.hpp"
#include "dsn/human_text.hpp"
#include "dsn/message_view.hpp"
#include "dsn/report.hpp"
#include "dsn/sendmail_transcript.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::dsn {

namespace {

/// "address action status reply" of each recipient, "; " between them.
std::string summary(const std::vector<RecipientReport>& recipients) {
    std::string all;
    for (const RecipientReport& recipient : recipients) {
        all += all.empty() ? "" : "; ";
        all += recipient.recipient();
        all += " " + std::string(wire_name(recipient.action));
        all += " " + (recipient.status.has_value() ? recipient.status->text() : "-");
        all += " " + (recipient.reply.has_value() ? recipient.reply->line() : "-");
    }
    return all;
}

LegacyReport read(std::string_view header, std::string_view text) {
    MessageView view;
    view.headers = parse_headers(header);
    const HumanText human = split_returned(text);
    ReturnedMessage returned;
    returned.headers = parse_headers(human.returned);
    return read_legacy_report({.message = view, .text = human, .returned = returned});
}

}  // namespace

TEST_CASE("each form of bounce is read by its own reader") {
    struct Row {
        std::string_view form;
        std::string_view header;
        std::string_view text;
        std::string_view want;
    };
    constexpr std::array kRows{
        Row{"postfix text",
            "To: news@example.org\n",
            "This is the mail system at host a.\n\n<bo@example.net> (expanded from\n"
            "    <info@example.org>): host mx.example.net[192.0.2.1] said: 550 5.1.1\n"
            "    unknown (in reply to RCPT TO command)\n",
            "bo@example.net failed 5.1.1 550 5.1.1 unknown"},
        Row{"qmail text",
            "To: news@example.org\n",
            "Hi. This is the qmail-send program at a.\n\n<bo@example.net>:\n"
            "Remote host said: 550 no\nGiving up on 192.0.2.1.\n",
            "bo@example.net failed - 550 no"},
        Row{"sendmail transcript",
            "",
            "   ----- Transcript of session follows -----\n>>> RCPT To:<bo@example.net>\n"
            "<<< 550 5.1.1 unknown\n550 bo@example.net... User unknown\n",
            "bo@example.net failed 5.1.1 550 5.1.1 unknown"},
        Row{"exim text",
            "",
            "The following address(es) failed:\n\n  bo@example.net\n    mailbox is full: retry "
            "timeout exceeded\n",
            "bo@example.net failed - -"},
        Row{"X-Failed-Recipients",
            "X-Failed-Recipients: bo@example.net, kim@example.com\n",
            "following address(es) failed:\n\n  bo@example.net\n    554 5.7.1 spam\n"
            "  kim@example.com\n    no such user\n",
            "bo@example.net failed 5.7.1 554 5.7.1 spam; kim@example.com failed - -"},
        Row{"gmail text",
            "Subject: Delivery Status Notification (Delay)\n",
            "Delivery to the following recipient has been delayed:\n\n     bo@example.net\n\n"
            "Message will be retried for 2 more day(s)\n",
            "bo@example.net delayed - -"},
        Row{"exchange text",
            "",
            "did not reach the following recipient(s):\n\nbo@example.net on Monday\n    The "
            "recipient name is not recognized\n",
            "bo@example.net failed - -"},
        Row{"address before a reason",
            "",
            "Cannot deliver:\n\n* bo@example.net [User unknown]\n",
            "bo@example.net failed - -"},
        Row{"address near a reason",
            "To: news@example.org\n",
            "Dear news@example.org, the mailbox of bo@example.net is gone. Ask "
            "postmaster@example.net.\n",
            "bo@example.net failed - -"},
        Row{"address near a reason",
            "To: news@example.org\n",
            "It could not be delivered.\n\n--- Original message follows ---\nTo: bo@example.net\n"
            "Date: today\n",
            "bo@example.net failed - -"},
        Row{"notification in JSON",
            "",
            "{\"notificationType\":\"Bounce\",\"bounce\":{\"bouncedRecipients\":[{\"emailAddress\":"
            "\"bo@example.net\",\"diagnosticCode\":\"smtp; 550 5.1.1 no\"}]},\"mail\":{}}",
            "bo@example.net failed 5.1.1 550 5.1.1 no"},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.text);
        const LegacyReport report = read(row.header, row.text);
        CHECK(report.form == row.form);
        CHECK(summary(report.recipients) == row.want);
    }
}

TEST_CASE("a text that names nobody gives no recipient") {
    const LegacyReport report = read("To: news@example.org\n", "Sorry, news@example.org.\n");
    CHECK(report.recipients.empty());
    CHECK(is_guess(report));
}

TEST_CASE("a block reaches to the next address that is not indented deeper") {
    const std::vector<AddressBlock> blocks = address_blocks(
        "intro\n  bo@example.net:\n    after RCPT TO:\n    <bo@example.net>: 550 a\n"
        "    <other@example.net>: b\n  kim@example.com\n    c\n");
    REQUIRE(blocks.size() == 2);
    CHECK(blocks[0].address == "bo@example.net");
    CHECK(blocks[0].text.find("other@example.net") != std::string::npos);
    CHECK(blocks[1].address == "kim@example.com");
    CHECK(blocks[1].text == "\n    c\n");
}

TEST_CASE("the remote host is read from its introductions") {
    struct Row {
        std::string_view text;
        std::string_view want;
    };
    constexpr std::array kRows{
        Row{"host mx.example.net[192.0.2.1] said: no", "mx.example.net"},
        Row{"... while talking to mx.example.net.:", "mx.example.net"},
        Row{"host MX.Example.NET [192.0.2.1]: 550", "mx.example.net"},
        Row{"the host was not found", ""},
        Row{"", ""},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.text);
        CHECK(remote_host_in(row.text) == row.want);
    }
}

TEST_CASE("a transcript's reply to MAIL counts for every listed recipient") {
    const std::vector<RecipientReport> got = read_sendmail_transcript(
        "   ----- The following addresses had permanent fatal errors -----\n<bo@example.net>\n"
        "<kim@example.net>\n    (expanded from: <info@example.org>)\n\n"
        "   ----- Transcript of session follows -----\n... while talking to mx.example.net.:\n"
        ">>> MAIL From:<news@example.org>\n<<< 550 5.7.1 not from you\n");
    CHECK(summary(got) ==
          "bo@example.net failed 5.7.1 550 5.7.1 not from you; "
          "info@example.org failed 5.7.1 550 5.7.1 not from you");
}

}  // namespace holdback::dsn
