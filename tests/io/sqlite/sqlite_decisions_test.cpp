// SPDX-License-Identifier: Apache-2.0
#include "io/sqlite/sqlite_decisions.hpp"

#include "config/policy.hpp"
#include "config/settings.hpp"
#include "core/clock.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_schema.hpp"
#include "mail/address.hpp"
#include "mail/syntax.hpp"
#include "outbound/bulk.hpp"
#include "outbound/mail_route.hpp"
#include "ports/decision_log.hpp"
#include "replay/recorded.hpp"
#include "terms/failure_code.hpp"
#include "terms/finding.hpp"
#include "tests/support/temp_dir.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::io::sqlite {

namespace {

using namespace std::chrono_literals;

constexpr core::TimePoint kNow{1'700'000'000'000ms};

struct Store {
    support::TempDir directory;
    Database database{{.path = directory.file("holdback.db"), .migrations = schema_steps()}};
    SqliteDecisions decisions{database};

    void append(const std::vector<replay::RecordedMessage>& messages,
                const ports::DecisionLimits& limits = {},
                core::TimePoint now = kNow) {
        REQUIRE(decisions.append(messages, limits, now).has_value());
    }
    [[nodiscard]] std::vector<replay::RecordedMessage> all(
        const ports::DecisionFilter& filter = {}) const {
        std::vector<replay::RecordedMessage> found;
        REQUIRE(decisions
                    .visit(filter,
                           [&](const replay::RecordedMessage& message) {
                               found.push_back(message);
                               return true;
                           })
                    .has_value());
        return found;
    }
    std::int64_t rows(const std::string& table) {
        return database.read([&](Connection& connection) {
            Query query = connection.query("SELECT count(*) FROM " + table);
            query.step();
            return query.integer(0);
        });
    }
};

replay::RecordedMessage message_of(const std::string& sender,
                                   const std::vector<std::string>& recipients,
                                   core::TimePoint at = kNow) {
    replay::RecordedMessage message;
    message.at = at;
    message.queue_id = "4XkQ2z";
    message.mode = config::Mode::Enforce;
    message.sender = replay::recorded_sender(sender);
    message.stream = {outbound::Stream::Bulk, "header:List-Id"};
    message.campaign = "spring '; DROP TABLE decision_message; --";
    message.named = recipients.size();
    for (const std::string& address : recipients) {
        message.recipients.push_back(
            {.address = address,
             .mailer = "smtp",
             .facts = {.syntax = mail::Address::parse(address, mail::Smtputf8::No),
                       .route = outbound::MailRoute{.kind = outbound::RouteKind::NullMx,
                                                    .hosts = {},
                                                    .why = "it says so"}},
             .found = {terms::FindingName::NullMx},
             .action = config::PolicyAction::Hold,
             .unshadowed = config::PolicyAction::Hold,
             .reason = "null-mx",
             .code = terms::FailureCode(2002),
             .held_id = 17});
    }
    return message;
}

std::vector<std::string> senders(const std::vector<replay::RecordedMessage>& messages) {
    std::vector<std::string> texts;
    texts.reserve(messages.size());
    for (const replay::RecordedMessage& message : messages) {
        texts.push_back(message.sender_text());
    }
    return texts;
}

}  // namespace

TEST_CASE("decisions come back as they were recorded") {
    Store store;
    store.append({message_of("news@a.test", {"Bo@null.test", "no at sign"}),
                  message_of("", {"jo@null.test"})});
    const auto all = store.all();
    REQUIRE(all.size() == 2);
    const replay::RecordedMessage& first = all.front();
    CHECK(first.at == kNow);
    CHECK(first.queue_id == "4XkQ2z");
    CHECK(first.mode == config::Mode::Enforce);
    CHECK(first.sender_text() == "news@a.test");
    CHECK(first.stream == outbound::StreamDecision{outbound::Stream::Bulk, "header:List-Id"});
    CHECK(first.campaign == "spring '; DROP TABLE decision_message; --");
    CHECK(first.named == 2);
    REQUIRE(first.recipients.size() == 2);
    CHECK(first.recipients[0].address == "Bo@null.test");
    CHECK(first.recipients[0].action == config::PolicyAction::Hold);
    CHECK(first.recipients[0].reason == "null-mx");
    CHECK(first.recipients[0].code == terms::FailureCode(2002));
    CHECK(first.recipients[0].held_id == 17);
    CHECK(first.recipients[0].found == std::vector{terms::FindingName::NullMx});
    REQUIRE(first.recipients[0].facts.route.has_value());
    CHECK(first.recipients[0].facts.route->kind == outbound::RouteKind::NullMx);
    CHECK_FALSE(first.recipients[1].facts.syntax.has_value());
    CHECK(all.back().sender_text().empty());
    REQUIRE(all.back().recipients.size() == 1);
    CHECK(all.back().recipients[0].address == "jo@null.test");
}

