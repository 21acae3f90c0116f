// SPDX-License-Identifier: Apache-2.0
#include "flow/held/release_flow.hpp"

#include "config/limit.hpp"
#include "config/settings.hpp"
#include "core/clock.hpp"
#include "flow/held/auto_release.hpp"
#include "flow/open_answers.hpp"
#include "flow/own_mail.hpp"
#include "flow/own_name.hpp"
#include "flow/sender_limits.hpp"
#include "flow/snapshot.hpp"
#include "limits/limit_set.hpp"
#include "mail/smtp_reply.hpp"
#include "ports/held_acts.hpp"
#include "ports/held_store.hpp"
#include "ports/log.hpp"
#include "ports/submitter.hpp"
#include "terms/failure_code.hpp"
#include "terms/finding.hpp"
#include "terms/held.hpp"
#include "terms/held_finding.hpp"
#include "terms/policy_action.hpp"
#include "terms/suppression.hpp"
#include "tests/support/memory_stores.hpp"
#include "tests/support/memory_usage.hpp"
#include "tests/support/small_snapshot.hpp"
#include "tests/support/zone_resolver.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::flow::held {

namespace {

using namespace std::chrono_literals;
using support::ZoneState;
using What = ItemOutcome::What;

/// Held for a reason of which the tests say no more.
terms::HeldRecipient bad_recipient() {
    terms::HeldRecipient recipient;
    recipient.finding = terms::HeldFinding::parse("bad");
    return recipient;
}

/// Held mail with memory behind its ports.
struct House {
    House()
        : own_mail(spool, held, clock, own_name, snapshots),
          release(
              {.held = held,
               .spool = spool,
               .log = log,
               .clock = clock,
               .own_mail = own_mail,
               .item_left = [this](const ports::HeldItem& item) { limits.item_left(item, tables); },
               .must_wait =
                   [this](const ports::HeldItem& item) {
                       return limits.wait_for_room(item, tables);
                   },
               .may_be_told = [this](const terms::HeldMessage&,
                                     const mail::HeaderList&) { return may_be_told; },
               .make_submitter =
                   [this](const config::HoldSettings&) {
                       return std::make_unique<Forward>(submitter);
                   },
               .make_token = [this] { return "token-" + std::to_string(++tokens); }}),
          auto_release({.held = held,
                        .release = release,
                        .resolver = resolver,
                        .suppressions = suppressions,
                        .log = log,
                        .clock = clock,
                        .limits = &limits}) {
        settings.hold.auto_release = true;
    }

    struct Forward final : ports::Submitter {
        explicit Forward(support::FakeSubmitter& to) : target(to) {}
        std::vector<ports::RecipientOutcome> submit(const ports::Submission& submission,
                                                    core::SteadyPoint deadline) override {
            return target.submit(submission, deadline);
        }
        [[nodiscard]] bool has_one_notify() const override { return target.one_notify; }
        support::FakeSubmitter& target;
    };

    /// Holds one recipient of a message of its own and gives the item's id.
    std::int64_t hold(const std::string& address,
                      terms::HeldRecipient recipient = bad_recipient()) {
        recipient.address = address;
        return hold_all({std::move(recipient)}).front();
    }

    /// Holds the recipients of one message and gives the items' ids.
    std::vector<std::int64_t> hold_all(std::vector<terms::HeldRecipient> rows) {
        auto writer = spool.begin().value();
        REQUIRE(writer->append("Subject: hi\r\n\r\nHello.\r\n").has_value());
        terms::HeldMessage message;
        message.sender = "news@a.test";
        message.subject = "hi";
        message.message_id = "<1@a.test>";
        message.held_at = clock.now();
        message = writer->commit(std::move(message), {}).value();
        std::vector<std::int64_t> ids;
        for (terms::HeldRecipient& row : rows) {
            row.reason = "the domain takes no mail";
        }
        const std::vector<ports::HoldOutcome> outcomes = ports::hold(held, message, rows).value();
        for (const ports::HoldOutcome& outcome : outcomes) {
            ids.push_back(outcome.id);
        }
        return ids;
    }

    std::int64_t hold_for(const std::string& address, terms::FindingName finding) {
        terms::HeldRecipient recipient = bad_recipient();
        recipient.finding = finding;
        recipient.recheck_at = clock.now() + kFirstRecheck;
        return hold(address, std::move(recipient));
    }

    What release_one(std::int64_t id) {
        return release.release(std::span(&id, 1), settings.hold, "command").front().what;
    }

    ports::HeldItem item(std::int64_t id) {
        ports::HeldFilter filter;
        filter.ids = {id};
        ports::HeldItem found;
        REQUIRE(held.list(filter,
                          [&](const ports::HeldItem& item) {
                              found = item;
                              return false;
                          })
                    .has_value());
        return found;
    }

    terms::HeldRecipient row(std::int64_t id) { return item(id).recipient; }

    std::size_t errors(std::string_view part) const {
        return static_cast<std::size_t>(
            std::ranges::count_if(log.lines(), [&](const support::LogLine& line) {
                return line.severity == ports::Severity::Error && line.text.contains(part);
            }));
    }

    void suppress(const std::string& address) {
        terms::SuppressionEntry entry;
        entry.subject = address;
        entry.reason = terms::SuppressionReason::Bounce;
        entry.code = terms::FailureCode(2001);
        REQUIRE(suppressions.put(entry).has_value());
    }

