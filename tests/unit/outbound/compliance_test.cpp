// SPDX-License-Identifier: Apache-2.0
#include "outbound/compliance.hpp"

#include "config/policy.hpp"
#include "config/sender_login_text.hpp"
#include "config/sender_logins.hpp"
#include "config/settings.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "mail/syntax.hpp"
#include "outbound/bulk.hpp"
#include "outbound/findings.hpp"
#include "outbound/mail_route.hpp"
#include "outbound/plain_text.hpp"
#include "outbound/verdict.hpp"
#include "terms/failure_code.hpp"
#include "terms/finding.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::outbound {

namespace {

using terms::FindingName;
using Fields = std::vector<std::pair<std::string, std::string>>;
using Names = std::vector<std::string>;

mail::HeaderList header(const Fields& fields) {
    mail::HeaderList headers;
    for (const auto& [name, value] : fields) {
        headers.add(name, " " + value);
    }
    return headers;
}

const Fields one_click{{"List-Unsubscribe", "<mailto:u@a.test>, <https://a.test/u?x>"},
                       {"List-Unsubscribe-Post", "List-Unsubscribe=One-Click"}};

/// A header that nothing is missing in, with more fields behind.
mail::HeaderList good_header(const Fields& more) {
    Fields fields = one_click;
    fields.insert(fields.end(), more.begin(), more.end());
    return header(fields);
}

Names names_of(const MessageFacts& facts, const config::Settings& settings) {
    Names names;
    for (const Finding& finding : compliance_findings(facts, settings)) {
        names.emplace_back(wire_name(finding.name));
        CHECK(finding.certainty == terms::Certainty::Hint);
        CHECK_FALSE(finding.code.has_value());
    }
    return names;
}

}  // namespace

TEST_CASE("unsubscribing by one click takes an https URI and the field of RFC 8058") {
    struct Row {
        Fields fields;
        bool want;
    };
    const std::vector<Row> rows{
        {one_click, true},
        {{{"list-unsubscribe", "<HTTPS://a.test/u>"},
          {"list-unsubscribe-post", "list-unsubscribe=one-click"}},
         true},
        {{{"List-Unsubscribe", "<mailto:u@a.test>"},
          {"List-Unsubscribe-Post", "List-Unsubscribe=One-Click"}},
         false},
        {{{"List-Unsubscribe", "<http://a.test/u>"},
          {"List-Unsubscribe-Post", "List-Unsubscribe=One-Click"}},
         false},
        {{{"List-Unsubscribe", "<https://a.test/u>"}}, false},
        {{{"List-Unsubscribe", "<https://a.test/u>"}, {"List-Unsubscribe-Post", "yes"}}, false},
        {{}, false},
    };
    for (const Row& row : rows) {
        const Names found = names_of(message_facts(header(row.fields)), {});
        CHECK(found == (row.want ? Names{} : Names{"missing-unsubscribe"}));
    }
}

TEST_CASE("From names one address of an own domain") {
    struct Row {
        Fields fields;
        bool foreign;
    };
    const std::vector<Row> rows{
        {{{"From", "News <news@a.test>"}}, false},
        {{{"From", "news@mail.a.test"}}, false},
        {{{"From", "news@b.test"}}, true},
        {{{"From", "news@ba.test"}}, true},
        {{{"From", "news@a.test, boss@a.test"}}, true},
        {{{"From", "news@a.test"}, {"From", "boss@a.test"}}, true},
        {{{"From", "News"}}, true},
        {{{"From", ""}}, true},
        {{}, true},
    };
    config::Settings settings;
    SUBCASE("by [compliance] own_domains") {
        settings.compliance.own_domains = {"c.test", "a.test"};
        settings.outgoing.sender_domains = {"b.test"};
    }
    SUBCASE("else by [outgoing] sender_domains") {
        settings.outgoing.sender_domains = {"a.test"};
    }
    for (const Row& row : rows) {
        CHECK(names_of(message_facts(good_header(row.fields)), settings) ==
              (row.foreign ? Names{"foreign-from"} : Names{}));
    }
    // Without own domains, anybody is welcome.
    for (const Row& row : rows) {
        CHECK(names_of(message_facts(good_header(row.fields)), {}).empty());
    }
}

