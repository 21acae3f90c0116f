// SPDX-License-Identifier: Apache-2.0
#include "flow/notices/notice_flow.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "dsn/message_view.hpp"
#include "dsn/seal.hpp"
#include "flow/held/release_flow.hpp"
#include "flow/held/send_as.hpp"
#include "flow/notices/notice_reader.hpp"
#include "flow/notices/notice_replies.hpp"
#include "flow/own_mail.hpp"
#include "flow/own_name.hpp"
#include "flow/own_senders.hpp"
#include "flow/snapshot.hpp"
#include "flow/submitting.hpp"
#include "letters/notice.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "mail/smtp_reply.hpp"
#include "mail/syntax.hpp"
#include "ports/held_acts.hpp"
#include "ports/held_store.hpp"
#include "ports/message_reader.hpp"
#include "ports/submitter.hpp"
#include "terms/failure_code.hpp"
#include "terms/held.hpp"
#include "terms/held_finding.hpp"
#include "terms/suppression.hpp"
#include "tests/support/memory_notices.hpp"
#include "tests/support/memory_stores.hpp"
#include "tests/support/one_route.hpp"
#include "tests/support/small_snapshot.hpp"
#include "tests/support/zone_resolver.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace holdback::flow::notices {

namespace {

/// Reads a message of one text part, as it is.
class PlainReader final : public ports::MessageReader {
public:
    [[nodiscard]] dsn::MessageView read(std::string_view octets) const override {
        std::string text;
        for (const char c : octets) {
            text += c == '\r' ? "" : std::string(1, c);
        }
        const mail::ParsedHeader header = mail::parse_header(text, 100'000);
        dsn::MessageView view;
        view.headers = header.fields;
        view.subject = header.fields.first("Subject").value_or("");
        view.media_type = "text/plain";
        dsn::MessagePart part;
        part.media_type = "text/plain";
        part.text = text.substr(header.body);
        view.parts.push_back(std::move(part));
        return view;
    }
};

struct Forward final : ports::Submitter {
    explicit Forward(support::FakeSubmitter& to) : target(to) {}
    std::vector<ports::RecipientOutcome> submit(const ports::Submission& submission,
                                                core::SteadyPoint deadline) override {
        return target.submit(submission, deadline);
    }
    support::FakeSubmitter& target;
};

mail::EnvelopeSender sender_named(std::string_view text) {
    if (text.empty()) {
        return mail::NullSender{};
    }
    return mail::Address::parse(text, mail::Smtputf8::No).value().value;
}

/// The two flows with fakes behind the ports. News sends as user "news".
struct House {
    House() {
        settings.mode = config::Mode::Enforce;
        settings.notice.address = "holdback@home.test";
        settings.notice.collect = std::chrono::minutes(10);
        settings.notice.budget = {.count = 5, .window = std::chrono::days(1)};
        keys.push_back({.id = {1}, .secret = {7}, .made = clock.now()});
    }

    /// Holds one message for these recipients, and has it sent on to the good ones.
    void hold(const std::vector<std::string>& to,
              std::string campaign = "spring",
              const std::string& finding = "null-mx",
              std::string sender = "news@home.test",
              std::string user = "news",
              const std::vector<std::string>& good = {}) {
        terms::HeldMessage message;
        message.sender = std::move(sender);
        message.user = std::move(user);
        message.campaign = std::move(campaign);
        message.subject = "Spring news";
        message.held_at = clock.now();
        auto writer = spool.begin().value();
        REQUIRE(writer
                    ->append(fmt::format("{}Subject: Spring news\r\n\r\nHello\r\n",
                                         from.empty() ? "" : fmt::format("From: {}\r\n", from)))
                    .has_value());
        message = writer->commit(std::move(message), {}).value();
        std::vector<terms::HeldRecipient> rows;
        for (const std::string& address : to) {
            terms::HeldRecipient row;
            row.address = address;
            row.finding = terms::HeldFinding::parse(finding);
            row.reason = "it takes no mail";
            row.suggestion = suggestion;
            row.tell = true;
            row.expires_at = clock.now() + std::chrono::days(7);
            rows.push_back(std::move(row));
        }
        for (const std::string& address : good) {
            terms::HeldRecipient row;
            row.address = address;
            row.finding = terms::HeldFinding();
            row.reason = "it is good";
            row.release_at = clock.now();
            rows.push_back(std::move(row));
        }
        REQUIRE(ports::hold(held, message, rows).has_value());
    }

    /// Our own mails that were made, by their octets.
    std::vector<std::string> own_mails() {
        std::vector<std::string> mails;
        REQUIRE(held.list({},
                          [&](const ports::HeldItem& item) {
                              if (item.message.kind == terms::HeldKind::Own) {
                                  mails.push_back(item.recipient.address + "\n" +
                                                  spool.octets(item.message.spool_id).value());
                              }
                              return true;
                          })
                    .has_value());
        return mails;
    }