    support::ManualClock clock;
    support::RecordingLog log;
    support::MemoryUsageStore usage;
    SenderLimits limits{{.store = usage, .log = log, .clock = clock}};
    limits::LimitSet tables;
    support::MemoryHeldStore held;
    support::MemorySpool spool;
    support::MemorySuppressionStore suppressions;
    support::FakeSubmitter submitter;
    support::ZoneResolver resolver;
    config::Settings settings;
    int tokens = 0;
    OwnName own_name{"mx.a.test"};
    SnapshotSource snapshots{support::small_snapshot()};
    bool may_be_told = true;
    OwnMail own_mail;
    ReleaseFlow release;
    AutoRelease auto_release;
};

ports::RecipientOutcome refused(std::string_view reply) {
    return ports::Refused{mail::SmtpReply::parse(reply).value()};
}

}  // namespace

TEST_CASE("each chore that the store does not let be done says so, and not every second") {
    House house;
    house.held.trouble().begin("locked");
    for (int second = 0; second < 30; ++second) {
        house.release.work(house.settings.hold);
        house.auto_release.work(*support::small_snapshot({}, house.settings));
        house.clock.advance(1s);
    }
    for (const std::string_view what : {"mail that is due can't be released",
                                        "expired mail can't be looked up",
                                        "spool files that can go can't be looked up",
                                        "held mail that has ended can't be removed from the store",
                                        "the copies can't be looked through",
                                        "held mail can't be checked for causes that have gone"}) {
        CAPTURE(what);
        const auto lines = house.log.lines();
        CHECK(std::ranges::count_if(lines, [&](const auto& line) {
                  return line.text.find(what) != std::string::npos;
              }) == 1);
    }
    house.held.trouble().end();
}

TEST_CASE("what a store that can be read and not written keeps from being done is said") {
    struct Row {
        std::string_view what;
        std::function<void(House&, std::int64_t)> act;
    };
    const std::vector<Row> rows{
        {"store: held mail can't be released: \"read-only\"",
         [](House& house, std::int64_t id) {
             house.held.trouble().begin("read-only", 1);
             CHECK(house.release_one(id) == What::Failed);
         }},
        {"release: expired mail can't be discarded now: \"read-only\"",
         [](House& house, std::int64_t) {
             house.settings.hold.at_expiry = config::AtExpiry::Discard;
             house.clock.advance(2h);
             // What is due, what has expired, and the items once more.
             house.held.trouble().begin("read-only", 3);
             house.release.work(house.settings.hold);
         }},
        {"store: the reason of a doubt about held mail is not written down: \"read-only\"",
         [](House& house, std::int64_t id) {
             const auto asked = house.release.answers().asked();
             house.clock.advance(OpenAnswers::kAwaited + 1ms);
             house.held.trouble().begin("read-only");
             static_cast<void>(house.release.answers().given({.ids = {id}}, asked));
         }},
        {"store: the end of doubts about held mail is not written down: \"read-only\"",
         [](House& house, std::int64_t id) {
             OpenAnswers& answers = house.release.answers();
             static_cast<void>(answers.given({.ids = {id}}, answers.asked()));
             house.held.trouble().begin("read-only");
             answers.finish();
         }},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        House house;
        terms::HeldRecipient expiring = bad_recipient();
        expiring.expires_at = house.clock.now() + 1h;
        row.act(house, house.hold("carl@b.test", expiring));
        CHECK(house.log.has(row.what));
        house.held.trouble().end();
    }
}

TEST_CASE("a release that the MTA puts off is tried again, later from time to time") {
    House house;
    const std::int64_t id = house.hold("carl@b.test");
    house.submitter.answer("carl@b.test", refused("450 4.2.0 later"));
    const auto waits =
        std::to_array<std::chrono::minutes>({1min, 2min, 4min, 8min, 16min, 32min, 60min, 60min});
    CHECK(house.release_one(id) == What::Refused);
    for (std::size_t i = 0; i < waits.size(); ++i) {
        const terms::HeldRecipient row = house.row(id);
        CHECK(row.state == terms::HeldState::Held);
        CHECK(row.attempts == static_cast<int>(i) + 1);
        CHECK(row.last_answer == "450 4.2.0 later");
        CHECK(row.release_at == std::optional(house.clock.now() + waits.at(i)));
        house.clock.advance(waits.at(i) - 1s);
        house.release.work(house.settings.hold);
        CHECK(house.submitter.seen().size() == i + 1);
        house.clock.advance(1s);
        house.release.work(house.settings.hold);
        CHECK(house.submitter.seen().size() == i + 2);
    }
    house.submitter.answer("carl@b.test", ports::Accepted{"250 2.0.0 Ok"});
    house.clock.advance(1h);
    house.release.work(house.settings.hold);
    CHECK(house.row(id).state == terms::HeldState::Released);
}

TEST_CASE("a release that the MTA refuses for good waits for a person, with the answer") {
    House house;
    const std::int64_t id = house.hold("carl@b.test");
    house.submitter.answer("carl@b.test", refused("550 5.1.1 nobody here"));
    CHECK(house.release_one(id) == What::Refused);
    CHECK(house.row(id).state == terms::HeldState::Held);
    CHECK(house.row(id).last_answer == "550 5.1.1 nobody here");
    CHECK_FALSE(house.row(id).release_at.has_value());
    CHECK_FALSE(house.row(id).in_doubt);
    house.clock.advance(100h);
    house.release.work(house.settings.hold);
    CHECK(house.submitter.seen().size() == 1);
}