TEST_CASE("messages are chosen by time and sender, page by page") {
    Store store;
    std::vector<replay::RecordedMessage> many;
    constexpr int kMany = 450;
    many.reserve(kMany);
    for (int i = 0; i < kMany; ++i) {
        many.push_back(message_of(i % 2 == 0 ? "a@a.test" : "B@a.test",
                                  {"x@null.test", "y@null.test"},
                                  kNow + std::chrono::seconds(i)));
    }
    store.append(many);
    CHECK(store.all().size() == 450);
    CHECK(store.decisions.count({}).value() == 900);
    const ports::DecisionFilter filter{.since = kNow + 100s, .sender = "b@A.test"};
    CHECK(store.decisions.count(filter).value() == 350);
    const auto some = store.all(filter);
    REQUIRE(some.size() == 175);
    CHECK(some.front().at == kNow + 101s);
    CHECK(some.back().recipients.size() == 2);
}

TEST_CASE("whom a sender has written to between two times is told, the newest first") {
    Store store;
    store.append({message_of("a@a.test", {"early@b.test"}, kNow - 11min),
                  message_of("a@a.test", {"x@b.test", "Y@b.test"}, kNow - 2min),
                  message_of("other@a.test", {"other@b.test"}, kNow - 1min),
                  message_of("A@a.test", {"z@b.test"}, kNow),
                  message_of("a@a.test", {"late@b.test"}, kNow + 1min)});
    const auto found = store.decisions.recipients_of("a@a.test", kNow - 10min, kNow, 10).value();
    REQUIRE(found.size() == 3);
    CHECK(found.front() == "z@b.test");
    CHECK(std::ranges::find(found, "Y@b.test") != found.end());
    CHECK(store.decisions.recipients_of("a@a.test", kNow - 10min, kNow, 1).value() ==
          std::vector<std::string>{"z@b.test"});
}

TEST_CASE("old decisions go, whole messages at a time, a few at each writing") {
    Store store;
    const ports::DecisionLimits limits{.keep = std::chrono::days(1), .entries = 1000};
    store.append({message_of("old@a.test", {"a@null.test", "b@null.test"}, kNow - 25h),
                  message_of("new@a.test", {"c@null.test"})},
                 limits);
    CHECK(senders(store.all()) == std::vector<std::string>{"new@a.test"});
    CHECK(store.rows("decision_recipient") == 1);
    // Ids go on: what is written next does not run into what is there.
    store.append({message_of("next@a.test", {"d@null.test"})}, limits);
    CHECK(store.all().back().recipients.front().address == "d@null.test");
    // Nothing is kept at all.
    store.append({}, {.keep = 0s, .entries = 1000});
    CHECK(store.rows("decision_message") == 0);
    CHECK(store.rows("decision_recipient") == 0);
}

TEST_CASE("the number of decisions is bounded by their recipients") {
    Store store;
    const ports::DecisionLimits limits{.keep = std::chrono::days(1), .entries = 1000};
    for (int batch = 0; batch < 30; ++batch) {
        store.append({message_of("a@a.test", std::vector<std::string>(60, "x@null.test")),
                      message_of("b@a.test", std::vector<std::string>(60, "y@null.test"))},
                     limits);
    }
    CHECK(store.rows("decision_recipient") <= 1060);
    CHECK(store.rows("decision_recipient") >= 1000);
    for (const replay::RecordedMessage& message : store.all()) {
        CHECK(message.recipients.size() == 60);
    }
    // A smaller limit is reached by and by.
    for (int batch = 0; batch < 20; ++batch) {
        store.append({}, {.keep = std::chrono::days(1), .entries = 100});
    }
    CHECK(store.rows("decision_recipient") == 120);
}

}  // namespace holdback::io::sqlite
