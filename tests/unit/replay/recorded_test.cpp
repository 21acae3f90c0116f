// SPDX-License-Identifier: Apache-2.0
#include "replay/recorded.hpp"

#include "config/policy.hpp"
#include "config/settings.hpp"
#include "limits/over_limit.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "mail/ip_address.hpp"
#include "mail/syntax.hpp"
#include "outbound/findings.hpp"
#include "outbound/mail_route.hpp"
#include "replay/fact_text.hpp"
#include "terms/failure_code.hpp"
#include "terms/finding.hpp"
#include "terms/suppression.hpp"
#include "terms/suppression_subject.hpp"

#include <chrono>
#include <expected>
#include <string>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::replay {

namespace {

RecordedRecipient recipient_of(const std::string& address) {
    return {.address = address,
            .mailer = "smtp",
            .facts = {.syntax = mail::Address::parse(address, mail::Smtputf8::No)}};
}

/// What a store gives back.
RecordedRecipient written_and_read(const RecordedRecipient& recipient) {
    RecordedRecipient read{.address = recipient.address,
                           .mailer = {},
                           .facts = {.syntax = std::unexpected(mail::SyntaxError::Empty)}};
    read_recipient_facts(recipient_facts(recipient), mail::Smtputf8::No, read);
    return read;
}

}  // namespace

TEST_CASE("facts are lines that any text survives, and absent ones are told from empty ones") {
    FactWriter writer;
    writer.put("a", "one=two\nthree\\n\\");
    writer.put("empty", "");
    writer.put_number("n", 17);
    writer.put_flag("no", false);
    writer.put_flag("yes", true);
    const std::string text = writer.take();
    CHECK(text == "a=one=two\\nthree\\\\n\\\\\nn=17\nyes=1\n");
    const FactReader reader(text);
    CHECK(reader.text("a") == "one=two\nthree\\n\\");
    CHECK_FALSE(reader.find("empty").has_value());
    CHECK(reader.number("n") == 17);
    CHECK_FALSE(reader.number("a").has_value());
    CHECK(reader.flag("yes"));
    CHECK_FALSE(reader.flag("no"));
    // What is no fact is passed over.
    CHECK(FactReader("nonsense\n=\nx=\\").text("x") == "\\");
}

TEST_CASE("the facts of a recipient come back") {
    RecordedRecipient recipient = recipient_of("Bo..Li@Good.test");
    recipient.facts.route = outbound::MailRoute{
        .kind = outbound::RouteKind::Mx,
        .hosts = {"mx1.good.test", "mx2.good.test", "mx3.good.test", "mx4.good.test"},
        .why = "it has\nmail servers"};
    terms::SuppressionEntry entry;
    entry.kind = terms::SubjectKind::Suffix;
    entry.subject = ".test";
    entry.reason = terms::SuppressionReason::Bounce;
    entry.code = terms::FailureCode(2001);
    entry.source = terms::SuppressionSource::Learned;
    entry.diagnostic = std::string(500, 'x');
    recipient.facts.suppression = entry;
    recipient.facts.over_limit =
        limits::OverLimit{.limit = "per-user",
                          .cap = {75, std::chrono::hours(1)},
                          .used = 76,
                          .opens_at = core::TimePoint(std::chrono::milliseconds(1'700'000'000'123)),
                          .action = terms::PolicyAction::Hold,
                          .in_shadow = true};
    recipient.action = config::PolicyAction::Pass;
    recipient.unshadowed = config::PolicyAction::Hold;
    recipient.found = {terms::FindingName::UnusualAddress, terms::FindingName::SuppressedBounce};

    recipient.facts.route->perhaps_local = true;
    RecordedRecipient read{.address = recipient.address,
                           .mailer = {},
                           .facts = {.syntax = std::unexpected(mail::SyntaxError::Empty)}};
    read_recipient_facts(recipient_facts(recipient), mail::Smtputf8::No, read);
    CHECK(read.facts.route->perhaps_local);
    CHECK(read.mailer == "smtp");
    CHECK(read.facts.over_limit == recipient.facts.over_limit);
    REQUIRE(read.facts.syntax.has_value());
    CHECK(read.facts.syntax->value.text() == "Bo..Li@good.test");
    CHECK(read.facts.syntax->is_unusual());
    REQUIRE(read.facts.route.has_value());
    CHECK(read.facts.route->kind == outbound::RouteKind::Mx);
    CHECK(read.facts.route->hosts ==
          std::vector<std::string>{"mx1.good.test", "mx2.good.test", "mx3.good.test"});
    CHECK(read.facts.route->why == "it has\nmail servers");
    REQUIRE(read.facts.suppression.has_value());
    CHECK(read.facts.suppression->subject == ".test");
    CHECK(read.facts.suppression->reason == terms::SuppressionReason::Bounce);
    CHECK(read.facts.suppression->code.number() == 2001);
    CHECK(read.facts.suppression->source == terms::SuppressionSource::Learned);
    CHECK(read.facts.suppression->diagnostic == std::string(200, 'x'));
    CHECK(read.unshadowed == config::PolicyAction::Hold);
    CHECK(read.found == recipient.found);
}