TEST_CASE("a good recipient whom the MTA refuses for good is told of at once") {
    House house;
    terms::HeldRecipient good;
    good.finding = terms::HeldFinding();
    good.release_at = house.clock.now();
    SUBCASE("with the MTA's words") {
        const std::int64_t id = house.hold("carl@b.test", good);
        house.submitter.answer("carl@b.test", refused("550 5.7.1 not from you"));
        house.release.work(house.settings.hold);
        CHECK(house.row(id).state == terms::HeldState::Returned);
        CHECK(house.row(id).last_answer == "550 5.7.1 not from you");
        house.release.work(house.settings.hold);
        const auto seen = house.submitter.seen();
        REQUIRE(seen.size() == 2);
        CHECK(seen[1].sender.empty());
        CHECK(seen[1].recipients.front().address == "news@a.test");
        CHECK(seen[1].octets.find("Diagnostic-Code: smtp; 550 5.7.1 not from you") !=
              std::string::npos);
        CHECK(seen[1].octets.find("the mail server refused it") != std::string::npos);
    }
    SUBCASE("a temporary answer is tried again") {
        const std::int64_t id = house.hold("carl@b.test", good);
        house.submitter.answer("carl@b.test", refused("451 4.7.1 later"));
        house.release.work(house.settings.hold);
        CHECK(house.row(id).state == terms::HeldState::Held);
        CHECK(house.row(id).release_at.has_value());
    }
    SUBCASE("the sender must not be told: the postmaster is") {
        house.may_be_told = false;
        const std::int64_t id = house.hold("carl@b.test", good);
        house.submitter.answer("carl@b.test", refused("550 5.7.1 not from you"));
        house.release.work(house.settings.hold);
        CHECK(house.row(id).state == terms::HeldState::Returned);
        CHECK(house.log.has("1 recipients were returned to the postmaster (refused by the MTA)"));
        house.release.work(house.settings.hold);
        const auto seen = house.submitter.seen();
        REQUIRE(seen.size() == 2);
        CHECK(seen[1].recipients.front().address.starts_with("postmaster@"));
    }
    SUBCASE("so is one whose copy is damaged, at its turn") {
        const std::int64_t id = house.hold("carl@b.test", good);
        house.spool.spoil(house.item(id).message.spool_id, "Subject: hi\r\n\r\nHallo.\r\n");
        house.release.work(house.settings.hold);
        CHECK(house.row(id).state == terms::HeldState::Returned);
        CHECK(house.submitter.seen().empty());
        house.release.work(house.settings.hold);
        REQUIRE(house.submitter.seen().size() == 1);
        CHECK(house.submitter.seen()[0].octets.contains("the copy in the spool has other octets"));
    }
    SUBCASE("and one whose damaged copy is found before") {
        good.release_at = house.clock.now() + 1h;
        const std::int64_t id = house.hold("carl@b.test", good);
        house.spool.spoil(house.item(id).message.spool_id, "Subject: hi\r\n\r\nHallo.\r\n");
        house.release.work(house.settings.hold);
        CHECK(house.row(id).state == terms::HeldState::Returned);
    }
    SUBCASE("the sender wants no report: it ends, and the log tells of it") {
        good.arguments = {"NOTIFY=NEVER"};
        const std::int64_t id = house.hold("carl@b.test", good);
        house.submitter.answer("carl@b.test", refused("550 5.7.1 not from you"));
        house.release.work(house.settings.hold);
        CHECK(house.row(id).state == terms::HeldState::Returned);
        house.release.work(house.settings.hold);
        CHECK(house.submitter.seen().size() == 1);
        CHECK(house.log.has("verdict=returned"));
    }
}

TEST_CASE("where the MTA takes one NOTIFY for all, a message goes back in parts") {
    House house;
    std::vector<terms::HeldRecipient> rows(4);
    rows[0] = {.address = "a@b.test", .arguments = {"NOTIFY=NEVER"}};
    rows[1] = {.address = "b@b.test", .arguments = {"NOTIFY=FAILURE"}};
    rows[2] = {.address = "c@b.test", .arguments = {"notify=never", "ORCPT=rfc822;x@b.test"}};
    rows[3] = {.address = "d@b.test"};
    const std::vector<std::int64_t> ids = house.hold_all(rows);
    const auto released = [&] {
        std::vector<std::string> parts;
        for (const ItemOutcome& outcome :
             house.release.release(ids, house.settings.hold, "command")) {
            CHECK(outcome.what == What::Released);
        }
        for (const support::SeenSubmission& seen : house.submitter.seen()) {
            std::string part;
            for (const ports::SubmissionRecipient& recipient : seen.recipients) {
                part += recipient.address.substr(0, 1);
            }
            parts.push_back(part);
        }
        std::ranges::sort(parts);
        return parts;
    };
    SUBCASE("one") {
        house.submitter.one_notify = true;
        CHECK(released() == std::vector<std::string>{"ac", "b", "d"});
    }
    SUBCASE("each its own") {
        CHECK(released() == std::vector<std::string>{"abcd"});
    }
}

