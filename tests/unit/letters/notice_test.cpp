// SPDX-License-Identifier: Apache-2.0
#include "letters/notice.hpp"

#include "core/clock.hpp"
#include "core/digest.hpp"
#include "core/text.hpp"
#include "letters/notice_orders.hpp"
#include "letters/notice_token.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

namespace holdback::letters {

namespace {

const core::TimePoint noon =
    core::TimePoint(std::chrono::sys_days(std::chrono::year(2026) / 11 / 27)) +
    std::chrono::hours(12);

NoticeRow row(std::string address, std::string reason) {
    NoticeRow made;
    made.item = 17;
    made.address = std::move(address);
    made.subject = "Spring news";
    made.message_id = "<1@home.test>";
    made.finding = "null-mx";
    made.code = 2002;
    made.reason = std::move(reason);
    made.advice = "check the part of the address behind the @";
    made.held_at = noon;
    return made;
}

NoticeFacts facts() {
    NoticeFacts made;
    made.address = "holdback@home.test";
    made.to = "news@home.test";
    made.postmaster = "postmaster@home.test";
    made.token = "hbn-0123456789ab00112233445566778899";
    made.host = "mta.home.test";
    made.campaign = "spring";
    made.rows = {row("carl@nullmx.test", "the domain nullmx.test states that it takes no mail"),
                 row("bo@gmial.com", "the domain gmial.com looks like a misspelled gmail.com")};
    made.rows[1].suggestion = "bo@gmail.com";
    made.now = noon;
    made.expires_at = noon + std::chrono::days(7);
    return made;
}

bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

}  // namespace

TEST_CASE("no line of a notice is a command, however long the text of a server is") {
    for (std::size_t length = 0; length < 120; ++length) {
        NoticeFacts made = facts();
        made.rows.resize(1);
        made.rows[0].reason = "the server said 550 " + std::string(length, 'x') +
                              " (ask to\nrelease all). release 1 discard all";
        made.rows[0].advice = std::string(length, 'y') + " release all.";
        made.refused = {{.address = "eva@good.test",
                         .answer = "550 " + std::string(length, 'z') + " (ask to\nrelease all)."}};
        const std::string text = notice_text(made);
        for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
            CAPTURE(text.substr(at, text.find('\n', at) - at));
            CHECK(read_orders(text.substr(at, text.find('\n', at) - at)).empty());
        }
        CHECK(read_orders("What does that mean?\n\n" + text).empty());
    }
}

TEST_CASE("a notice says in plain words who was held, why, and what to do") {
    CHECK(notice_text(facts()) ==
          "2 recipients of your mail were held back and have not got it. Everybody\n"
          "else has; there is no need to send it to them again.\n"
          "\n"
          "Subject:  Spring news\n"
          "Campaign: spring\n"
          "\n"
          "   1  carl@nullmx.test\n"
          "      Why: The domain nullmx.test states that it takes no mail.\n"
          "      To do: Check the part of the address behind the @.\n"
          "   2  bo@gmial.com\n"
          "      Why: The domain gmial.com looks like a misspelled gmail.com.\n"
          "      Did you mean bo@gmail.com?\n"
          "\n"
          "If you are sure that addresses are right, answer this mail and write the\n"
          "command in the first line. You can release 100 recipients in 1 day this\n"
          "way.\n"
          "\n"
          "    To send it to some of them: release 2\n"
          "    To send it to all of them: release all\n"
          "    To send it to the address that may be meant: release 2 as bo@gmail.com\n"
          "    To have some dropped: discard 1\n"
          "\n"
          "What is still held on Fri, 4 Dec 2026 12:00:00 +0000 is returned to you.\n");
}

TEST_CASE("a notice names the good recipients whom the server refused") {
    NoticeFacts made = facts();
    made.refused = {{.address = "eva@good.test", .answer = "550 5.1.1 no such <user>"}};
    const std::string text = notice_text(made);
    CHECK(has(text, "Everybody\nelse has, but for those named below"));
    CHECK(has(text,
              "\nNothing was wrong with the addresses of these, but the mail server\n"
              "refused them for good. They did not get the mail either, and a delivery\n"
              "report tells of each:\n"
              "      eva@good.test\n"
              "      Why: 550 5.1.1 no such <user>.\n"));
    CHECK(has(compose_notice(made), "<li>eva@good.test<br>550 5.1.1 no such &lt;user&gt;.</li>"));
}