TEST_CASE("the mailbox behind a tag comes back, and that the entry is its own") {
    RecordedRecipient recipient = recipient_of("bo+shop@gmail.com");
    recipient.facts.mailbox = "bo@gmail.com";
    recipient.facts.suppression.emplace();
    recipient.facts.suppression->subject = "bo+shop@gmail.com";
    RecordedRecipient read = written_and_read(recipient);
    CHECK(read.facts.mailbox == "bo@gmail.com");
    CHECK_FALSE(read.facts.suppressed_as_mailbox);
    CHECK(read.facts.suppression.value().subject == "bo+shop@gmail.com");
    recipient.facts.suppressed_as_mailbox = true;
    read = written_and_read(recipient);
    CHECK(read.facts.suppressed_as_mailbox);
    CHECK(read.facts.suppression.value().subject == "bo@gmail.com");
}

TEST_CASE("a malformed recipient and one about whom nothing is known come back as such") {
    RecordedRecipient malformed = recipient_of("no at sign");
    const RecordedRecipient read = written_and_read(malformed);
    REQUIRE_FALSE(read.facts.syntax.has_value());
    CHECK(read.facts.syntax.error() == malformed.facts.syntax.error());

    const RecordedRecipient plain = written_and_read(recipient_of("bo@good.test"));
    CHECK(plain.facts.syntax.has_value());
    CHECK_FALSE(plain.facts.route.has_value());
    CHECK_FALSE(plain.facts.suppression.has_value());
    CHECK_FALSE(plain.facts.allowed_by_store);
    CHECK(plain.found.empty());
}

TEST_CASE("the facts of a message come back") {
    RecordedMessage message;
    message.decided_at = DecidedAt::Recipient;
    message.session = "s-1";
    message.utf8 = mail::Smtputf8::Yes;
    message.origin = {.user = "joe",
                      .daemon = "ORIGINATING",
                      .client = mail::IpAddress::parse("192.0.2.1"),
                      .over_smtp = false};
    message.named = 3;
    message.window = 40;
    message.window_length = std::chrono::minutes(10);
    message.repeats_limit = 20;
    message.dialogue = RecordedDialogue{.before = {.messages = 3, .refusals = 5},
                                        .asked_at_rcpt = true,
                                        .can_be_returned = true,
                                        .had_enough = true};
    message.headers = {
        .asked = {"list-id", "precedence"}, .present = {"precedence"}, .precedence = "bulk"};
    message.message_id = "<1@a.test>";
    message.stream.signal = "header:Precedence";
    RecordedMessage read;
    read_message_facts(message_facts(message), read);
    CHECK_FALSE(read.lists.has_value());
    CHECK_FALSE(read.watched.from_digest.has_value());
    CHECK_FALSE(read.watched.enrolled_digest.has_value());
    config::Settings settings;
    settings.compliance.own_domains = {"a.test"};
    message.watched = watch_signs(outbound::Stream::Bulk, outbound::SentTo::List, settings);
    message.lists = ListFiles{.role_addresses = {}, .disposable_domains = "/throw-away"};
    read_message_facts(message_facts(message), read);
    CHECK(read.watched.from_digest == message.watched.from_digest);
    CHECK(read.watched.enrolled_digest == message.watched.enrolled_digest);
    CHECK(read.lists == message.lists);
    CHECK(read.decided_at == DecidedAt::Recipient);
    CHECK(read.session == "s-1");
    CHECK(read.utf8 == mail::Smtputf8::Yes);
    CHECK(read.origin == message.origin);
    CHECK(read.named == 3);
    CHECK(read.window == 40);
    CHECK(read.window_length == std::chrono::minutes(10));
    CHECK(read.repeats_limit == 20);
    CHECK(read.dialogue == message.dialogue);
    CHECK(read.headers == message.headers);
    CHECK(read.message_id == "<1@a.test>");
    CHECK(read.stream.signal == "header:Precedence");
}

TEST_CASE("the header is looked at for the names of the settings and the usual ones, no more") {
    mail::HeaderList headers;
    headers.add("Subject", " secret");
    headers.add("X-Mailing", " 7");
    headers.add("PRECEDENCE", " Bulk");
    headers.add("List-Post", " <mailto:x@a.test>");
    config::BulkSettings settings;
    settings.headers = {"X-Mailing", "List-Id"};
    settings.campaign_header = "";
    const HeaderSigns signs = header_signs(headers, settings);
    CHECK(signs.asked == std::vector<std::string>{"x-mailing",
                                                  "list-id",
                                                  "list-unsubscribe",
                                                  "feedback-id",
                                                  "x-campaign-id",
                                                  "precedence",
                                                  "list-post",
                                                  "list-*"});
    CHECK(signs.present == std::vector<std::string>{"x-mailing", "precedence", "list-post"});
    CHECK(signs.precedence == "Bulk");
}

TEST_CASE("a sender comes back from its text") {
    CHECK(std::holds_alternative<mail::NullSender>(recorded_sender("")));
    CHECK(std::holds_alternative<mail::Address>(recorded_sender("news@a.test")));
    CHECK(std::get<std::string>(recorded_sender("no address")) == "no address");
}

}  // namespace holdback::replay