TEST_CASE("of recipients whose sender wants no report none is sent, of the others one") {
    House house;
    terms::HeldRecipient never = bad_recipient();
    never.arguments = {"NOTIFY=NEVER"};
    const std::int64_t quiet = house.hold("quiet@b.test", never);
    const std::array ids{quiet};
    CHECK(house.release.give_back(ids, "command").front().what == What::Returned);
    CHECK(house.row(quiet).state == terms::HeldState::Returned);
    house.release.work(house.settings.hold);
    CHECK(house.submitter.seen().empty());
    CHECK(house.log.has("verdict=returned"));
}

TEST_CASE("the DSN of what is given back is known by its message, not by the number of an item") {
    // A store that was lost and listed again counts anew, with the DSNs of before still in it.
    std::set<std::string> fingerprints;
    for (const char* const address : {"anna@b.test", "bert@b.test"}) {
        House house;
        const std::array ids{house.hold(address)};
        CHECK(ids.front() == 1);
        CHECK(house.release.give_back(ids, "command").front().what == What::Returned);
        ports::HeldFilter filter;
        filter.kind = terms::HeldKind::Own;
        REQUIRE(house.held
                    .list(filter,
                          [&](const ports::HeldItem& dsn) {
                              fingerprints.insert(dsn.message.fingerprint);
                              return true;
                          })
                    .has_value());
    }
    CHECK(fingerprints.size() == 2);
}

TEST_CASE("a message that may have left is in doubt and not sent again by itself") {
    House house;
    const std::int64_t id = house.hold("carl@b.test");
    house.submitter.answer("carl@b.test",
                           ports::Interrupted{.what = "end of data: time-out", .in_doubt = true});
    CHECK(house.release_one(id) == What::Interrupted);
    CHECK(house.row(id).state == terms::HeldState::Held);
    CHECK(house.row(id).in_doubt);
    house.clock.advance(100h);
    house.release.work(house.settings.hold);
    CHECK(house.submitter.seen().size() == 1);
    house.submitter.answer("carl@b.test", ports::Accepted{"250 2.0.0 Ok"});
    // Nor because somebody names it: he may have looked before it came into doubt.
    const std::array ids{id, house.hold("dora@b.test")};
    const auto left = house.release.release(ids, house.settings.hold, "command");
    CHECK(left[0].what == What::InDoubt);
    CHECK(left[0].answer.find("then say --in-doubt") != std::string::npos);
    CHECK(left[1].what == What::Released);
    CHECK(house.release.give_back(ids, "command")[0].what == What::InDoubt);
    CHECK(house.release.discard(ids, "command")[0].what == What::InDoubt);
    CHECK(house.row(id).in_doubt);
    const auto taken =
        house.release.release(ids, house.settings.hold, "command", ports::InDoubt::Take);
    CHECK(taken[0].what == What::Released);
    CHECK(taken[1].answer == "it is released");
    CHECK_FALSE(house.row(id).in_doubt);
}

TEST_CASE("an answer that comes late leaves its items in doubt, and says why") {
    House house;
    terms::HeldRecipient open = bad_recipient();
    open.in_doubt = true;
    const std::int64_t id = house.hold("carl@b.test", open);
    OpenAnswers& answers = house.release.answers();
    const core::SteadyPoint asked = answers.asked();
    const auto momentary = house.release.release(std::array{id}, house.settings.hold, "command");
    CHECK(momentary[0].what == What::InDoubt);
    CHECK(momentary[0].answer.find("try again in a moment") != std::string::npos);
    house.clock.advance(OpenAnswers::kAwaited + 1ms);
    CHECK_FALSE(answers.given({.ids = {id}, .queue_id = "4Xk2"}, asked).has_value());
    answers.finish();
    CHECK(house.row(id).in_doubt);
    CHECK(house.row(id).last_answer.find("the MTA may have gone on without it") !=
          std::string::npos);
    // In time, to the millisecond.
    CHECK(answers.given({.ids = {id}, .queue_id = "4Xk2"}, asked + 1ms).has_value());
    answers.finish();
    CHECK_FALSE(house.row(id).in_doubt);
}

TEST_CASE("the end of a release that the store could not note is noted as soon as it can") {
    House house;
    const std::int64_t id = house.hold("carl@b.test");
    house.submitter.on_submit(
        [&](const support::SeenSubmission&) { house.held.trouble().begin("locked"); });
    CHECK(house.release_one(id) == What::Released);
    house.release.work(house.settings.hold);
    house.held.trouble().end();
    CHECK(house.row(id).state == terms::HeldState::Releasing);
    CHECK(house.release_one(id) == What::NotHeld);
    const std::array<std::int64_t, 2> both{id, 99};
    const auto outcomes = house.release.release(both, house.settings.hold, "command");
    CHECK(outcomes[0].answer == "it is releasing");
    CHECK(outcomes[1].answer == "no such item");
    house.release.work(house.settings.hold);
    CHECK(house.row(id).state == terms::HeldState::Released);
    CHECK(house.submitter.seen().size() == 1);
}

TEST_CASE("an MTA that does not answer is left alone for a while, and what is due waits") {
    House house;
    terms::HeldRecipient due = bad_recipient();
    due.release_at = house.clock.now();
    house.hold("carl@b.test", due);
    const std::int64_t dora = house.hold("dora@b.test", due);
    house.submitter.answer("carl@b.test", ports::Interrupted{.what = "connect: refused"});
    house.release.work(house.settings.hold);
    house.release.work(house.settings.hold);
    CHECK(house.submitter.seen().size() == 1);
    CHECK(house.row(dora).attempts == 0);
    house.clock.advance(5s);
    house.release.work(house.settings.hold);
    CHECK(house.submitter.seen().size() == 2);
    CHECK(house.row(dora).state == terms::HeldState::Released);
}