TEST_CASE("From names an address that has to do with the sender") {
    struct Row {
        std::string_view what;
        std::string_view sender;  ///< "": the null sender
        Fields fields;
        std::string_view unaligned;  ///< the start of the reason; "": none
    };
    const std::vector<Row> rows{
        {"the sender", "ann@a.test", {{"From", "Ann <ann@a.test>"}}, ""},
        {"another of his domain", "ann@a.test", {{"From", "boss@A.Test"}}, ""},
        {"below his domain", "ann@a.test", {{"From", "ann@mail.a.test"}}, ""},
        {"above his domain", "bounces@mail.a.test", {{"From", "ann@a.test"}}, ""},
        {"beside his domain", "b@x.a.test", {{"From", "ann@y.a.test"}}, "the From address ann@y."},
        {"a top-level domain", "ann@a.test", {{"From", "ann@test"}}, "the From address ann@test"},
        {"another domain", "ann@a.test", {{"From", "boss@b.test"}}, "the From address boss@b.test"},
        {"a longer name", "ann@a.test", {{"From", "ann@ba.test"}}, "the From address ann@ba.test"},
        {"an enrolled domain", "ann@a.test", {{"From", "ann@sender.example"}}, ""},
        {"below an own domain", "ann@a.test", {{"From", "ann@x.own.example"}}, ""},
        {"a compliance domain", "ann@a.test", {{"From", "ann@news.example"}}, ""},
        {"permitted to the user", "ann@a.test", {{"From", "ANN@private.example"}}, ""},
        {"only nearly permitted",
         "ann@a.test",
         {{"From", "bo@private.example"}},
         "the From address bo@private.example is neither"},
        {"two, both good", "ann@a.test", {{"From", "ann@a.test, bo@own.example"}}, ""},
        {"two, one bad", "ann@a.test", {{"From", "ann@a.test, bo@b.test"}}, "the From address bo@"},
        {"two fields, one bad",
         "ann@a.test",
         {{"From", "ann@a.test"}, {"From", "bo@b.test"}},
         "the From address bo@b.test"},
        {"a name that looks like an address",
         "ann@a.test",
         {{"From", "\"boss@b.test\" <ann@a.test>"}},
         ""},
        {"no address", "ann@a.test", {{"From", "The Boss"}}, "the From field names something"},
        {"half an address",
         "ann@a.test",
         {{"From", "ann@a.test, boss@b.test <x"}},
         "the From field names something"},
        {"nobody", "ann@a.test", {{"From", "undisclosed:;"}}, "the From field names something"},
        {"no field", "ann@a.test", {}, ""},
        {"the null sender", "", {{"From", "boss@b.test"}}, ""},
        {"no domain to the sender", "root", {{"From", "boss@b.test"}}, "the From address boss@b"},
        {"an enrolled domain beside it", "root", {{"From", "boss@own.example"}}, ""},
        {"a literal", "ann@[192.0.2.1]", {{"From", "ann@[192.0.2.1]"}}, ""},
        {"another literal", "ann@[192.0.2.1]", {{"From", "a@[192.0.2.2]"}}, "the From address a@["},
        {"a U-label of the same domain",
         "x@xn--bcher-kva.example",
         {{"From", "x@b\xC3\xBC\x63her.example"}},
         ""},
        {"control characters",
         "ann@a.test",
         {{"From", "\"b\\\x01o\"@b.test"}},
         "the From field names something"},
    };
    config::Settings settings;
    settings.outgoing.sender_domains = {"sender.example"};
    settings.outgoing.own_domains = {"own.example"};
    settings.compliance.own_domains = {"news.example"};
    config::SenderLogins logins;
    logins.add(std::make_shared<const config::LoginSource>(config::LoginSource{
        .name = "file:/x",
        .content = config::parse_user_senders("ann ann@private.example").value()}));
    const auto sender_of = [](std::string_view text) -> mail::EnvelopeSender {
        if (text.empty()) {
            return mail::NullSender{};
        }
        auto parsed = mail::Address::parse(text, mail::Smtputf8::No);
        return parsed.has_value() ? mail::EnvelopeSender(std::move(parsed->value))
                                  : mail::EnvelopeSender(std::string(text));
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const mail::EnvelopeSender sender = sender_of(row.sender);
        const MessageFacts facts = message_facts(header(row.fields));
        const auto found =
            unaligned_from(facts, {.envelope = sender, .user = "Ann", .logins = logins}, settings);
        CHECK(found.has_value() != row.unaligned.empty());
        if (found.has_value()) {
            CHECK(found->name == FindingName::UnalignedFrom);
            CHECK(found->code == terms::FailureCode{6002});
            CHECK(found->reason.starts_with(row.unaligned));
        }
    }
    // What is permitted to one user is not to another, nor to a client without a login.
    const MessageFacts facts = message_facts(header({{"From", "ann@private.example"}}));
    for (const std::string_view user : {"bob", ""}) {
        const mail::EnvelopeSender sender = sender_of("ann@a.test");
        CHECK(unaligned_from(facts, {.envelope = sender, .user = user, .logins = logins}, settings)
                  .has_value());
    }
    // Where there is no domain to compare with, nothing is unaligned.
    const mail::EnvelopeSender root = std::string("root");
    CHECK_FALSE(
        unaligned_from(facts, {.envelope = root, .user = "", .logins = {}}, {}).has_value());
}

TEST_CASE("a signature is missed only where one is expected") {
    config::Settings settings;
    CHECK(names_of(message_facts(good_header({})), settings).empty());
    settings.compliance.expect_signature = true;
    CHECK(names_of(message_facts(good_header({})), settings) == Names{"missing-signature"});
    CHECK(names_of(message_facts(good_header({{"DKIM-Signature", "v=1"}})), settings).empty());
}

