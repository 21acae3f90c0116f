// SPDX-License-Identifier: Apache-2.0
#include "config/settings.hpp"

#include "config/policy.hpp"
#include "mail/address.hpp"
#include "mail/ip_address.hpp"
#include "mail/syntax.hpp"
#include "terms/finding.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::config {
namespace {

TEST_CASE("the defaults are those of the manual, and free of contradictions") {
    const Settings settings;
    CHECK(settings.mode == Mode::Shadow);
    REQUIRE(settings.outgoing.networks.size() == 2);
    CHECK(settings.outgoing.networks.at(0).text() == "127.0.0.0/8");
    CHECK(settings.outgoing.networks.at(1).text() == "::1");
    CHECK(validate(settings).empty());
}

TEST_CASE("domains of feedback loops do nothing without their senders") {
    Settings settings;
    CHECK(without_effect(settings).empty());
    settings.learn.feedback_domains = {"example.net"};
    REQUIRE(without_effect(settings).size() == 1);
    CHECK(without_effect(settings).front().key == "learn.feedback_domains");
    settings.learn.feedback_senders = {"feedback@example.net"};
    CHECK(without_effect(settings).empty());
}

TEST_CASE("direct mail is of no campaign, whatever is to be done about that") {
    Settings settings;
    settings.policy.bulk.set(terms::FindingName::AlreadySent, PolicyAction::Reject);
    CHECK(without_effect(settings).empty());
    settings.policy.direct.set(terms::FindingName::AlreadySent, PolicyAction::Reject);
    settings.policy.direct.set(terms::FindingName::CampaignStopped, PolicyAction::Hold);
    const std::vector<Contradiction> found = without_effect(settings);
    REQUIRE(found.size() == 2);
    CHECK(found.at(0).key == "policy.direct.already-sent");
    CHECK(found.at(1).key == "policy.direct.campaign-stopped");
}

TEST_CASE("contradictions are found, and name the key to change") {
    struct Row {
        std::string_view what;
        std::function<void(Settings&)> change;
        std::string_view key;
    };
    const std::vector<Row> rows = {
        {"one file for two sockets",
         [](Settings& s) { s.milter.socket = "unix:/run/holdback/control.sock"; },
         "control.socket"},
        {"mail re-injected into the milter itself",
         [](Settings& s) {
             s.milter.socket = "inet:8891@127.0.0.1";
             s.hold.reinject = "smtp:127.0.0.1:8891";
         },
         "hold.reinject"},
        {"the database among the held mail",
         [](Settings& s) { s.store.path = "/var/lib/holdback/held/holdback.db"; },
         "store.path"},
        {"an address for unsubscribing that nobody reads",
         [](Settings& s) { s.unsubscribe.add = "leave@example.org"; },
         "unsubscribe.add"},
        {"a signed address without a key",
         [](Settings& s) {
             s.unsubscribe.addresses = {"leave@example.org"};
             s.unsubscribe.add = "leave@example.org";
             s.seal.enabled = false;
         },
         "unsubscribe.add"},
        {"the log over the database",
         [](Settings& s) { s.log.target = "file:/var/lib/holdback/holdback.db"; },
         "log.target"},
        {"the log among the held mail",
         [](Settings& s) { s.log.target = "file:/var/lib/holdback/held/log"; },
         "log.target"},
        {"allowed and blocked at once",
         [](Settings& s) {
             s.outgoing.allow = {"example.net", "a@example.org"};
             s.outgoing.block = {"a@example.org"};
         },
         "outgoing.block"},
        {"local and reserved at once",
         [](Settings& s) { s.outgoing.local_domains = {"example.com"}; },
         "dns.reserved_domains"},
        {"an answer to RCPT without answers to RCPT",
         [](Settings& s) {
             s.milter.answer_at = AnswerAt::Message;
             s.policy.refuse_at_rcpt = RefuseAtRcpt::Always;
         },
         "policy.refuse_at_rcpt"},
        {"two places for the MTA's log",
         [](Settings& s) {
             s.maillog.file = "/var/log/mail.log";
             s.maillog.journal = true;
         },
         "maillog.journal"},
        {"our own log as the MTA's",
         [](Settings& s) {
             s.maillog.file = "/var/log/mail.log";
             s.log.target = "file:/var/log/mail.log";
         },
         "maillog.file"},
        {"a sender always bulk and always direct",
         [](Settings& s) {
             s.bulk.senders = {"example.org", "news@example.org"};
             s.direct.senders = {"a@example.org", "News@example.org"};
         },
         "direct.senders"},
        {"a user always bulk and always direct",
         [](Settings& s) {
             s.bulk.users = {"shop"};
             s.direct.users = {"Shop"};
         },
         "direct.users"},
        {"a service always bulk and always direct",
         [](Settings& s) { s.bulk.daemons = s.direct.daemons = {"NEWS"}; },
         "direct.daemons"},
        {"a client always bulk and always direct",
         [](Settings& s) {
             s.bulk.clients = s.direct.clients = {mail::Network::parse("192.0.2.0/24").value()};
         },
         "direct.clients"},
        {"a domain with two delimiters",
         [](Settings& s) { s.suppress.delimiter.push_back({'-', "gmail.com"}); },
         "suppress.delimiter"},
        {"learning from nothing", [](Settings& s) { s.learn.from.clear(); }, "learn.from"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        Settings settings;
        row.change(settings);
        const std::vector<Contradiction> found = validate(settings);
        REQUIRE(found.size() == 1);
        CHECK(found.at(0).key == row.key);
        CHECK_FALSE(found.at(0).message.empty());
    }
}

TEST_CASE("what looks like a contradiction and is none is let through") {
    const std::vector<std::function<void(Settings&)>> changes = {
        [](Settings& s) { s.milter.answer_at = AnswerAt::Message; },
        [](Settings& s) { s.store.path = "/var/lib/holdback/held.db"; },
        [](Settings& s) { s.milter.socket = "inet:25@192.0.2.1"; },
        [](Settings& s) {
            s.learn.enabled = false;
            s.learn.from.clear();
        },
    };
    for (const auto& change : changes) {
        Settings settings;
        change(settings);
        CHECK(validate(settings).empty());
    }
}

TEST_CASE("a tag is known where the domain has a delimiter") {
    Settings settings;
    settings.suppress.delimiter.push_back({'-', "lists.test"});
    const auto mailbox = [&](std::string_view text) {
        const auto address = mail::Address::parse(text, mail::Smtputf8::No);
        const auto found = settings.suppress.untagged(address.value().value);
        return found.has_value() ? found->text() : std::string();
    };
    CHECK(mailbox("Bo+Shop@GMail.com") == "Bo@gmail.com");
    CHECK(mailbox("bo+a+b@gmail.com") == "bo@gmail.com");
    CHECK(mailbox("bo-a@lists.test") == "bo@lists.test");
    for (const std::string_view other : {"bo@gmail.com",
                                         "+shop@gmail.com",
                                         "\"b o+shop\"@gmail.com",
                                         "bo-shop@gmail.com",
                                         "bo+shop@mail.gmail.com",
                                         "bo+shop@yahoo.com",
                                         "bo+a@lists.test"}) {
        CAPTURE(other);
        CHECK(mailbox(other).empty());
    }
    settings.suppress.delimiter.clear();
    CHECK(mailbox("bo+shop@gmail.com").empty());
}

TEST_CASE("every choice of the settings has its wire name") {
    CHECK(wire_name(Mode::Shadow) == "shadow");
    CHECK(wire_name(Mode::Enforce) == "enforce");
    CHECK(wire_name(AnswerAt::Recipient) == "recipient");
    CHECK(wire_name(AnswerAt::Message) == "message");
    CHECK(wire_name(RefuseAtRcpt::Authenticated) == "authenticated");
    CHECK(wire_name(RefuseAtRcpt::Always) == "always");
    CHECK(wire_name(RefuseAtRcpt::Never) == "never");
    CHECK(wire_name(AtExpiry::Return) == "return");
    CHECK(wire_name(AtExpiry::Release) == "release");
    CHECK(wire_name(AtExpiry::Discard) == "discard");
    CHECK(wire_name(ErrorAnswer::Accept) == "accept");
    CHECK(wire_name(ErrorAnswer::Tempfail) == "tempfail");
    CHECK(wire_name(ErrorAnswer::Reject) == "reject");
    CHECK(wire_name(LogLevel::Debug) == "debug");
    CHECK(wire_name(LogLevel::Info) == "info");
    CHECK(wire_name(LogLevel::Warning) == "warning");
    CHECK(wire_name(LogLevel::Error) == "error");
}

}  // namespace
}  // namespace holdback::config