TEST_CASE("what was not answered for stays until the MTA has gone on, or the answer is written") {
    House house;
    terms::HeldRecipient open = bad_recipient();
    open.in_doubt = true;
    open.release_at = house.clock.now();
    const std::int64_t id = house.hold("carl@b.test", open);
    OpenAnswers& answers = house.release.answers();
    const auto ticket = answers.given({.ids = {id}, .queue_id = "4Xk2"}, answers.asked());
    REQUIRE(ticket.has_value());
    SUBCASE("nobody went on, and the time is short") {
        house.clock.advance(1s);
        house.release.work(house.settings.hold);
        CHECK(house.row(id).in_doubt);
        CHECK(house.submitter.seen().empty());
        house.clock.advance(1s);
        house.release.work(house.settings.hold);
        CHECK(house.row(id).state == terms::HeldState::Released);
    }
    SUBCASE("the MTA went on") {
        answers.taken(*ticket);
        answers.work();
        CHECK_FALSE(house.row(id).in_doubt);
    }
    SUBCASE("the store could not note it, and can later") {
        house.held.trouble().begin("locked");
        answers.taken(*ticket);
        answers.work();
        house.held.trouble().end();
        CHECK(house.row(id).in_doubt);
        answers.work();
        CHECK_FALSE(house.row(id).in_doubt);
    }
    SUBCASE("who waits for it sees it settled, as soon as it is, and does not wait for others") {
        answers.wait(std::array{id + 1});
        CHECK(house.row(id).in_doubt);
        const std::jthread writer([&](const std::stop_token& stop) { answers.run(stop); });
        const std::jthread mta([&] { answers.taken(*ticket); });
        answers.wait(std::array{id});
        CHECK_FALSE(house.row(id).in_doubt);
    }
    SUBCASE("the milter ended") {
        answers.finish();
        CHECK_FALSE(house.row(id).in_doubt);
    }
}

TEST_CASE("what nobody may be told of keeps no other from its end") {
    House house;
    terms::HeldRecipient expiring = bad_recipient();
    expiring.expires_at = house.clock.now() + 1h;
    const std::int64_t stays = house.hold("a@nullmx.test", expiring);
    house.clock.advance(2h);
    house.may_be_told = false;
    house.release.work(house.settings.hold);
    CHECK(house.item(stays).recipient.state == terms::HeldState::Held);
    CHECK(house.item(stays).recipient.expires_at == house.clock.now() + 24h);
    CHECK(house.log.has("1 expired recipients stay held"));
    expiring.expires_at = house.clock.now() + 1h;
    const std::int64_t goes = house.hold("b@nullmx.test", expiring);
    house.clock.advance(2h);
    house.may_be_told = true;
    house.release.work(house.settings.hold);
    CHECK(house.item(goes).recipient.state == terms::HeldState::Returned);
    CHECK(house.item(stays).recipient.state == terms::HeldState::Held);
    house.clock.advance(23h);
    house.release.work(house.settings.hold);
    CHECK(house.item(stays).recipient.state == terms::HeldState::Returned);
}

TEST_CASE("what nobody may be told of ends with the postmaster, with one warning a minute") {
    House house;
    house.may_be_told = false;
    terms::HeldRecipient expiring = bad_recipient();
    std::vector<std::int64_t> ids;
    for (const std::string_view name : {"a", "b", "c"}) {
        expiring.expires_at = house.clock.now() + house.settings.hold.expire_after;
        ids.push_back(house.hold(std::string(name) + "@nullmx.test", expiring));
    }
    house.clock.advance(house.settings.hold.expire_after);
    for (int day = 7; day < 28; ++day) {
        house.release.work(house.settings.hold);
        CHECK(house.item(ids[0]).recipient.state == terms::HeldState::Held);
        house.clock.advance(24h);
    }
    CHECK_FALSE(house.log.has("returned to the postmaster"));
    house.release.work(house.settings.hold);
    for (const std::int64_t id : ids) {
        CHECK(house.item(id).recipient.state == terms::HeldState::Returned);
        CHECK(house.held.history(id).value().back().text ==
              "returned to the postmaster, since the sender can't be told: expiry");
    }
    CHECK(house.log.has("3 recipients were returned to the postmaster (expiry)"));
    house.release.work(house.settings.hold);
    const auto seen = house.submitter.seen();
    REQUIRE(seen.size() == 3);
    const support::SeenSubmission& report = seen.front();
    REQUIRE(report.recipients.size() == 1);
    CHECK(report.recipients.front().address == "postmaster@mx.a.test");
    CHECK(report.octets.contains("Mail of <news@a.test> was held back"));
    CHECK(report.octets.contains("Content-Type: message/rfc822"));
    CHECK(report.octets.contains("\r\nHello.\r\n"));
}

