// SPDX-License-Identifier: Apache-2.0
#include "dsn/own_letter.hpp"

#include "core/clock.hpp"
#include "dsn/classify.hpp"
#include "dsn/human_text.hpp"
#include "dsn/message_view.hpp"
#include "dsn/report.hpp"
#include "letters/digest_mail.hpp"
#include "letters/notice.hpp"
#include "reading/knowledge.hpp"
#include "reading/rule_set.hpp"
#include "terms/failure_code.hpp"
#include "tests/support/code_samples.hpp"

#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

namespace holdback::dsn {

namespace {

/// A message of ours as another host reads it: its header, and the text that people see.
MessageView view_of(std::string_view octets, std::string text) {
    MessageView view;
    view.headers = parse_headers(octets.substr(0, octets.find("\r\n\r\n") + 2));
    view.headers.add("Return-Path", " <>");
    view.media_type = "multipart/mixed";
    MessagePart part;
    part.media_type = "text/plain";
    part.text = std::move(text);
    view.parts.push_back(std::move(part));
    return view;
}

letters::NoticeFacts notice_facts() {
    letters::NoticeFacts facts;
    facts.address = "holdback@home.test";
    facts.to = "news@home.test";
    facts.token = "hbn-0123456789ab00112233445566778899";
    facts.host = "mta.home.test";
    letters::NoticeRow row;
    row.address = "bo@example.net";
    row.subject = "Undelivered Mail Returned to Sender";
    row.reason =
        "the mailbox bo@example.net does not exist: 550 5.1.1 <bo@example.net>: no such user";
    facts.rows.push_back(row);
    return facts;
}

Understanding understood(const MessageView& view) {
    const terms::CodeCatalogue codes = support::small_catalogue();
    const reading::Knowledge knowledge{.rules = reading::RuleSet::make({}, codes).value(),
                                       .lexicon = {}};
    return understand(view, knowledge, codes);
}

MessageView without(MessageView view, std::string_view name) {
    mail::HeaderList kept;
    for (const mail::HeaderField& field : view.headers.fields()) {
        if (field.name != name) {
            kept.add(field.name, field.raw_value);
        }
    }
    view.headers = kept;
    return view;
}

}  // namespace

TEST_CASE("what Holdback writes is informational to another one, whatever it quotes of failures") {
    const letters::NoticeFacts facts = notice_facts();
    const MessageView notice = view_of(letters::compose_notice(facts), letters::notice_text(facts));
    for (const MessageView& view : {notice, without(notice, "X-Holdback-Code")}) {
        const Understanding understanding = understood(view);
        CHECK(understanding.report.kind == MessageKind::Informational);
        CHECK(understanding.code == terms::FailureCode(5999));
        CHECK(understanding.recipients.empty());
    }
    letters::ConfirmationFacts confirmation;
    confirmation.address = "holdback@home.test";
    confirmation.to = "news@home.test";
    confirmation.message_id = "1@mta.home.test";
    confirmation.refused = "bo@example.net: 550 5.1.1 no such user; undeliverable";
    CHECK(understood(view_of(letters::compose_confirmation(confirmation), confirmation.refused))
              .report.kind == MessageKind::Informational);
    letters::DigestFacts digest;
    digest.address = "holdback@home.test";
    digest.to = {"postmaster@home.test"};
    CHECK(understood(view_of(letters::compose_digest(digest), letters::digest_text(digest)))
              .report.kind == MessageKind::Informational);
}

TEST_CASE("a mark alone is not enough, and a report stays one whatever marks it bears") {
    const letters::NoticeFacts facts = notice_facts();
    const MessageView notice = view_of(letters::compose_notice(facts), letters::notice_text(facts));
    CHECK(own_letter_mark(notice) == "X-Holdback-Code");
    CHECK(own_letter_mark(without(notice, "Auto-Submitted")).empty());
    MessageView report = notice;
    report.media_type = "multipart/report";
    CHECK(own_letter_mark(report).empty());
    MessageView failure = without(without(notice, "X-Holdback-Code"), "Message-ID");
    CHECK(own_letter_mark(failure).empty());
    failure.headers.add("X-Holdback-Code", " 2001");
    CHECK(own_letter_mark(failure).empty());
}

}  // namespace holdback::dsn