TEST_CASE("the media type tells whether there can be plain text") {
    struct Row {
        std::string_view type;
        PlainText want;
    };
    const std::vector<Row> rows{
        {"text/plain", PlainText::Present},
        {"TEXT/PLAIN; charset=utf-8", PlainText::Present},
        {"", PlainText::Present},
        {"text/html", PlainText::Absent},
        {"text/html; charset=utf-8", PlainText::Absent},
        {"image/png", PlainText::Absent},
        {"multipart/alternative; boundary=x", PlainText::Unknown},
        {"multipart/mixed; boundary=x", PlainText::Unknown},
    };
    for (const Row& row : rows) {
        CAPTURE(row.type);
        const MessageFacts facts =
            message_facts(good_header({{"Content-Type", std::string(row.type)}}));
        CHECK(facts.plain_text == row.want);
        CHECK(names_of(facts, {}) ==
              (row.want == PlainText::Absent ? Names{"missing-plain-text"} : Names{}));
    }
    CHECK(message_facts(good_header({})).plain_text == PlainText::Present);
}

TEST_CASE("Reply-To names mailboxes whose domains take mail; unknown is not invalid") {
    struct Row {
        RouteKind route;
        bool unusable;
    };
    const std::vector<Row> rows{
        {RouteKind::Mx, false},
        {RouteKind::Implicit, false},
        {RouteKind::Local, false},
        {RouteKind::Unresolved, false},
        {RouteKind::NoSuchDomain, true},
        {RouteKind::NoMailHost, true},
        {RouteKind::NullMx, true},
        {RouteKind::UnusableMx, true},
    };
    const mail::HeaderList headers = good_header({{"Reply-To", "a@good.test, B <b@x.test>"}});
    const auto mailboxes = reply_recipients(headers);
    REQUIRE(mailboxes.size() == 2);
    for (const Row& row : rows) {
        MessageFacts facts = message_facts(headers);
        for (const mail::Recipient& mailbox : mailboxes) {
            RecipientFacts each{.syntax = mailbox.syntax, .route = {}, .suppression = {}};
            each.route = MailRoute{
                .kind = facts.reply_to.empty() ? RouteKind::Mx : row.route, .hosts = {}, .why = {}};
            facts.reply_to.push_back(each);
        }
        CHECK(names_of(facts, {}) == (row.unusable ? Names{"unusable-reply-to"} : Names{}));
    }
    CHECK(names_of(message_facts(good_header({{"Reply-To", "the team"}})), {}) ==
          Names{"unusable-reply-to"});
    CHECK(reply_recipients(good_header({{"Reply-To", "a@a.test,b@b.test,c@c.test,d@d.test"}}))
              .size() == kMostReplyTo);
}

TEST_CASE("a graver finding about the recipient decides, and all tags are named") {
    const config::Settings settings;
    RecipientFacts recipient{.syntax = mail::Address::parse("a@x.test", mail::Smtputf8::No),
                             .route = MailRoute{.kind = RouteKind::NullMx, .hosts = {}, .why = {}},
                             .suppression = {}};
    const auto about_message =
        compliance_findings(message_facts(header({{"Content-Type", "text/html"}})), settings);
    REQUIRE(about_message.size() == 2);

    const Verdict held =
        judge(all_findings(recipient, about_message, settings), Stream::Bulk, settings.policy);
    CHECK(held.action == config::PolicyAction::Hold);
    CHECK(held.finding->name == FindingName::NullMx);

    recipient.route->kind = RouteKind::Mx;
    const Verdict tagged =
        judge(all_findings(recipient, about_message, settings), Stream::Bulk, settings.policy);
    CHECK(tagged.action == config::PolicyAction::Tag);
    CHECK(tagged.tags ==
          std::vector{FindingName::MissingUnsubscribe, FindingName::MissingPlainText});

    recipient.allowed_by_store = true;
    CHECK(all_findings(recipient, about_message, settings).empty());
}

TEST_CASE("by default, only bulk mail to many is looked at") {
    config::PolicySettings policy;
    CHECK(looks_at_message(Stream::Bulk, SentTo::List, policy));
    CHECK(looks_at_message(Stream::Bulk, SentTo::Many, policy));
    CHECK_FALSE(looks_at_message(Stream::Bulk, SentTo::Person, policy));
    CHECK_FALSE(looks_at_message(Stream::Direct, SentTo::Person, policy));
    CHECK_FALSE(looks_at_message(Stream::Direct, SentTo::List, policy));
    policy.direct.set(FindingName::ForeignFrom, config::PolicyAction::Hold);
    CHECK(looks_at_message(Stream::Direct, SentTo::Person, policy));
    CHECK(looks_at_message(Stream::Bulk, SentTo::Person, policy));
    policy.direct.set(FindingName::ForeignFrom, config::PolicyAction::Pass);
    policy.direct.set(FindingName::UnalignedFrom, config::PolicyAction::Tag);
    CHECK(looks_at_message(Stream::Direct, SentTo::Person, policy));
}

}  // namespace holdback::outbound