TEST_CASE("expired mail is returned, released or discarded as the settings say") {
    House house;
    terms::HeldRecipient expiring = bad_recipient();
    expiring.expires_at = house.clock.now() + 1h;
    const std::int64_t id = house.hold("carl@b.test", expiring);
    const auto work_at_expiry = [&](config::AtExpiry what) {
        house.settings.hold.at_expiry = what;
        house.clock.advance(1h - 1s);
        house.release.work(house.settings.hold);
        CHECK(house.row(id).state == terms::HeldState::Held);
        house.clock.advance(1s);
        house.release.work(house.settings.hold);
    };
    SUBCASE("return: the DSN says what a refusal would have said") {
        terms::HeldRecipient row = bad_recipient();
        row.finding = terms::FindingName::NullMx;
        row.reason = "the domain takes no mail";
        row.advice = "check the spelling";
        row.in_doubt = true;
        const std::array both{house.hold("dora@b.test", row), house.hold("ed@b.test", row)};
        const std::array answered{ports::TakenAnswer{.ids = {both[0]}, .queue_id = {}}};
        REQUIRE(ports::settle_doubt(house.held, answered).has_value());
        static_cast<void>(house.release.give_back(both, "command", ports::InDoubt::Take));
        house.release.work(house.settings.hold);
        const auto seen = house.submitter.seen();
        REQUIRE(seen.size() == 2);
        const auto has = [](const std::string& text, std::string_view part) {
            return text.find(part) != std::string::npos;
        };
        const bool dora_first = has(seen[0].octets, "dora@b.test");
        const std::string& certain = seen[dora_first ? 0 : 1].octets;
        const std::string& doubtful = seen[dora_first ? 1 : 0].octets;
        CHECK(has(certain, "Status: 5.1.10\r\n"));
        CHECK(has(certain, "the domain takes no mail; check the spelling"));
        CHECK(has(doubtful, "Status: 5.7.1\r\n"));
        CHECK(has(doubtful, "it is not known whether it got a copy all"));
    }
    SUBCASE("return: by a DSN to the sender") {
        work_at_expiry(config::AtExpiry::Return);
        CHECK(house.row(id).state == terms::HeldState::Returned);
        house.release.work(house.settings.hold);
        const auto seen = house.submitter.seen();
        REQUIRE(seen.size() == 1);
        CHECK(seen[0].sender.empty());
        CHECK(seen[0].octets.find("Final-Recipient: rfc822;carl@b.test") != std::string::npos);
        CHECK(house.held.history(id).value().back().text == "returned to the sender: expiry");
    }
    SUBCASE("discard") {
        work_at_expiry(config::AtExpiry::Discard);
        CHECK(house.row(id).state == terms::HeldState::Discarded);
        CHECK(house.submitter.seen().empty());
    }
    SUBCASE("release") {
        work_at_expiry(config::AtExpiry::Release);
        CHECK(house.row(id).state == terms::HeldState::Released);
    }
    SUBCASE("release, and the MTA puts it off: tried again when its time comes, not each second") {
        house.submitter.answer("carl@b.test", refused("450 4.2.0 later"));
        work_at_expiry(config::AtExpiry::Release);
        house.release.work(house.settings.hold);
        CHECK(house.submitter.seen().size() == 1);
        house.clock.advance(1min);
        house.release.work(house.settings.hold);
        CHECK(house.submitter.seen().size() == 2);
    }
    SUBCASE("release, and the MTA refuses it: the sender is told, with the answer") {
        house.submitter.answer("carl@b.test", refused("550 5.1.1 nobody here"));
        work_at_expiry(config::AtExpiry::Release);
        house.release.work(house.settings.hold);
        CHECK(house.row(id).state == terms::HeldState::Returned);
        house.release.work(house.settings.hold);
        const auto seen = house.submitter.seen();
        REQUIRE(seen.size() == 2);
        CHECK(seen[1].octets.find("550 5.1.1 nobody here") != std::string::npos);
    }
    SUBCASE("return, and the spool takes no DSN: it stays held until it does") {
        house.spool.write_trouble().begin("no space left");
        work_at_expiry(config::AtExpiry::Return);
        house.spool.write_trouble().end();
        CHECK(house.row(id).state == terms::HeldState::Held);
        house.clock.advance(5s);
        house.release.work(house.settings.hold);
        CHECK(house.row(id).state == terms::HeldState::Returned);
    }
}

TEST_CASE("a damaged copy is not sent, says so once, and its sender is told at its expiry") {
    House house;
    terms::HeldRecipient recipient = bad_recipient();
    recipient.release_at = house.clock.now();
    recipient.expires_at = house.clock.now() + 24h;
    const std::int64_t id = house.hold("bo@b.test", std::move(recipient));
    const std::string spool_id = house.item(id).message.spool_id;
    house.spool.spoil(spool_id, "Subject: hi\r\n\r\nHallo.\r\n");
    house.settings.hold.at_expiry = config::AtExpiry::Release;

    house.release.work(house.settings.hold);
    CHECK(house.submitter.seen().empty());
    CHECK(house.row(id).state == terms::HeldState::Held);
    CHECK(house.row(id).attempts == 0);
    CHECK_FALSE(house.row(id).release_at.has_value());
    CHECK(house.item(id).message.damage == "the copy in the spool has other octets");
    CHECK(house.release_one(id) == What::Damaged);
    CHECK(house.errors(spool_id) == 1);

    SUBCASE("the sender reads what is known, not what is in the copy") {
        house.clock.advance(25h);
        house.release.work(house.settings.hold);
        CHECK(house.row(id).state == terms::HeldState::Returned);
        house.release.work(house.settings.hold);
        REQUIRE(house.submitter.seen().size() == 1);
        const std::string dsn = house.submitter.seen().front().octets;
        CHECK(dsn.contains("the copy in the spool has other octets"));
        CHECK(dsn.contains("Message-ID: <1@a.test>"));
    }
    SUBCASE("a copy that was put back goes at a person's word") {
        house.spool.spoil(spool_id, "Subject: hi\r\n\r\nHello.\r\n");
        CHECK(house.release_one(id) == What::Released);
        CHECK(house.item(id).message.damage.empty());
    }
    SUBCASE("who knows that it is damaged may discard it") {
        CHECK(house.release.discard(std::span(&id, 1), "command").front().what == What::Discarded);
    }
}