TEST_CASE("a notice is text, HTML and a table, from us to the sender") {
    const std::string mail = compose_notice(facts());
    CHECK(
        mail.starts_with("Date: Fri, 27 Nov 2026 12:00:00 +0000\r\n"
                         "From: Holdback <holdback@home.test>\r\n"
                         "To: <news@home.test>\r\n"
                         "Subject: Held back: 2 recipients of \"Spring news\"\r\n"
                         " [hbn-0123456789ab00112233445566778899]\r\n"
                         "Message-ID: <hbn-0123456789ab00112233445566778899@mta.home.test>\r\n"
                         "Auto-Submitted: auto-generated\r\n"
                         "X-Auto-Response-Suppress: All\r\n"
                         "X-Holdback-Code: 5999\r\n"
                         "MIME-Version: 1.0\r\n"
                         "Content-Type: multipart/mixed;\r\n"
                         "\tboundary=\"=_holdback-notice\"\r\n"
                         "\r\n"
                         "--=_holdback-notice\r\n"
                         "Content-Type: multipart/alternative;\r\n"));
    CHECK(has(mail,
              "Content-Disposition: attachment; filename=\"held.csv\"\r\n"
              "Content-Type: text/csv; header=present; charset=utf-8\r\n"));
    CHECK(has(mail, "number,address,subject,finding,code,reason,advice,suggestion,held_at"));
    CHECK(mail.ends_with("--=_holdback-notice--\r\n"));
    for (const std::string_view line : core::split(mail, '\n')) {
        CHECK(line.size() <= 79);
    }
}

TEST_CASE("a stopped campaign is what the notice says first") {
    NoticeFacts stopped = facts();
    stopped.stopped = "30% of its recipients are bad, more than 20%";
    CHECK(notice_text(stopped).starts_with("Your campaign was stopped as a whole. 30% of its"));
    CHECK(has(compose_notice(stopped), "Subject: Campaign stopped of \"Spring news\""));
}

TEST_CASE("mail without a user is not released by answering, and the notice says how else") {
    NoticeFacts facts_of_program = facts();
    facts_of_program.by_answer = false;
    const std::string text = notice_text(facts_of_program);
    CHECK(has(text,
              "Ask the mail administrator\n(postmaster@home.test), and name the items 17, 17."));
    CHECK_FALSE(has(text, ": release"));
    facts_of_program.contact = "the help desk (4711)";
    CHECK(has(notice_text(facts_of_program), "Ask the help desk (4711), and name the"));
}

TEST_CASE("a notice offers what can be done: as much as the budget has left") {
    NoticeFacts made = facts();
    made.rows.push_back(row("eva@nullmx.test", "it takes no mail"));
    made.rows[2].item = 19;
    CHECK(has(notice_text(made), "To send it to all of them: release all\n"));
    CHECK(has(notice_text(made), "To send it to some of them: release 1 3\n"));
    made.left = 2;
    std::string text = notice_text(made);
    CHECK(has(text, "To send it to some of them: release 1 3\n"));
    CHECK_FALSE(has(text, "release all"));
    CHECK(has(text,
              "You can release 2 recipients of these just\nnow: 100 recipients in 1 day are "
              "allowed. For more, ask the mail\nadministrator (postmaster@home.test).\n"));
    CHECK_FALSE(has(compose_notice(made), "release all"));
    made.left = 1;
    CHECK(has(notice_text(made), "To send it to some of them: release 3\n"));
    made.left = 0;
    text = notice_text(made);
    CHECK_FALSE(has(text, ": release"));
    CHECK(
        has(text, "You can release none of these just now: 100\nrecipients in 1 day are allowed"));
    CHECK(has(text, "and name the items\n17, 17, 19.\n"));
    CHECK(has(text, "To have some dropped: discard 2\n"));
}

TEST_CASE("what a sender can't release is not offered") {
    NoticeFacts made = facts();
    made.rows.push_back(row("eva@nullmx.test", "the mail administrator blocked it"));
    made.rows[2].can_release = false;
    std::string text = notice_text(made);
    CHECK(has(text, "To send it to some of them: release 2\n"));
    CHECK(has(text, "To send it to all whom you can release: release all\n"));
    CHECK(has(text,
              "\nNo answer can release these numbers: 3. Ask the mail administrator\n"
              "(postmaster@home.test) about them.\n"));
    made.rows.erase(made.rows.begin(), made.rows.begin() + 2);
    text = notice_text(made);
    CHECK_FALSE(has(text, ": release"));
    CHECK_FALSE(has(text, "You can release"));
    CHECK(has(text, "To have it dropped: discard 1\n"));
}

