// SPDX-License-Identifier: Apache-2.0
#include "flow/incoming/departures.hpp"

#include "config/policy.hpp"
#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "mail/address.hpp"
#include "mail/header.hpp"
#include "mail/syntax.hpp"
#include "ports/decision_log.hpp"
#include "ports/suppression_store.hpp"
#include "replay/recorded.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::flow::incoming {

namespace {

constexpr core::TimePoint kNow{std::chrono::seconds(1'790'000'000)};

void leave(Departures& departures,
           std::string_view queue_id,
           const std::vector<std::string>& recipients,
           std::string sender = "news@example.org",
           core::TimePoint at = kNow) {
    departures.add(queue_id, Departure(at, std::move(sender)), recipients);
}

bool has(const Departures& departures, std::string_view queue_id, std::string_view recipient) {
    const auto found = departures.find(queue_id, kNow);
    return found != nullptr && found->is_to(recipient);
}

/// A store with one message.
class OneDecision final : public ports::DecisionLog {
public:
    core::Result<void, ports::StoreError> append(
        std::span<const replay::RecordedMessage> /*messages*/,
        const ports::DecisionLimits& /*limits*/,
        core::TimePoint /*now*/) override {
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
        std::string_view queue_id, std::size_t /*most*/) const override {
        if (queue_id != message.queue_id) {
            return {};
        }
        return std::vector{message};
    }
    [[nodiscard]] core::Result<std::vector<std::string>, ports::StoreError> recipients_of(
        std::string_view /*sender*/,
        core::TimePoint /*from*/,
        core::TimePoint /*until*/,
        std::size_t /*most*/) const override {
        return {};
    }

    replay::RecordedMessage message;
};

replay::RecordedRecipient decided(std::string address, config::PolicyAction action) {
    replay::RecordedRecipient recipient{
        .facts = {.syntax = std::unexpected(mail::SyntaxError::Empty)}};
    recipient.address = std::move(address);
    recipient.action = action;
    return recipient;
}

}  // namespace

TEST_CASE("a departure is known by queue id and recipient") {
    Departures departures;
    leave(departures, "4Xk2", {"bo@example.net", "eva@example.net"});
    leave(departures, "4Xk2", {"ida@example.net"});
    leave(departures, "", {"jan@example.net"});
    CHECK(has(departures, "4Xk2", "bo@example.net"));
    CHECK(has(departures, "4Xk2", "ida@example.net"));
    CHECK_FALSE(has(departures, "4Xk2", "jan@example.net"));
    CHECK_FALSE(has(departures, "4Xk3", "bo@example.net"));
    CHECK_FALSE(has(departures, "", "jan@example.net"));
    CHECK(departures.find("4Xk2", kNow)->recipients_in("example.net") == 3);
    CHECK(departures.find("4Xk2", kNow)->recipients_in("example.org") == 0);
}

TEST_CASE("a queue id that comes again is another message's") {
    Departures departures;
    leave(departures, "4F", {"bo@example.net"});
    leave(departures, "4F", {"eva@example.net"}, "other@example.org");
    CHECK_FALSE(has(departures, "4F", "bo@example.net"));
    CHECK(has(departures, "4F", "eva@example.net"));
    CHECK(departures.find("4F", kNow - std::chrono::hours(1)) == nullptr);
    CHECK(departures.find("4F", kNow + std::chrono::days(13)) != nullptr);
    CHECK(departures.find("4F", kNow + std::chrono::days(15)) == nullptr);
}

TEST_CASE("a returned header is that of the message when nothing secret is missing") {
    mail::HeaderList sent;
    sent.add("Message-Id", " <1@example.org>");
    sent.add("Subject", " Numbers\r\n of July");
    Departure departure(kNow, "news@example.org");
    mail::HeaderList returned;
    CHECK_FALSE(departure.is_returned_in(returned));
    departure.remember(sent);
    returned.add("Subject", " Numbers of July");
    CHECK_FALSE(departure.is_returned_in(returned));
    returned.add("Message-ID", "<1@example.org>");
    CHECK(departure.is_returned_in(returned));
    returned.add("Date", " Mon, 06 Jul 2026 10:00:00 +0000");
    CHECK(departure.is_returned_in(returned));  // added behind us
    departure.remember({});
    CHECK_FALSE(departure.is_returned_in(returned));
}

TEST_CASE("after a restart the decisions tell who left") {
    OneDecision store;
    store.message.queue_id = "4Xk2";
    store.message.at = kNow;
    store.message.mode = config::Mode::Enforce;
    store.message.sender =
        mail::Address::parse("News@example.org", mail::Smtputf8::No).value().value;
    store.message.recipients = {decided("Bo@Example.net", config::PolicyAction::Pass),
                                decided("eva@example.net", config::PolicyAction::Tag),
                                decided("ida@example.net", config::PolicyAction::Hold),
                                decided("jan@example.net", config::PolicyAction::Reject)};
    store.message.recipients.push_back(decided("kai@example.net", config::PolicyAction::Hold));
    store.message.recipients.back().overridden = true;
    const Departures departures(&store);
    CHECK(has(departures, "4Xk2", "bo@example.net"));
    CHECK(has(departures, "4Xk2", "eva@example.net"));
    CHECK_FALSE(has(departures, "4Xk2", "ida@example.net"));
    CHECK_FALSE(has(departures, "4Xk2", "jan@example.net"));
    CHECK(has(departures, "4Xk2", "kai@example.net"));
    CHECK_FALSE(has(departures, "4Xk3", "bo@example.net"));
    CHECK(departures.find("4Xk2", kNow)->recipients() == 3);
    CHECK(departures.find("4Xk2", kNow)->sender() == "news@example.org");
    store.message.mode = config::Mode::Shadow;
    CHECK(has(departures, "4Xk2", "ida@example.net"));
}

TEST_CASE("the oldest departures are forgotten first") {
    Departures departures(nullptr, 4);
    const std::vector<std::string> two{"bo@example.net", "eva@example.net"};
    leave(departures, "1", two);
    leave(departures, "2", two);
    CHECK(has(departures, "1", "bo@example.net"));
    leave(departures, "3", two);
    CHECK_FALSE(has(departures, "1", "bo@example.net"));
    CHECK(has(departures, "2", "eva@example.net"));
    CHECK(has(departures, "3", "eva@example.net"));
    // One message may be larger than the whole room; it is kept while it is the last.
    leave(departures, "4", {"a@a.test", "b@a.test", "c@a.test", "d@a.test", "e@a.test"});
    CHECK(has(departures, "4", "e@a.test"));
    CHECK_FALSE(has(departures, "3", "eva@example.net"));
}

}  // namespace holdback::flow::incoming