TEST_CASE("the walk finds a damage that nobody asked about") {
    House house;
    const std::int64_t whole = house.hold("a@b.test");
    const std::int64_t spoilt = house.hold("bo@b.test");
    const std::string spool_id = house.item(spoilt).message.spool_id;
    house.spool.spoil(spool_id, "");
    for (int i = 0; i < 10; ++i) {
        house.clock.advance(5s);
        house.release.work(house.settings.hold);
    }
    CHECK(house.item(whole).message.damage.empty());
    CHECK_FALSE(house.item(spoilt).message.damage.empty());
    CHECK(house.errors(spool_id) == 1);
    house.spool.spoil(spool_id, "Subject: hi\r\n\r\nHello.\r\n");
    house.clock.advance(24h);
    house.release.work(house.settings.hold);
    CHECK(house.item(spoilt).message.damage.empty());
}

TEST_CASE("a file that no row names is set aside at the start, and said") {
    House house;
    house.hold("a@b.test");
    auto writer = house.spool.begin().value();
    REQUIRE(writer->append("Subject: stray\r\n\r\n").has_value());
    const std::string stray = writer->commit({}, {}).value().spool_id;
    house.release.recover();
    CHECK(house.spool.aside() == std::vector<std::string>{stray});
    CHECK(house.spool.ids().value().size() == 1);
    CHECK(house.errors("held rescue") == 1);
    CHECK(house.errors(stray) == 1);
}

TEST_CASE("what waits for a limit keeps it, also when the MTA was away meanwhile") {
    House house;
    house.resolver.set("b.test", ZoneState::Good);
    house.tables = limits::LimitSet({config::Limit{.name = "a",
                                                   .key = config::LimitKey::Everyone,
                                                   .recipients = {{2, 60s}},
                                                   .action = terms::PolicyAction::Hold}},
                                    {});
    std::vector<std::int64_t> ids;
    for (int i = 0; i < 6; ++i) {
        const std::string address = "p" + std::to_string(i) + "@b.test";
        house.submitter.answer(address, refused("451 4.3.0 away"));
        terms::HeldRecipient recipient = bad_recipient();
        recipient.finding = terms::FindingName::OverLimit;
        recipient.recheck_at = house.clock.now() + kFirstRecheck;
        recipient.expires_at = house.clock.now() + 24h * 7;
        ids.push_back(house.hold(address, std::move(recipient)));
    }
    const auto left = [&] {
        return std::ranges::count_if(ids, [&](std::int64_t id) {
            return house.row(id).state == terms::HeldState::Released;
        });
    };
    std::vector<std::ptrdiff_t> gone{0};
    const auto run = [&](std::chrono::seconds time, std::ptrdiff_t most) {
        for (std::chrono::seconds past{0}; past < time; past += 5s) {
            house.clock.advance(5s);
            house.release.work(house.settings.hold);
            house.auto_release.work(
                *support::small_snapshot({}, house.settings, limits::LimitSet(house.tables)));
            // Within any minute, the time of the limit.
            gone.push_back(left());
            CHECK(gone.back() - gone[gone.size() - std::min<std::size_t>(gone.size(), 12)] <= most);
        }
    };
    SUBCASE("it is tried again as there is room") {
        house.tables = limits::LimitSet({config::Limit{.name = "a",
                                                       .key = config::LimitKey::Everyone,
                                                       .recipients = {{2, 24h}},
                                                       .action = terms::PolicyAction::Hold}},
                                        {});
        run(1h, 0);
        for (int i = 0; i < 6; ++i) {
            house.submitter.answer("p" + std::to_string(i) + "@b.test",
                                   ports::Accepted{"250 2.0.0 Ok"});
        }
        run(12h, 2);
        CHECK(left() == 2);
    }
    SUBCASE("and when its time is over") {
        for (int i = 0; i < 6; ++i) {
            house.submitter.answer("p" + std::to_string(i) + "@b.test",
                                   ports::Accepted{"250 2.0.0 Ok"});
        }
        house.settings.hold.at_expiry = config::AtExpiry::Release;
        house.clock.advance(24h * 30);
        run(1h, 2);
        CHECK(left() == 6);
    }
    SUBCASE("a domain of which DNS tells nothing does not keep it") {
        house.resolver.set("b.test", ZoneState::Silent);
        for (int i = 0; i < 6; ++i) {
            house.submitter.answer("p" + std::to_string(i) + "@b.test",
                                   ports::Accepted{"250 2.0.0 Ok"});
        }
        run(10min, 2);
        CHECK(left() == 6);
    }
    SUBCASE("a limit that the settings no longer have keeps nothing for long") {
        house.tables = limits::LimitSet({config::Limit{.name = "a",
                                                       .key = config::LimitKey::Everyone,
                                                       .recipients = {{1, 24h}},
                                                       .action = terms::PolicyAction::Hold}},
                                        {});
        for (int i = 0; i < 6; ++i) {
            house.submitter.answer("p" + std::to_string(i) + "@b.test",
                                   ports::Accepted{"250 2.0.0 Ok"});
        }
        run(5min, 1);
        CHECK(left() == 1);
        house.tables = {};
        run(15min, 6);
        CHECK(left() == 6);
    }
}