TEST_CASE("a notice that others read names who can release") {
    NoticeFacts made = facts();
    made.only_user = "news";
    CHECK(has(notice_text(made), "Only the user news, logged in, can do that.\n"));
    // Wherever the line ends, and whatever the user is called.
    for (const std::string_view evil : {"x release all", "release1", "\nrelease all\n"}) {
        for (std::size_t length = 0; length < 80; ++length) {
            made.only_user = std::string(length, 'x') + " " + std::string(evil);
            const std::string text = notice_text(made);
            for (const std::string_view line : core::split(text, '\n')) {
                CAPTURE(line);
                CHECK(read_orders(line).empty());
            }
        }
    }
}

TEST_CASE("a notice is written in the words of a table, and the commands stay as they are") {
    NoticeTexts texts;
    REQUIRE(texts
                .set("opening_many",
                     "{recipients} Ihrer Mail wurden zur\xC3\xBC"
                     "ckgehalten.")
                .has_value());
    REQUIRE(texts.set("others_have_it", "Alle anderen haben sie.").has_value());
    REQUIRE(texts.set("recipient_many", "{count} Empf\xC3\xA4nger").has_value());
    REQUIRE(texts
                .set("label_subject",
                     "\xC3\x9C"
                     "ber:")
                .has_value());
    REQUIRE(texts.set("want_all", "Um sie allen zu schicken").has_value());
    REQUIRE(texts.set_reason("null-mx", "Die Domain {domain} nimmt keine Mail an").has_value());
    const std::string text = notice_text(facts(), texts);
    CHECK(
        text.starts_with("2 Empf\xC3\xA4nger Ihrer Mail wurden zur\xC3\xBC"
                         "ckgehalten. Alle anderen haben"));
    CHECK(has(text,
              "\n\xC3\x9C"
              "ber:     Spring news\nCampaign: spring\n"));
    CHECK(has(text, "      Why: Die Domain nullmx.test nimmt keine Mail an.\n"));
    CHECK(has(text, "    Um sie allen zu schicken: release all\n"));
    // A program that quotes without marks.
    CHECK(read_orders("Danke!\n\n" + text + "\nrelease 1\n", texts.beginnings()).empty());
    NoticeFacts german = facts();
    german.language = "de";
    CHECK(has(compose_notice(german, texts), "<html lang=3D\"de\">"));
}

TEST_CASE("a very long list is cut in the text and complete in the table") {
    NoticeFacts many = facts();
    for (std::size_t i = 0; i < 148; ++i) {
        many.rows.push_back(row("r" + std::to_string(i) + "@nullmx.test", "it takes no mail"));
    }
    const std::string mail = compose_notice(many);
    CHECK(has(notice_text(many), "\nAnd 50 more: the attached list has all.\n"));
    CHECK_FALSE(has(notice_text(many), "r147@nullmx.test"));
    CHECK(has(mail, "\r\n150,r147@nullmx.test,"));
}

TEST_CASE("nothing foreign breaks out of the notice") {
    NoticeFacts evil = facts();
    evil.campaign = "x\r\nBcc: evil@b.test";
    evil.rows[0].address = "=HYPERLINK(\"x\")@<b>b.test";
    evil.rows[0].subject = evil.rows[1].subject = "a\r\nX-Evil: 1\r\n\r\n<script>";
    evil.rows[0].reason = "--=_holdback-notice--\r\nrelease all";
    const std::string mail = compose_notice(evil);
    CHECK_FALSE(has(mail, "\nBcc:"));
    CHECK_FALSE(has(mail, "\nX-Evil:"));
    const std::size_t html = mail.find("text/html");
    const std::string_view in_html =
        std::string_view(mail).substr(html, mail.find("text/csv", html) - html);
    CHECK_FALSE(has(in_html, "<script>"));
    CHECK_FALSE(has(in_html, "<b>b.test"));
    CHECK(has(in_html, "&lt;script&gt;"));
    CHECK(has(mail, "\r\n1,\"'=3DHYPERLINK(\"\"x\"\")@<b>b.test\""));
}

TEST_CASE("no line of a notice reads as a command") {
    NoticeFacts stopped = facts();
    stopped.stopped = "too many are bad";
    NoticeFacts one = facts();
    one.rows.pop_back();
    for (const NoticeFacts& each : {facts(), stopped, one}) {
        const std::string text = notice_text(each);
        for (const std::string_view line : core::split(text, '\n')) {
            CAPTURE(line);
            CHECK(read_orders(line).empty());
        }
    }
}

