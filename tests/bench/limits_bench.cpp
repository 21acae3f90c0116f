// SPDX-License-Identifier: Apache-2.0
// What it costs to keep senders within limits: limits_bench ROUNDS. One thread, messages with 1, 10
// and 100 recipients of ten domains. A line for each number of limits that apply: microseconds of
// CPU a recipient for taking room and for counting those who leave, in memory and with the store,
// and the ratio to judging the recipient, measured in the same run.

#include "config/limit.hpp"
#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "flow/outgoing/judging.hpp"
#include "flow/passing_message.hpp"
#include "flow/sender_limits.hpp"
#include "flow/snapshot.hpp"
#include "io/sqlite/senders/sqlite_usage.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_schema.hpp"
#include "limits/limit_set.hpp"
#include "limits/usage.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "outbound/bulk.hpp"
#include "outbound/findings.hpp"
#include "outbound/mail_route.hpp"
#include "ports/log.hpp"
#include "ports/suppression_store.hpp"
#include "ports/usage_store.hpp"
#include "tests/support/small_snapshot.hpp"
#include "tests/support/temp_dir.hpp"

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <ctime>
#include <exception>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace {

using namespace holdback;
using namespace std::chrono_literals;

double cpu_seconds() {
    return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

/// Keeps nothing, so that memory alone is measured.
class NoStore final : public ports::UsageStore {
public:
    core::Result<Stored, ports::StoreError> load(core::TimePoint /*now*/,
                                                 std::size_t /*most_copies*/) override {
        return Stored{};
    }
    core::Result<void, ports::StoreError> add(
        std::span<const limits::UsageChange> /*changes*/,
        std::span<const ports::CountedCopy> /*copies*/) override {
        return {};
    }
    core::Result<void, ports::StoreError> forget(core::TimePoint /*now*/,
                                                 core::TimePoint /*copies_since*/) override {
        return {};
    }
};

class NoLog final : public ports::Log {
public:
    void write(ports::Severity /*severity*/, std::string_view /*line*/) noexcept override {}
};

flow::PassingMessage message_to(std::size_t recipients, std::size_t limits) {
    std::vector<config::Limit> tables;
    for (std::size_t i = 0; i < limits; ++i) {
        tables.push_back({.name = fmt::format("limit-{}", i),
                          .key = i % 2 == 0 ? config::LimitKey::SaslUser : config::LimitKey::Sender,
                          .recipients = {{1'000'000'000, 1h}, {1'000'000'000, 24h}}});
    }
    config::Settings settings;
    settings.mode = config::Mode::Enforce;
    mail::Envelope envelope;
    envelope.sender = mail::Address::parse("news@shop.test", mail::Smtputf8::No)->value;
    for (std::size_t i = 0; i < recipients; ++i) {
        const std::string address = fmt::format("person{}@domain{}.test", i, i % 10);
        envelope.recipients.push_back(
            {.verbatim = fmt::format("<{}>", address),
             .syntax = mail::Address::parse(address, mail::Smtputf8::No)});
    }
    return {
        .snapshot = support::small_snapshot({}, settings, limits::LimitSet(std::move(tables), {})),
        .who = {.user = "ann", .logged_in = true},
        .envelope = std::move(envelope),
        .headers = {}};
}

std::vector<outbound::RecipientFacts> facts_of(const flow::PassingMessage& message) {
    std::vector<outbound::RecipientFacts> facts;
    for (const mail::Recipient& recipient : message.envelope.recipients) {
        outbound::RecipientFacts known{.syntax = recipient.syntax};
        known.route = outbound::MailRoute{
            .kind = outbound::RouteKind::Mx,
            .hosts = {fmt::format("mx.{}", recipient.syntax->value.domain().text())}};
        facts.push_back(std::move(known));
    }
    return facts;
}

/// Microseconds of CPU a recipient.
double keeping(flow::SenderLimits& limits, const flow::PassingMessage& message, int rounds) {
    const auto facts = facts_of(message);
    std::vector<std::size_t> positions(facts.size());
    std::iota(positions.begin(), positions.end(), 0U);
    const double start = cpu_seconds();
    for (int i = 0; i < rounds; ++i) {
        flow::Booking booking;
        const std::string submission = fmt::format("message {}", i);
        static_cast<void>(limits.take({.message = message,
                                       .submission = submission,
                                       .stream = terms::Stream::Bulk,
                                       .facts = facts,
                                       .positions = positions},
                                      booking));
        limits.left(booking, message, positions);
    }
    return (cpu_seconds() - start) * 1e6 / rounds / static_cast<double>(facts.size());
}

double judging(const flow::PassingMessage& message, int rounds) {
    const auto facts = facts_of(message);
    const outbound::StreamDecision stream{.stream = outbound::Stream::Bulk};
    const double start = cpu_seconds();
    std::size_t verdicts = 0;
    for (int i = 0; i < rounds; ++i) {
        verdicts += flow::outgoing::verdicts_of(facts, {}, stream, message.settings()).size();
    }
    const double spent = (cpu_seconds() - start) * 1e6 / rounds / static_cast<double>(facts.size());
    return verdicts > 0 ? spent : 0;
}

void run(int rounds) {
    const support::TempDir directory;
    io::sqlite::Database database{
        {.path = directory.file("bench.db"), .migrations = io::sqlite::schema_steps()}};
    io::sqlite::senders::SqliteUsage store(database);
    NoStore nothing;
    NoLog log;
    core::SystemClock clock;
    fmt::print("recipients limits  memory us  store us  judging us  memory/judging\n");
    for (const std::size_t recipients : {1U, 10U, 100U}) {
        for (const std::size_t limits : {0U, 10U, 100U}) {
            const flow::PassingMessage message = message_to(recipients, limits);
            flow::SenderLimits in_memory({.store = nothing, .log = log, .clock = clock});
            flow::SenderLimits stored({.store = store, .log = log, .clock = clock});
            const double memory = keeping(in_memory, message, rounds);
            const double with_store = keeping(stored, message, rounds / 10 + 1);
            const double judged = judging(message, rounds);
            fmt::print("{:10} {:6} {:10.3f} {:9.3f} {:11.3f} {:15.2f}\n",
                       recipients,
                       limits,
                       memory,
                       with_store,
                       judged,
                       memory / judged);
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    try {
        run(argc > 1 ? std::stoi(argv[1]) : 2000);
    } catch (const std::exception& error) {
        fmt::print(stderr, "limits_bench: {}\n", error.what());
        return 1;
    }
    return 0;
}