    terms::HeldState state(std::int64_t id) {
        terms::HeldState found{};
        ports::HeldFilter filter;
        filter.ids = {id};
        REQUIRE(held.list(filter,
                          [&](const ports::HeldItem& item) {
                              found = item.recipient.state;
                              return true;
                          })
                    .has_value());
        return found;
    }

    /// Makes the notice that is due and gives its subject, which has the token.
    std::string notice_subject() {
        clock.advance(std::chrono::minutes(10));
        notices.work(settings);
        const std::vector<std::string> mails = own_mails();
        REQUIRE_FALSE(mails.empty());
        const std::string& mail = mails.back();
        const std::size_t begin = mail.find("[hbn-");
        REQUIRE(begin != std::string::npos);
        return "Re: " + mail.substr(begin, 38);
    }

    using Fields = std::vector<std::pair<std::string, std::string>>;

    /// An answer from the authenticated user by this MTA, unless told otherwise.
    ReplyFate answer(const std::string& subject,
                     const std::string& text,
                     const Fields& extra = {},
                     std::string user = "news",
                     std::string_view sender = "news@home.test",
                     mail::Direction direction = mail::Direction::Outgoing) {
        mail::HeaderList headers;
        headers.add("Subject", " " + subject);
        headers.add("Message-ID", fmt::format(" <{}@home.test>", ++answers));
        for (const auto& [name, value] : extra) {
            headers.add(name, " " + value);
        }
        mail::Envelope envelope;
        envelope.sender = sender_named(sender);
        envelope.direction = direction;
        Submitting who;
        who.user = std::move(user);
        if (!replies.may_answer(headers)) {
            return ReplyFate::GoesOn;
        }
        return replies.receive(support::passing_message(settings, envelope, headers, who),
                               headers.text() + "\r\n" + text + "\r\n");
    }