TEST_CASE("a confirmation says for each number what became of it") {
    ConfirmationFacts done;
    done.address = "holdback@home.test";
    done.to = "news@home.test";
    done.message_id = "x@mta.home.test";
    done.in_reply_to = "<answer@home.test>";
    done.subject = "Spring news";
    done.rows = {{.number = 1, .address = "carl@nullmx.test", .outcome = "sent"},
                 {.number = 2, .address = "bo@gmial.com", .outcome = "discarded"}};
    done.remarks = {"9: the notice has the numbers 1 to 2"};
    done.now = noon;
    CHECK(compose_confirmation(done) ==
          "Date: Fri, 27 Nov 2026 12:00:00 +0000\r\n"
          "From: Holdback <holdback@home.test>\r\n"
          "To: <news@home.test>\r\n"
          "Subject: Held mail \"Spring news\": your answer\r\n"
          "Message-ID: <x@mta.home.test>\r\n"
          "In-Reply-To: <answer@home.test>\r\n"
          "References: <answer@home.test>\r\n"
          "Auto-Submitted: auto-replied\r\n"
          "X-Auto-Response-Suppress: All\r\n"
          "X-Holdback-Code: 5999\r\n"
          "MIME-Version: 1.0\r\n"
          "Content-Type: text/plain; charset=utf-8\r\n"
          "Content-Transfer-Encoding: quoted-printable\r\n"
          "\r\n"
          "   1  carl@nullmx.test\r\n"
          "      sent\r\n"
          "   2  bo@gmial.com\r\n"
          "      discarded\r\n"
          "\r\n"
          "Not done: 9: the notice has the numbers 1 to 2\r\n");
    done.in_reply_to = "<a\r\nBcc: evil@b.test>";
    CHECK_FALSE(has(compose_confirmation(done), "In-Reply-To"));
}

TEST_CASE("of very many, a confirmation counts who ended alike and names the others") {
    ConfirmationFacts done;
    for (std::size_t number = 1; number <= 300; ++number) {
        done.rows.push_back({.number = number,
                             .address = "r" + std::to_string(number) + "@nullmx.test",
                             .outcome = number == 7 ? "still held: 550 no" : "sent"});
    }
    CHECK(
        compose_confirmation(done).ends_with("\r\n\r\n"
                                             "299 recipients\r\n"
                                             "      sent\r\n"
                                             "   7  r7@nullmx.test\r\n"
                                             "      still held: 550 no\r\n"));
    for (ConfirmedRow& row : done.rows) {
        row.outcome = "still held: 550 no " + row.address;
    }
    const std::string text = compose_confirmation(done);
    CHECK(has(text, "\r\n 100  r100@nullmx.test\r\n"));
    CHECK_FALSE(has(text, "r101@nullmx.test"));
    CHECK(text.ends_with("\r\nand 200 more\r\n"));
}

TEST_CASE("a token is worth something for its notice, its sender and its key alone") {
    const core::SecretKey key{};
    core::SecretKey other{};
    other.front() = 1;
    const std::string token = notice_token("0123456789ab", "News@home.test", key);
    CHECK(token.size() == 36);
    CHECK(find_notice_token("Re: Held [" + token + "]") == token);
    CHECK(find_notice_token("<" + core::to_lower(token) + "@mta.home.test>") == token);
    CHECK_FALSE(find_notice_token("hbn-0123 hbn-xyz").has_value());
    CHECK_FALSE(find_notice_token("").has_value());
    CHECK(named_notice(token) == "0123456789ab");
    const std::array keys{other, key};
    CHECK(is_token_of(token, "news@home.test", keys));
    CHECK_FALSE(is_token_of(token, "joe@home.test", keys));
    CHECK_FALSE(is_token_of(token, "news@home.test", std::span(keys).first(1)));
    std::string altered = token;
    altered.back() = altered.back() == '0' ? '1' : '0';
    CHECK_FALSE(is_token_of(altered, "news@home.test", keys));
    std::string of_another = token;
    of_another[4] = '1';
    CHECK_FALSE(is_token_of(of_another, "news@home.test", keys));
}

TEST_CASE("nobody is told about reports, automatic answers and mail without a sender") {
    mail::Envelope envelope;
    mail::HeaderList plain;
    plain.add("Subject", " News");
    CHECK_FALSE(is_told_of(envelope, plain));
    envelope.sender = std::string("news@home.test");
    CHECK(is_told_of(envelope, plain));
    mail::HeaderList generated = plain;
    generated.add("Auto-Submitted", " auto-generated");
    CHECK(is_told_of(envelope, generated));
    mail::HeaderList vacation = plain;
    vacation.add("Auto-Submitted", " auto-replied");
    CHECK_FALSE(is_told_of(envelope, vacation));
    mail::HeaderList report = plain;
    report.add("Content-Type", " multipart/report; report-type=delivery-status");
    CHECK_FALSE(is_told_of(envelope, report));
}

}  // namespace holdback::letters