TEST_CASE("held mail whose cause has gone is released by itself") {
    House house;
    house.resolver.set("b.test", ZoneState::Good);
    house.resolver.set("null.test", ZoneState::NullMx);
    house.resolver.set("silent.test", ZoneState::Silent);
    const auto turn = [&](std::chrono::seconds after) {
        house.clock.advance(after);
        house.auto_release.work(*support::small_snapshot({}, house.settings));
    };
    SUBCASE("a domain that takes mail again, and the history says why") {
        const std::int64_t id = house.hold_for("carl@null.test", terms::FindingName::NullMx);
        turn(1min);
        CHECK(house.row(id).state == terms::HeldState::Held);
        house.resolver.set("null.test", ZoneState::Good);
        turn(30s);
        CHECK(house.row(id).state == terms::HeldState::Held);
        turn(30s);
        CHECK(house.row(id).state == terms::HeldState::Released);
        const auto history = house.held.history(id).value();
        CHECK(history.at(1).text == "cause-gone: null-mx is no longer found");
        CHECK(house.log.has("cause=\"cause-gone: null-mx is no longer found\""));
    }
    SUBCASE("a suppression that was lifted") {
        house.suppress("eva@b.test");
        const std::int64_t id = house.hold_for("eva@b.test", terms::FindingName::SuppressedBounce);
        turn(1min);
        CHECK(house.row(id).state == terms::HeldState::Held);
        REQUIRE(house.suppressions
                    .remove(terms::SuppressionKey{
                        .kind = terms::SubjectKind::Address, .subject = "eva@b.test", .scope = {}})
                    .has_value());
        turn(1min);
        CHECK(house.row(id).state == terms::HeldState::Released);
    }
    SUBCASE("but not when DNS says nothing: unknown is not valid either") {
        const std::int64_t id =
            house.hold_for("carl@silent.test", terms::FindingName::NoSuchDomain);
        turn(1min);
        turn(1min);
        CHECK(house.row(id).state == terms::HeldState::Held);
    }
    SUBCASE("nor what was held for another cause, released before, in doubt, or switched off") {
        const std::int64_t other = house.hold("anna@b.test");
        const std::int64_t refused_once =
            house.hold_for("bert@b.test", terms::FindingName::NoSuchDomain);
        house.submitter.answer("bert@b.test", refused("550 5.1.1 nobody here"));
        CHECK(house.release_one(refused_once) == What::Refused);
        terms::HeldRecipient open = bad_recipient();
        open.in_doubt = true;
        open.recheck_at = house.clock.now();
        const std::int64_t in_doubt = house.hold("dora@b.test", open);
        turn(1min);
        CHECK(house.row(other).state == terms::HeldState::Held);
        CHECK(house.row(refused_once).state == terms::HeldState::Held);
        CHECK(house.row(in_doubt).state == terms::HeldState::Held);
        const std::int64_t gone = house.hold_for("emil@b.test", terms::FindingName::NoSuchDomain);
        house.settings.hold.auto_release = false;
        turn(1min);
        CHECK(house.row(gone).state == terms::HeldState::Held);
    }
    SUBCASE("a hundred in one turn, each domain asked once") {
        house.settings.pace.per_minute = 0;
        for (int i = 0; i < 150; ++i) {
            house.hold_for("r" + std::to_string(i) + "@b.test", terms::FindingName::NoSuchDomain);
        }
        turn(1min);
        CHECK(house.held.counts().value().released == 100);
        turn(5s);
        CHECK(house.held.counts().value().released == 150);
    }
    SUBCASE("so many a minute to one provider") {
        for (int i = 0; i < 70; ++i) {
            house.hold_for("r" + std::to_string(i) + "@b.test", terms::FindingName::NoSuchDomain);
        }
        turn(1min);
        CHECK(house.held.counts().value().released == 60);
        turn(30s);
        CHECK(house.held.counts().value().released == 60);
        turn(1min);
        CHECK(house.held.counts().value().released == 70);
    }
}

TEST_CASE("the looks at a cause are farther apart the longer mail is held") {
    const core::TimePoint held_at{};
    struct Row {
        terms::FindingName finding;
        std::chrono::milliseconds age;
        std::chrono::milliseconds want;
    };
    for (const Row& row : std::to_array<Row>({
             {terms::FindingName::NoSuchDomain, 1min, 1min},
             {terms::FindingName::NoSuchDomain, 8min, 2min},
             {terms::FindingName::NoSuchDomain, 8h, 2h},
             {terms::FindingName::NoSuchDomain, 100h, 6h},
             {terms::FindingName::SuppressedBounce, 1min, 1min},
             {terms::FindingName::SuppressedBounce, 100h, 10min},
             {terms::FindingName::BlockedByAdmin, 100h, 10min},
         })) {
        CAPTURE(wire_name(row.finding));
        CAPTURE(row.age.count());
        CHECK(recheck_delay(row.finding, held_at, held_at + row.age) == row.want);
    }
}

}  // namespace holdback::flow::held