    support::ManualClock clock;
    support::RecordingLog log;
    support::MemoryHeldStore held;
    support::MemorySpool spool;
    support::FakeSubmitter submitter;
    support::MemoryNoticeStore store{held};
    PlainReader reader;
    config::Settings settings;
    dsn::SealKeys keys;
    std::string from;        // the header field of what is held
    std::string suggestion;  // for all that are held
    int ids = 0;
    int answers = 0;
    OwnName own_name{"mta.home.test"};
    SnapshotSource snapshots{support::small_snapshot()};
    OwnMail own_mail{spool, held, clock, own_name, snapshots};
    held::ReleaseFlow release{
        {.held = held,
         .spool = spool,
         .log = log,
         .clock = clock,
         .own_mail = own_mail,
         .make_submitter =
             [this](const config::HoldSettings&) { return std::make_unique<Forward>(submitter); },
         .make_token = [this] { return "token-" + std::to_string(++ids); }}};
    support::OneRoute mta;
    OwnSenders own_senders{{.own_name = own_name, .mta = mta, .clock = clock}};
    NoticeReader reader_of{spool, own_senders};
    support::ZoneResolver resolver;
    support::MemorySuppressionStore suppressions;
    held::SendAs send_as{{.held = held,
                          .resolver = resolver,
                          .suppressions = suppressions,
                          .log = log,
                          .clock = clock}};
    NoticeFlow notices{{.notices = store,
                        .held = held,
                        .reader = reader,
                        .log = log,
                        .clock = clock,
                        .own_mail = own_mail,
                        .release = release,
                        .send_as = send_as,
                        .reader_of = reader_of,
                        .snapshots = snapshots,
                        .keys = [this] { return keys; },
                        .make_id = [this] { return fmt::format("{:012x}", ++ids); }}};
    NoticeReplies replies{{.notices = store,
                           .reader = reader,
                           .log = log,
                           .clock = clock,
                           .keys = [this] { return keys; },
                           .own_name = own_name,
                           .snapshots = snapshots}};
};

bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

}  // namespace

TEST_CASE("a sender gets one notice a campaign, when the time for collecting is over") {
    House house;
    house.hold({"a@nullmx.test", "b@nullmx.test"});
    house.clock.advance(std::chrono::minutes(9));
    house.hold({"c@nullmx.test"});
    house.notices.work(house.settings);
    CHECK(house.own_mails().empty());
    house.clock.advance(std::chrono::minutes(1));
    house.hold({"d@nullmx.test"}, "summer");
    house.notices.work(house.settings);
    house.notices.work(house.settings);
    const auto mails = house.own_mails();
    REQUIRE(mails.size() == 1);
    CHECK(mails[0].starts_with("news@home.test\n"));
    CHECK(has(mails[0], "   3  c@nullmx.test\r\n"));
    CHECK_FALSE(has(mails[0], "d@nullmx.test"));
    CHECK(
        house.log.has("decision flow=notice notice=\"000000000001\" sender=\"news@home.test\" "
                      "verdict=sent reason=none items=3"));
    house.clock.advance(std::chrono::minutes(10));
    house.notices.work(house.settings);
    REQUIRE(house.own_mails().size() == 2);
    CHECK(has(house.own_mails()[1], "   1  d@nullmx.test\r\n"));
}

TEST_CASE("a notice names the good recipients of its messages whom the MTA refused") {
    House house;
    house.hold({"a@nullmx.test"},
               "spring",
               "null-mx",
               "news@home.test",
               "news",
               {"eva@good.test", "ida@good.test"});
    house.submitter.answer(
        "eva@good.test", ports::Refused{mail::SmtpReply::parse("550 5.1.1 no such user").value()});
    house.release.work(house.settings.hold);
    CHECK(house.state(2) == terms::HeldState::Returned);
    CHECK(house.state(3) == terms::HeldState::Released);
    house.clock.advance(std::chrono::minutes(10));
    house.notices.work(house.settings);
    const std::string mail = house.own_mails().back();
    CHECK(has(mail, "   1  a@nullmx.test\r\n"));
    CHECK(has(mail, "      eva@good.test\r\n      Why: 550 5.1.1 no such user.\r\n"));
    CHECK_FALSE(has(mail, "ida@good.test"));
}

TEST_CASE("senders and users are told apart") {
    House house;
    house.hold({"a@nullmx.test"});
    house.hold({"b@nullmx.test"}, "spring", "null-mx", "joe@home.test", "joe");
    house.hold({"c@nullmx.test"}, "spring", "null-mx", "news@home.test", "other");
    house.clock.advance(std::chrono::minutes(10));
    house.notices.work(house.settings);
    CHECK(house.own_mails().size() == 3);
}

TEST_CASE("a sender with another address for each recipient gets one notice") {
    House house;
    const auto verp = [&](std::string_view name) {
        house.hold({fmt::format("{}@nullmx.test", name)},
                   "spring",
                   "null-mx",
                   fmt::format("bounces+{}=nullmx.test@home.test", name));
    };
    verp("ann");
    house.hold({"x@nullmx.test"}, "spring", "null-mx", "app-12@home.test");
    house.hold({"y@nullmx.test"}, "spring", "null-mx", "app-13@home.test");
    house.clock.advance(std::chrono::minutes(9));
    verp("bob");  // not due by itself
    house.hold({"c@nullmx.test"}, "spring", "null-mx", "bounces+c=nullmx.test@home.test", "other");
    house.clock.advance(std::chrono::minutes(1));
    house.notices.work(house.settings);
    const auto mails = house.own_mails();
    REQUIRE(mails.size() == 3);  // two numbers may be two people
    const auto of_robot = std::ranges::find_if(
        mails, [](const std::string& mail) { return mail.starts_with("bounces+"); });
    REQUIRE(of_robot != mails.end());
    CHECK(of_robot->starts_with("bounces+ann=nullmx.test@home.test\n"));
    CHECK(has(*of_robot, "   1  ann@nullmx.test\r\n"));
    CHECK(has(*of_robot, "   2  bob@nullmx.test\r\n"));
    CHECK_FALSE(has(*of_robot, "c@nullmx.test"));
    const std::size_t begin = of_robot->find("[hbn-");
    CHECK(house.answer("Re: " + of_robot->substr(begin, 38), "release all") == ReplyFate::Taken);
    house.notices.work(house.settings);
    CHECK(house.submitter.seen().size() == 2);
    house.clock.advance(std::chrono::minutes(10));
    house.notices.work(house.settings);  // the other user's
    CHECK(has(house.own_mails().back(), "   1  c@nullmx.test\r\n"));
}

TEST_CASE("a notice goes where the settings send it, and never to a stranger in From") {
    struct Row {
        std::string_view what;
        config::NoticeTarget to;
        std::string user;
        std::string from;
        std::string_view want;
    };
    using enum config::NoticeTo;
    const std::vector<Row> rows{
        {"the sender", {.to = Sender, .address = {}}, "news", "boss@home.test", "news@home.test"},
        {"a user name", {.to = User, .address = {}}, "news", "", "news@mta.home.test"},
        {"a user's address", {.to = User, .address = {}}, "bo@b.test", "", "bo@b.test"},
        {"no user", {.to = User, .address = {}}, "", "", "news@home.test"},
        {"no name for an address", {.to = User, .address = {}}, "a b", "", "news@home.test"},
        {"From", {.to = From, .address = {}}, "news", "Boss <boss@home.test>", "boss@home.test"},
        {"a stranger in From", {.to = From, .address = {}}, "news", "x@b.test", "news@home.test"},
        {"two in From",
         {.to = From, .address = {}},
         "news",
         "boss@home.test, x@home.test",
         "news@home.test"},
        {"no From", {.to = From, .address = {}}, "news", "", "news@home.test"},
        {"an address", {.to = Fixed, .address = "m@b.test"}, "news", "", "m@b.test"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        House house;
        house.settings.outgoing.own_domains = {"home.test"};
        house.settings.notice.to = row.to;
        house.from = row.from;
        house.hold({"a@nullmx.test"}, "spring", "null-mx", "news@home.test", row.user);
        house.clock.advance(std::chrono::minutes(10));
        house.notices.work(house.settings);
        REQUIRE(house.own_mails().size() == 1);
        const std::string mail = house.own_mails().front();
        CHECK(mail.starts_with(std::string(row.want) + "\n"));
        CHECK(house.log.has(fmt::format("to=\"{}\"", row.want)));
        CHECK(has(mail, "Only the user news, logged in, can do that.") ==
              (row.want != "news@home.test" && row.user == "news"));
    }
    House house;
    house.settings.notice.to_by_sender = {
        {.pattern = ".home.test", .value = {.to = Fixed, .address = "m@b.test"}}};
    house.hold({"a@nullmx.test"});
    house.clock.advance(std::chrono::minutes(10));
    house.notices.work(house.settings);
    CHECK(house.own_mails().front().starts_with("m@b.test\n"));
}

TEST_CASE("a notice offers what is left of the budget, and an answer beyond it says whom to ask") {
    House house;
    house.settings.notice.contact = "the help desk";
    house.hold({"a@nullmx.test", "b@nullmx.test", "c@nullmx.test"});
    const std::string first = house.notice_subject();
    CHECK(has(house.own_mails().back(), "release all"));
    CHECK(house.answer(first, "release all") == ReplyFate::Taken);
    house.notices.work(house.settings);
    house.hold({"d@nullmx.test", "e@nullmx.test", "f@nullmx.test"}, "summer");
    const std::string second = house.notice_subject();
    CHECK_FALSE(has(house.own_mails().back(), "release all"));
    CHECK(has(house.own_mails().back(), "You can release 2"));
    CHECK(house.answer(second, "release all") == ReplyFate::Taken);
    house.notices.work(house.settings);
    CHECK(has(house.own_mails().back(), "ask the help desk"));
    CHECK(house.submitter.seen().size() == 1);
}

TEST_CASE("an answer sends a copy to the address that the notice suggests, and to no other") {
    House house;
    house.resolver.set("gmail.test", support::ZoneState::Good);
    house.suggestion = "bo@gmail.test";
    house.hold({"bo@gmial.test", "x@gmial.test"}, "spring", "misspelled-domain");
    const std::string subject = house.notice_subject();
    const auto say = [&](const std::string& text) {
        CHECK(house.answer(subject, text) == ReplyFate::Taken);
        house.notices.work(house.settings);
        return house.own_mails().back();
    };
    CHECK(has(say("release 1 as evil@b.test"), "still held: it can go to bo@gmail.test alone"));
    CHECK(house.submitter.seen().empty());
    SUBCASE("taken up") {
        CHECK(has(say("release 1 as Bo@gmail.test"), "sent to bo@gmail.test"));
        REQUIRE(house.submitter.seen().size() == 1);
        const support::SeenSubmission seen = house.submitter.seen().front();
        CHECK(seen.recipients.front().address == "bo@gmail.test");
        CHECK(has(seen.octets, "Subject: Spring news\r\n\r\nHello\r\n"));
        CHECK(house.state(1) == terms::HeldState::Released);
        CHECK(house.state(2) == terms::HeldState::Held);
        CHECK(
            house.log.has("decision flow=readdress item=1 sender=\"news@home.test\" "
                          "rcpt=\"bo@gmial.test\" to=\"bo@gmail.test\" "
                          "by=\"notice: answer of news@home.test\""));
        // The message would go there twice.
        CHECK(has(say("release 2 as bo@gmail.test"), "still held: its message goes"));
        CHECK(house.store.used("user news", house.settings.notice.budget, house.clock.now()) == 1U);
    }
    SUBCASE("not to who wants no mail") {
        terms::SuppressionEntry entry;
        entry.subject = "bo@gmail.test";
        entry.reason = terms::SuppressionReason::Bounce;
        entry.code = terms::FailureCode(2001);
        REQUIRE(house.suppressions.put(entry).has_value());
        CHECK(has(say("release 1 as bo@gmail.test"), "still held: bo@gmail.test: "));
        CHECK(house.submitter.seen().empty());
    }
    SUBCASE("not beyond the budget") {
        house.settings.notice.budget.count = 0;
        CHECK(has(say("release 1 as bo@gmail.test"), "Not done: 1 to be released"));
        CHECK(house.submitter.seen().empty());
        CHECK_FALSE(house.log.has("flow=readdress"));
    }
    SUBCASE("nothing suggested") {
        house.suggestion.clear();
        house.hold({"y@gmial.test"}, "summer", "misspelled-domain");
        const std::string other = house.notice_subject();
        CHECK(house.answer(other, "release 1 as bo@gmail.test") == ReplyFate::Taken);
        house.notices.work(house.settings);
        CHECK(has(house.own_mails().back(), "the notice names no other address"));
    }
}

TEST_CASE("a notice that cannot be made is made later, and once") {
    House house;
    house.hold({"a@nullmx.test"});
    house.clock.advance(std::chrono::minutes(10));
    house.spool.write_trouble().begin("disk full");
    house.notices.work(house.settings);
    CHECK(house.own_mails().empty());
    CHECK(house.log.has("notice: \"disk full\""));
    house.spool.write_trouble().end();
    house.store.trouble().begin("locked", 2);  // finds the group, and cannot note the notice
    house.notices.work(house.settings);
    CHECK(house.own_mails().empty());
    house.store.trouble().end();
    house.notices.work(house.settings);
    house.notices.work(house.settings);
    CHECK(house.own_mails().size() == 1);
}

TEST_CASE("nobody is told in shadow mode or when notices are off, nor later") {
    House house;
    house.hold({"a@nullmx.test"});
    house.clock.advance(std::chrono::minutes(10));
    SUBCASE("shadow") {
        house.settings.mode = config::Mode::Shadow;
    }
    SUBCASE("off") {
        house.settings.notice.enabled = false;
    }
    house.notices.work(house.settings);
    house.settings.mode = config::Mode::Enforce;
    house.settings.notice.enabled = true;
    house.notices.work(house.settings);
    CHECK(house.own_mails().empty());
}

TEST_CASE("an answer releases some, discards others, and is confirmed") {
    House house;
    house.hold({"a@nullmx.test", "b@nullmx.test", "c@nullmx.test", "d@nullmx.test"});
    const std::string subject = house.notice_subject();
    CHECK(house.answer(subject, "release 1 3 9\ndiscard 2\n\n> release all") == ReplyFate::Taken);
    CHECK(house.log.has("verdict=accepted reason=none items=3"));
    house.notices.work(house.settings);
    CHECK(house.state(1) == terms::HeldState::Released);
    CHECK(house.state(2) == terms::HeldState::Discarded);
    CHECK(house.state(3) == terms::HeldState::Released);
    CHECK(house.state(4) == terms::HeldState::Held);
    CHECK(house.log.has("cause=\"notice: answer of news@home.test\""));
    const auto mails = house.own_mails();
    REQUIRE(mails.size() == 2);
    CHECK(mails[1].starts_with("news@home.test\n"));
    CHECK(has(mails[1],
              "   1  a@nullmx.test\r\n      sent\r\n   2  b@nullmx.test\r\n      discarded\r\n"
              "   3  c@nullmx.test\r\n      sent\r\n\r\n"
              "Not done: 9: the notice has the numbers 1 to 4\r\n"));
    CHECK(has(mails[1], "Auto-Submitted: auto-replied\r\n"));
    CHECK_FALSE(has(mails[1], "hbn-"));
    house.notices.work(house.settings);
    CHECK(house.own_mails().size() == 2);
}

TEST_CASE("the same answer again is obeyed and confirmed once") {
    House house;
    house.hold({"a@nullmx.test"});
    const std::string subject = house.notice_subject();
    CHECK(house.answer(subject, "release 1") == ReplyFate::Taken);
    --house.answers;  // the client tries again after a lost reply
    CHECK(house.answer(subject, "release 1") == ReplyFate::Taken);
    house.notices.work(house.settings);
    CHECK(house.own_mails().size() == 2);
    CHECK(house.answer(subject, "release all") == ReplyFate::Taken);
    house.notices.work(house.settings);
    REQUIRE(house.own_mails().size() == 3);
    CHECK(has(house.own_mails()[2], "a@nullmx.test\r\n      sent already\r\n"));
    CHECK(house.submitter.seen().size() == 1);
}

TEST_CASE("who may answer") {
    House house;
    house.hold({"a@nullmx.test"});
    std::string refused;
    std::string told = "news@home.test";
    SUBCASE("another user, by default") {
        const std::string subject = house.notice_subject();
        CHECK(house.answer(subject, "release 1", {}, "joe", "joe@home.test") == ReplyFate::Taken);
        refused = "other-user";
        told = "joe@home.test";
    }
    SUBCASE("nobody known, from outside: the sender of the mail is told") {
        const std::string subject = house.notice_subject();
        CHECK(
            house.answer(
                subject, "release 1", {}, "", "victim@elsewhere.test", mail::Direction::Inbound) ==
            ReplyFate::Taken);
        refused = "other-user";
    }
    SUBCASE("another sender") {
        house.settings.notice.reply_by = config::ReplyBy::Sender;
        const std::string subject = house.notice_subject();
        CHECK(house.answer(subject, "release 1", {}, "", "joe@home.test") == ReplyFate::Taken);
        refused = "other-sender";
        told = "joe@home.test";
    }
    SUBCASE("the right sender, from outside") {
        house.settings.notice.reply_by = config::ReplyBy::Sender;
        const std::string subject = house.notice_subject();
        CHECK(house.answer(
                  subject, "release 1", {}, "", "news@home.test", mail::Direction::Inbound) ==
              ReplyFate::Taken);
        refused = "other-sender";
    }
    SUBCASE("the sender") {
        house.settings.notice.reply_by = config::ReplyBy::Sender;
        const std::string subject = house.notice_subject();
        CHECK(house.answer(subject, "release 1", {}, "", "News@home.test") == ReplyFate::Taken);
        told = "News@home.test";
    }
    SUBCASE("anybody with the token") {
        house.settings.notice.reply_by = config::ReplyBy::Token;
        const std::string subject = house.notice_subject();
        CHECK(house.answer(
                  subject, "release 1", {}, "", "x@elsewhere.test", mail::Direction::Inbound) ==
              ReplyFate::Taken);
    }
    house.notices.work(house.settings);
    CHECK(house.state(1) ==
          (refused.empty() ? terms::HeldState::Released : terms::HeldState::Held));
    CHECK(
        house.log.has(refused.empty() ? "verdict=accepted" : "verdict=refused reason=" + refused));
    REQUIRE(house.own_mails().size() == 2);
    CHECK(house.own_mails()[1].starts_with(told + "\n"));
    CHECK(has(house.own_mails()[1], refused.empty() ? "sent\r\n" : "Nothing was done: "));
}

TEST_CASE("mail without a user is not released by an answer") {
    House house;
    house.hold({"a@nullmx.test"}, "spring", "null-mx", "news@home.test", "");
    const std::string subject = house.notice_subject();
    CHECK(house.answer(subject, "release 1", {}, "") == ReplyFate::Taken);
    house.notices.work(house.settings);
    CHECK(house.state(1) == terms::HeldState::Held);
    CHECK(house.log.has("verdict=refused reason=no-user"));
}

TEST_CASE("an altered token, and one of a stranger's making, are none: the mail goes on") {
    House house;
    house.hold({"a@nullmx.test"});
    std::string subject = house.notice_subject();
    char& digit = subject[subject.size() - 2];
    digit = digit == '0' ? '1' : '0';
    CHECK(house.answer(subject, "release all") == ReplyFate::GoesOn);
    CHECK(house.log.has("verdict=ignored reason=unknown-token"));
    CHECK(house.answer("Re: [hbn-" + std::string(32, '0') + "]", "release all") ==
          ReplyFate::GoesOn);
    CHECK(house.answer("release all", "release all") == ReplyFate::GoesOn);
    house.notices.work(house.settings);
    CHECK(house.state(1) == terms::HeldState::Held);
    CHECK(house.own_mails().size() == 1);
}

TEST_CASE("the token may come back in the references alone, and in an encoded subject") {
    House house;
    house.hold({"a@nullmx.test"});
    const std::string subject = house.notice_subject();
    const std::string token = subject.substr(5, 36);
    CHECK(house.answer("Re: held", "release 1", {{"In-Reply-To", "<" + token + "@x>"}}) ==
          ReplyFate::Taken);
    CHECK(house.answer("Re: held", "release 1", {{"References", "<a@b> <" + token + "@x>"}}) ==
          ReplyFate::Taken);
}

TEST_CASE("automatic answers do nothing, get no answer, and go on") {
    House house;
    house.hold({"a@nullmx.test"});
    const std::string subject = house.notice_subject();
    const std::string text = "release all";
    CHECK(house.answer(subject, text, {}, "news", "") == ReplyFate::GoesOn);
    CHECK(house.answer(subject, text, {{"Auto-Submitted", "auto-replied"}}) == ReplyFate::GoesOn);
    CHECK(house.answer(subject, text, {{"Auto-Submitted", "auto-generated"}}) == ReplyFate::GoesOn);
    CHECK(house.answer(subject, text, {{"Precedence", "bulk"}}) == ReplyFate::GoesOn);
    CHECK(house.answer(subject, text, {{"Precedence", "auto_reply"}}) == ReplyFate::GoesOn);
    CHECK(house.answer(subject, text, {{"X-Autoreply", "yes"}}) == ReplyFate::GoesOn);
    CHECK(house.answer(subject, text, {{"List-Id", "<x.test>"}}) == ReplyFate::GoesOn);
    CHECK(house.answer("Automatic reply: " + subject, text) == ReplyFate::GoesOn);
    CHECK(house.answer("Out of office: " + subject, text) == ReplyFate::GoesOn);
    house.notices.work(house.settings);
    CHECK(house.state(1) == terms::HeldState::Held);
    CHECK(house.own_mails().size() == 1);
    CHECK(house.log.has("verdict=ignored reason=automatic"));
}

TEST_CASE("a letter without a command goes on") {
    House house;
    house.hold({"a@nullmx.test"});
    const std::string subject = house.notice_subject();
    CHECK(house.answer(subject, "Why is that?\n\n> release all") == ReplyFate::GoesOn);
    house.notices.work(house.settings);
    CHECK(house.own_mails().size() == 1);
}

TEST_CASE("who has a token makes no letter to the sender out of each of his own") {
    House house;
    house.hold({"a@nullmx.test"});
    const std::string subject = house.notice_subject();
    const auto outsider = [&] {
        return house.answer(
            subject, "release 1", {}, "", "mallory@evil.test", mail::Direction::Inbound);
    };
    CHECK(outsider() == ReplyFate::Taken);
    for (int i = 0; i < 40; ++i) {
        CHECK(outsider() == ReplyFate::GoesOn);
    }
    house.notices.work(house.settings);
    CHECK(house.own_mails().size() == 2);
    CHECK(house.state(1) == terms::HeldState::Held);
    CHECK(house.log.has("verdict=ignored reason=too-many-answers"));
    // The sender himself is heard all the same.
    CHECK(house.answer(subject, "release 1") == ReplyFate::Taken);
    house.notices.work(house.settings);
    CHECK(house.own_mails().size() == 3);
    CHECK(house.state(1) == terms::HeldState::Released);
}

TEST_CASE("our mails and what machines make of them cannot go on for ever") {
    House house;
    house.hold({"a@nullmx.test"});
    const std::string subject = house.notice_subject();
    REQUIRE(house.answer(subject, "release 1") == ReplyFate::Taken);
    house.notices.work(house.settings);
    REQUIRE(house.own_mails().size() == 2);
    for (const std::string& mail : house.own_mails()) {
        const std::string octets = mail.substr(mail.find('\n') + 1);
        std::string lines;
        for (const char c : octets) {
            lines += c == '\r' ? "" : std::string(1, c);
        }
        const mail::HeaderList headers = mail::parse_header(lines, 100'000).fields;
        const mail::Envelope envelope;  // the null sender
        // A second Holdback that holds it tells nobody; one that gets it takes it for no answer.
        CHECK_FALSE(letters::is_told_of(envelope, headers));
        const Submitting who;
        if (house.replies.may_answer(headers)) {
            CHECK(house.replies.receive(
                      support::passing_message(house.settings, envelope, headers, who), octets) ==
                  ReplyFate::GoesOn);
        }
        // A bounce of it, and a vacation that quotes it with its subject and references.
        const std::string token_subject = headers.first("Subject").value_or("");
        const std::string id = headers.first("Message-ID").value_or("");
        CHECK(house.answer("Undelivered Mail Returned to Sender",
                           octets,
                           {{"Content-Type", "multipart/report; report-type=delivery-status"},
                            {"References", id}},
                           "",
                           "") == ReplyFate::GoesOn);
        CHECK(house.answer("Auto: " + token_subject,
                           "I am away.\nrelease all",
                           {{"Auto-Submitted", "auto-replied"}, {"In-Reply-To", id}}) ==
              ReplyFate::GoesOn);
        // A confirmation has no token, so that even a machine that hides its nature gets no second
        // one.
        CHECK(headers.first("Auto-Submitted").value_or("").starts_with("auto-"));
    }
    house.notices.work(house.settings);
    CHECK(house.own_mails().size() == 2);
}

TEST_CASE("the budget of a sender is kept, and the answer says cap, used and when") {
    House house;
    house.hold({"a@nullmx.test", "b@nullmx.test", "c@nullmx.test", "d@nullmx.test"});
    house.hold({"e@nullmx.test", "f@nullmx.test"});
    const std::string subject = house.notice_subject();
    CHECK(house.answer(subject, "release 1-4") == ReplyFate::Taken);
    house.notices.work(house.settings);
    CHECK(house.answer(subject, "release all") == ReplyFate::Taken);
    house.notices.work(house.settings);
    CHECK(house.state(4) == terms::HeldState::Released);
    CHECK(house.state(5) == terms::HeldState::Held);
    CHECK(house.state(6) == terms::HeldState::Held);
    const std::string last = house.own_mails().back();
    CHECK(has(last, "Not done: 2 to be released: 5 recipients in 1 day are allowed,"));
    CHECK(has(last, "so many can be again from"));
    house.clock.advance(std::chrono::days(1));
    CHECK(house.answer(subject, "release all") == ReplyFate::Taken);
    house.notices.work(house.settings);
    CHECK(house.state(6) == terms::HeldState::Released);
}

TEST_CASE("what the MTA refuses does not count against the budget, and the sender is told") {
    House house;
    house.hold({"a@nullmx.test", "b@nullmx.test"});
    house.submitter.answer(
        "a@nullmx.test", ports::Refused{mail::SmtpReply::parse("550 5.1.1 no such user").value()});
    const std::string subject = house.notice_subject();
    CHECK(house.answer(subject, "release all") == ReplyFate::Taken);
    house.notices.work(house.settings);
    CHECK(house.state(1) == terms::HeldState::Held);
    CHECK(house.state(2) == terms::HeldState::Released);
    CHECK(
        has(house.own_mails().back(), "still held: the mail server refused it (550 5.1.1 no such"));
    const auto spent =
        house.store.spend("user news", 4, house.settings.notice.budget, house.clock.now());
    REQUIRE(spent.has_value());
    CHECK(spent->granted);
}

TEST_CASE("an answer that was interrupted does not try again what may have left") {
    House house;
    house.hold({"a@nullmx.test", "b@nullmx.test"});
    const std::string subject = house.notice_subject();
    CHECK(house.answer(subject, "release all") == ReplyFate::Taken);
    // The program began to release the first and ended; at the next start it is in doubt.
    house.clock.advance(std::chrono::seconds(1));
    const std::array<std::int64_t, 1> first{1};
    REQUIRE(ports::begin_release(
                house.held, first, ports::InDoubt::LeaveAlone, "hash", "notice", house.clock.now())
                .has_value());
    const std::array ends{ports::ReleaseEnd{.id = 1,
                                            .what = ports::ReleaseEnd::What::Unknown,
                                            .answer = "check its log",
                                            .retry_at = std::nullopt}};
    REQUIRE(ports::settle(house.held, ends, house.clock.now()).has_value());
    house.notices.work(house.settings);
    CHECK(house.state(1) == terms::HeldState::Held);
    CHECK(house.state(2) == terms::HeldState::Released);
    CHECK(house.submitter.seen().size() == 1);
    constexpr std::string_view kToldSo = "still held: it may have been sent already";
    CHECK(has(house.own_mails().back(), kToldSo));
    // A new answer changes nothing: its sender can't know either.
    house.clock.advance(std::chrono::seconds(1));
    const std::size_t mails = house.own_mails().size();
    CHECK(house.answer(subject, "release 1") == ReplyFate::Taken);
    house.notices.work(house.settings);
    CHECK(house.state(1) == terms::HeldState::Held);
    CHECK(house.submitter.seen().size() == 1);
    REQUIRE(house.own_mails().size() == mails + 1);
    CHECK(has(house.own_mails().back(), kToldSo));
}

TEST_CASE("what the administrator blocked is not released by an answer") {
    House house;
    house.hold({"a@nullmx.test"}, "spring", "blocked-by-admin");
    const std::string subject = house.notice_subject();
    CHECK(house.answer(subject, "release all") == ReplyFate::Taken);
    house.notices.work(house.settings);
    CHECK(house.state(1) == terms::HeldState::Held);
    CHECK(has(house.own_mails().back(), "the mail administrator blocked it"));
}

TEST_CASE("the rest of a stopped campaign belongs to its one notice") {
    House house;
    house.hold({"a@nullmx.test"});
    house.hold({"b@good.test"}, "spring", "campaign-stopped");
    const std::string subject = house.notice_subject();
    CHECK(has(house.own_mails().back(), "Your campaign was stopped as a whole."));
    house.hold({"c@good.test", "d@good.test"}, "spring", "campaign-stopped");
    house.clock.advance(std::chrono::minutes(20));
    house.notices.work(house.settings);
    CHECK(house.own_mails().size() == 1);
    CHECK(house.answer(subject, "release 2-4\ndiscard 1") == ReplyFate::Taken);
    house.notices.work(house.settings);
    CHECK(house.state(1) == terms::HeldState::Discarded);
    for (const std::int64_t id : {2, 4, 5}) {
        CAPTURE(id);
        CHECK(house.state(id) == terms::HeldState::Released);
    }
}

TEST_CASE("without a key there are no notices, and the log says so once") {
    House house;
    house.keys.clear();
    house.hold({"a@nullmx.test"});
    house.clock.advance(std::chrono::minutes(10));
    house.notices.work(house.settings);
    house.notices.work(house.settings);
    CHECK(house.own_mails().empty());
    CHECK(house.log.lines().size() == 1);
}

}  // namespace holdback::flow::notices
