// SPDX-License-Identifier: Apache-2.0
#include "flow/outgoing/decision_recorder.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "mail/address.hpp"
#include "mail/syntax.hpp"
#include "ports/decision_log.hpp"
#include "ports/suppression_store.hpp"
#include "replay/recorded.hpp"
#include "tests/support/memory_stores.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::flow::outgoing {

namespace {

/// Counts what comes.
class CountingLog final : public ports::DecisionLog {
public:
    core::Result<void, ports::StoreError> append(std::span<const replay::RecordedMessage> messages,
                                                 const ports::DecisionLimits& limits,
                                                 core::TimePoint /*now*/) override {
        if (away) {
            return std::unexpected(ports::StoreError{"it is away"});
        }
        batches.push_back(messages.size());
        for (const replay::RecordedMessage& message : messages) {
            recipients.push_back(message.recipients.size());
        }
        last_limits = limits;
        return {};
    }
    [[nodiscard]] core::Result<std::int64_t, ports::StoreError> count(
        const ports::DecisionFilter& /*filter*/) const override {
        return 0;
    }
    core::Result<void, ports::StoreError> visit(
        const ports::DecisionFilter& /*filter*/,
        const std::function<bool(const replay::RecordedMessage&)>& /*visit*/) const override {
        return {};
    }
    [[nodiscard]] core::Result<std::vector<replay::RecordedMessage>, ports::StoreError> of_queue_id(
        std::string_view /*queue_id*/, std::size_t /*most*/) const override {
        return {};
    }
    [[nodiscard]] core::Result<std::vector<std::string>, ports::StoreError> recipients_of(
        std::string_view /*sender*/,
        core::TimePoint /*from*/,
        core::TimePoint /*until*/,
        std::size_t /*most*/) const override {
        return {};
    }

    bool away = false;
    std::vector<std::size_t> batches;
    std::vector<std::size_t> recipients;  // of each message
    ports::DecisionLimits last_limits;
};

struct House {
    support::ManualClock clock;
    support::RecordingLog log;
    CountingLog store;
    DecisionRecorder recorder{{.store = store, .log = log, .clock = clock}};
};

replay::RecordedMessage message_of(std::size_t recipients) {
    replay::RecordedMessage message;
    for (std::size_t i = 0; i < recipients; ++i) {
        message.recipients.push_back(
            {.address = "a@b.test",
             .mailer = {},
             .facts = {.syntax = mail::Address::parse("a@b.test", mail::Smtputf8::No)}});
    }
    return message;
}

}  // namespace

TEST_CASE("decisions wait in memory and are written in short transactions") {
    House house;
    config::JournalSettings settings;
    settings.decisions = std::chrono::days(3);
    settings.decision_entries = 5000;
    for (int i = 0; i < 5; ++i) {
        house.recorder.note(message_of(600));
    }
    CHECK(house.store.batches.empty());
    CHECK(house.recorder.counts().waiting == 3000);
    house.recorder.work(settings);
    CHECK(house.store.batches == std::vector<std::size_t>{2, 2, 1});
    CHECK(house.store.last_limits.keep == std::chrono::days(3));
    CHECK(house.store.last_limits.entries == 5000);
    CHECK(house.recorder.counts().recorded == 3000);
    CHECK(house.recorder.counts().waiting == 0);
    // Nothing came: the store forgets once a minute.
    house.store.batches.clear();
    house.recorder.work(settings);
    CHECK(house.store.batches.empty());
    house.clock.advance(std::chrono::minutes(1));
    house.recorder.work(settings);
    CHECK(house.store.batches == std::vector<std::size_t>{0});
}

TEST_CASE("what finds no room is dropped, counted and told of once a minute") {
    House house;
    house.recorder.note(message_of(DecisionRecorder::kMostWaiting - 1));
    house.recorder.note(message_of(2));
    house.recorder.note(message_of(2));
    house.recorder.note(message_of(1));
    CHECK(house.recorder.counts().waiting == DecisionRecorder::kMostWaiting);
    CHECK(house.recorder.counts().dropped == 4);
    CHECK(house.log.has("journal: decisions are not remembered"));
    CHECK(house.log.has("dropped=2"));
    CHECK_FALSE(house.log.has("dropped=4"));
}

TEST_CASE("while the store is away decisions wait in their order, and mail does not") {
    House house;
    house.store.away = true;
    house.recorder.note(message_of(1500));
    house.recorder.note(message_of(7));
    house.recorder.work({});
    house.recorder.note(message_of(3));
    house.recorder.work({});
    CHECK(house.recorder.counts().dropped == 0);
    CHECK(house.recorder.counts().waiting == 1510);
    CHECK(house.log.has("it is away"));
    CHECK(house.log.has("waiting=1507"));
    // There is an end to it.
    house.recorder.note(message_of(DecisionRecorder::kMostWaiting));
    CHECK(house.recorder.counts().dropped == DecisionRecorder::kMostWaiting);
    house.store.away = false;
    house.recorder.work({});
    CHECK(house.recorder.counts().recorded == 1510);
    CHECK(house.recorder.counts().waiting == 0);
    CHECK(house.store.recipients == std::vector<std::size_t>{1500, 7, 3});
}

}  // namespace holdback::flow::outgoing
