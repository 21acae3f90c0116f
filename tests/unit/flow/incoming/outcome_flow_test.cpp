// SPDX-License-Identifier: Apache-2.0
#include "flow/incoming/outcome_flow.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "flow/incoming/departures.hpp"
#include "flow/incoming/log_silence.hpp"
#include "mail/outcome.hpp"
#include "maillog/log_line.hpp"
#include "ports/journal.hpp"
#include "ports/log_source.hpp"
#include "tests/support/memory_journal.hpp"
#include "tests/support/memory_stores.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace holdback::flow::incoming {

namespace {

using namespace std::chrono_literals;

/// Lines in memory; the position is the number of lines that were read.
class MemorySource final : public ports::LogSource {
public:
    explicit MemorySource(support::ManualClock& manual) : clock(&manual) {}

    [[nodiscard]] std::string name() const override { return source_name; }
    void seek(std::string_view position) override {
        sought.emplace_back(position);
        at = position.empty() ? end : std::stoul(std::string(position));
    }
    [[nodiscard]] ports::LogBatch read(std::size_t most,
                                       core::SteadyPoint deadline,
                                       const std::stop_token& /*stop*/) override {
        ports::LogBatch batch;
        while (at < lines.size() && batch.lines.size() < most) {
            batch.lines.push_back(lines[at++]);
        }
        if (batch.lines.empty() && deadline > clock->steady_now()) {
            if (on_wait) {
                on_wait();
            }
            clock->advance(
                std::chrono::ceil<std::chrono::milliseconds>(deadline - clock->steady_now()));
        }
        batch.position = std::to_string(at);
        batch.trouble = trouble;
        return batch;
    }

    std::string source_name = "file:a";
    std::vector<std::string> lines;
    std::vector<std::string> sought;
    std::string trouble;
    support::ManualClock* clock;
    std::size_t at = 0;
    std::size_t end = 0;  // where an empty position is
    std::function<void()> on_wait;
};

class Listener final : public ports::OutcomeListener {
public:
    [[nodiscard]] bool on_outcome(const ports::JournalEntry& entry,
                                  core::TimePoint /*now*/) override {
        if (deaf) {
            return false;
        }
        heard.push_back(entry);
        return true;
    }
    [[nodiscard]] bool on_dropped(const mail::DroppedMessage& message,
                                  core::TimePoint /*now*/) override {
        if (deaf) {
            return false;
        }
        dropped.push_back(message.queue_id);
        return true;
    }

    bool deaf = false;
    std::vector<std::string> dropped;
    std::vector<ports::JournalEntry> heard;
};

std::string sent(int number, std::string_view relay = "mx.example.net[198.51.100.7]:25") {
    return fmt::format(
        "2023-11-14T22:13:20Z mx postfix/smtp[1]: ABCDE{}: to=<r{}@example.net>, relay={}, "
        "delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 ok)",
        number,
        number,
        relay);
}

struct Fixture {
    support::ManualClock clock{core::TimePoint(1'700'000'000'000ms)};
    support::MemoryJournal journal;
    support::RecordingLog log;
    Listener listener;
    MemorySource source{clock};
    config::Settings settings;
    Departures departures;
    LogSilence silence;
    OutcomeFlow flow = make_flow();

    OutcomeFlow make_flow() {
        return OutcomeFlow({.journal = journal,
                            .departures = departures,
                            .log = log,
                            .clock = clock,
                            .utc_offset = [](core::TimePoint) { return 0s; },
                            .listeners = {&listener},
                            .silence = &silence});
    }
    void leave(std::string_view queue_id, std::string recipient) {
        departures.add(queue_id,
                       Departure(clock.now() - 1s, "news@example.org"),
                       std::array{std::move(recipient)});
    }
    WorkResult work() { return flow.work(source, settings, std::stop_token{}); }
};

}  // namespace

TEST_CASE("lines become outcomes, recorded with their position and told") {
    Fixture f;
    f.source.lines = {
        "2023-11-14T22:13:19Z mx postfix/qmgr[1]: ABCDE1: from=<news@example.org>, "
        "size=1, nrcpt=1 (queue active)",
        sent(1, "mx.google.example[198.51.100.7]:25"),
        "junk",
        sent(2, "filter.example.org[127.0.0.1]:10024")};
    f.leave("ABCDE1", "r1@example.net");
    f.leave("ABCDE2", "r2@example.net");
    CHECK(f.work() == WorkResult::Read);
    REQUIRE(f.journal.entries.size() == 2);
    const ports::JournalEntry& first = f.journal.entries[0];
    CHECK(first.key == "r1@example.net");
    CHECK(first.provider == "google.example");
    CHECK(first.accepted);
    CHECK(first.outcome.sender == "news@example.org");
    CHECK_FALSE(f.journal.entries[1].accepted);
    CHECK(f.journal.entries[1].provider == "example.net");
    CHECK_FALSE(f.journal.entries[1].outcome.sender.has_value());
    CHECK(f.journal.positions.at("file:a") == "4");
    CHECK(f.listener.heard == f.journal.entries);
    CHECK(f.journal.told_up_to == 2);
    const FollowState state = f.flow.state();
    CHECK(state.source == "file:a");
    CHECK(state.lines == 4);
    CHECK(state.sent == 2);
    CHECK(state.position == "4");
    CHECK(state.trouble.empty());
    CHECK(state.newest == core::TimePoint(1'700'000'000'000ms));
    CHECK(f.work() == WorkResult::Idle);
    CHECK(f.listener.heard.size() == 2);
}

TEST_CASE("only lines about mail that left here make a recipient known as good") {
    Fixture f;
    f.leave("ABCDE1", "r1@example.net");
    f.leave("ABCDE2", "other@example.net");
    f.source.lines = {sent(1), sent(2), sent(3)};
    f.work();
    REQUIRE(f.journal.entries.size() == 3);
    CHECK(f.journal.entries[0].accepted);
    CHECK_FALSE(f.journal.entries[1].accepted);  // the message was not to this recipient
    CHECK_FALSE(f.journal.entries[2].accepted);  // nothing left under this queue id
}

TEST_CASE("the sender of a deferred message is known after a restart") {
    Fixture f;
    constexpr std::string_view kTo =
        "2023-11-14T22:13:20Z mx sendmail[1]: ABCDE1: to=<bo@example.net>, delay=00:00:01, "
        "mailer=esmtp, pri=1, relay=mx.example.net. [198.51.100.7], ";
    f.source.lines = {
        "2023-11-14T22:13:20Z mx sendmail[1]: ABCDE1: from=<news@example.org>, size=1, class=0",
        std::string(kTo) + "dsn=4.2.0, stat=Deferred: 450 4.2.0 later"};
    f.work();
    OutcomeFlow next = f.make_flow();
    f.source.lines.push_back(std::string(kTo) + "dsn=2.0.0, stat=Sent (ok)");
    next.work(f.source, f.settings, std::stop_token{});
    REQUIRE(f.journal.entries.size() == 2);
    CHECK(f.journal.entries[1].outcome.sender == "news@example.org");
}

TEST_CASE("how much was read, how late and when is told, and that mail was heard of") {
    Fixture f;
    f.silence.mail_left(f.clock.steady_now());
    f.clock.advance(70s);
    REQUIRE(f.silence.lasts(f.clock.steady_now()).has_value());
    f.source.lines = {"junk"};
    static_cast<void>(f.work());
    CHECK(f.flow.state().lines == 1);
    CHECK(f.flow.state().mail_lines == 0);
    CHECK_FALSE(f.flow.state().lag.has_value());
    // Nothing that left before the log was followed counts.
    CHECK_FALSE(f.silence.lasts(f.clock.steady_now()).has_value());
    f.silence.mail_left(f.clock.steady_now());
    f.clock.advance(70s);
    CHECK(f.silence.to_tell(f.clock.steady_now()).has_value());
    const core::TimePoint read_at = f.clock.now();
    f.source.lines.push_back(sent(1));
    static_cast<void>(f.work());
    CHECK(f.flow.state().mail_lines == 1);
    CHECK(f.flow.state().last_line == read_at);
    CHECK(f.flow.state().lag ==
          std::chrono::floor<std::chrono::seconds>(read_at - core::TimePoint(1'700'000'000'000ms)));
    CHECK(f.log.has("maillog: the log tells of mail again"));
    CHECK_FALSE(f.silence.lasts(f.clock.steady_now() + 1h).has_value());
}

TEST_CASE("what keeps the log from being read is told before anything is waited for") {
    Fixture f;
    f.source.trouble = "/var/log/mail.log: Permission denied";
    std::string told;
    f.source.on_wait = [&] { told = f.flow.state().trouble; };
    CHECK(f.work() == WorkResult::Trouble);
    CHECK(told == f.source.trouble);
    CHECK(f.log.has("maillog: \"/var/log/mail.log: Permission denied\""));
}

TEST_CASE("what Sendmail's sendmail(1) hands to the daemon is no outcome") {
    constexpr std::string_view kMx = "2023-11-14T22:13:20Z mx ";
    constexpr std::string_view kFrom = ": from=news@example.org, size=1, class=0, nrcpts=1, relay=";
    constexpr std::string_view kTo =
        ": to=bo@example.net, delay=00:00:01, mailer=relay, pri=1, relay=";
    constexpr std::string_view kTaken =
        "[127.0.0.1] [127.0.0.1], dsn=2.0.0, stat=Sent (ABCDE9 Message accepted for delivery)";
    constexpr std::string_view kRefused =
        "[127.0.0.1] [127.0.0.1], dsn=5.1.2, reply=550 5.1.2 no such domain, stat=Host unknown";
    struct Row {
        std::string_view what;
        std::string from;
        std::string to;
        std::size_t want;
    };
    const std::vector<Row> rows{
        {"taken",
         fmt::format("sendmail[1]: ABCDE1{}root@localhost", kFrom),
         fmt::format("sendmail[1]: ABCDE1{}{}", kTo, kTaken),
         0},
        {"refused, perhaps by us",
         fmt::format("sendmail[1]: ABCDE1{}www-data@localhost", kFrom),
         fmt::format("sendmail[1]: ABCDE1{}{}", kTo, kRefused),
         0},
        {"by the client's queue runner, days later",
         "",
         fmt::format("sm-msp-queue[1]: ABCDE1{}{}", kTo, kRefused),
         0},
        {"not even looked up",
         fmt::format("sendmail[1]: ABCDE1{}root@localhost", kFrom),
         "sendmail[1]: ABCDE1: to=bo@example.net, delay=00:00:00, mailer=esmtp, pri=1, dsn=4.4.3, "
         "stat=queued",
         0},
        {"delivered by the program itself",
         fmt::format("sendmail[1]: ABCDE1{}root@localhost", kFrom),
         fmt::format("sendmail[1]: ABCDE1{}mx.example.net. [192.0.2.25], dsn=2.0.0, stat=Sent",
                     kTo),
         1},
        {"to a local mailbox by LMTP",
         fmt::format("sendmail[1]: ABCDE1{}root@localhost", kFrom),
         "sendmail[1]: ABCDE1: to=bo, delay=00:00:01, mailer=cyrusv2, pri=1, relay=[127.0.0.1] "
         "[127.0.0.1], dsn=2.0.0, stat=Sent",
         1},
        {"came by SMTP, for a filter",
         fmt::format("sm-mta[1]: ABCDE1{}localhost [127.0.0.1]", kFrom),
         fmt::format("sm-mta[1]: ABCDE1{}{}", kTo, kTaken),
         1},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        Fixture f;
        f.source.lines = {std::string(kMx) + row.from, std::string(kMx) + row.to};
        f.work();
        CHECK(f.journal.entries.size() == row.want);
        CHECK(f.listener.heard.size() == row.want);
    }
}

TEST_CASE("what is kept, and for how long, is what the settings say") {
    Fixture f;
    f.settings.journal.keep = std::chrono::days(3);
    f.settings.journal.entries = 5000;
    f.settings.outage.known_good = std::chrono::days(200);
    f.source.lines.push_back(sent(1));
    f.work();
    CHECK(f.journal.limits.keep == std::chrono::days(3));
    CHECK(f.journal.limits.entries == 5000);
    CHECK(f.journal.limits.known_good == std::chrono::days(200));
}

TEST_CASE("a batch has 500 lines at most, and one transaction") {
    Fixture f;
    for (int i = 0; i < 1200; ++i) {
        f.source.lines.push_back(sent(i));
    }
    f.work();
    CHECK(f.journal.entries.size() == 500);
    CHECK(f.journal.transactions == 2);  // the first says where we begin
    f.work();
    f.work();
    CHECK(f.journal.entries.size() == 1200);
    CHECK(f.journal.transactions == 4);
    CHECK(f.listener.heard.size() == 1200);
}

TEST_CASE("a start goes on where the last process recorded its position") {
    Fixture f;
    f.source.lines = {sent(1), sent(2)};
    f.work();
    OutcomeFlow next = f.make_flow();
    f.source.lines.push_back(sent(3));
    next.work(f.source, f.settings, std::stop_token{});
    CHECK(f.source.sought == std::vector<std::string>{"", "2"});
    CHECK(f.journal.entries.size() == 3);
}

TEST_CASE("where a log is first taken up is recorded before anything is waited for") {
    Fixture f;
    f.source.end = 7;
    std::optional<std::string> recorded;
    f.source.on_wait = [&] { recorded = f.journal.positions.at("file:a"); };
    CHECK(f.work() == WorkResult::Idle);
    CHECK(recorded == "7");
}

TEST_CASE("what could not be recorded is recorded when the store is back, once") {
    Fixture f;
    f.source.lines = {sent(1)};
    f.journal.trouble.begin("disk full");
    CHECK(f.work() == WorkResult::Trouble);
    CHECK(f.flow.state().trouble == "disk full");
    CHECK(f.log.has("disk full"));
    f.log.clear();
    CHECK(f.work() == WorkResult::Trouble);
    CHECK(f.log.lines().empty());
    f.source.lines.push_back(sent(2));
    f.journal.trouble.end();
    CHECK(f.work() == WorkResult::Read);
    CHECK(f.journal.entries.size() == 2);
    CHECK(f.listener.heard.size() == 2);
    CHECK(f.flow.state().trouble.empty());
}

TEST_CASE("a listener that cannot listen is told again, in order") {
    Fixture f;
    f.source.lines = {sent(1)};
    f.listener.deaf = true;
    CHECK(f.work() == WorkResult::Trouble);
    CHECK(f.journal.entries.size() == 1);
    f.source.lines.push_back(sent(2));
    f.listener.deaf = false;
    f.work();
    REQUIRE(f.listener.heard.size() == 2);
    CHECK(f.listener.heard[0].key == "r1@example.net");
    CHECK(f.listener.heard[1].key == "r2@example.net");
}

TEST_CASE("a message that was dropped is told before its line counts as read") {
    Fixture f;
    f.source.lines = {
        "2023-11-14T22:13:19Z mx postfix/cleanup[1]: ABCDE1: milter-discard: END-OF-MESSAGE from "
        "localhost[127.0.0.1]: milter triggers DISCARD action; from=<news@example.org>",
        sent(1)};
    f.listener.deaf = true;
    CHECK(f.work() == WorkResult::Trouble);
    CHECK(f.journal.entries.empty());
    CHECK(f.journal.positions.at("file:a") == "0");
    f.listener.deaf = false;
    CHECK(f.work() == WorkResult::Idle);
    CHECK(f.listener.dropped == std::vector<std::string>{"ABCDE1"});
    CHECK(f.journal.entries.size() == 1);
    CHECK(f.journal.positions.at("file:a") == "2");
}

TEST_CASE("what the last process recorded and did not tell is told at the start") {
    Fixture f;
    f.source.lines = {sent(1)};
    f.work();
    f.journal.told_up_to = 0;
    f.listener.heard.clear();
    OutcomeFlow next = f.make_flow();
    next.work(f.source, f.settings, std::stop_token{});
    REQUIRE(f.listener.heard.size() == 1);
    CHECK(f.listener.heard[0].id == 1);
}

TEST_CASE("lines that say nothing move the position every ten seconds") {
    Fixture f;
    f.source.lines = {"junk"};
    f.work();
    CHECK(f.journal.transactions == 1);
    f.source.lines.emplace_back("junk");
    f.work();
    CHECK(f.journal.transactions == 1);
    f.clock.advance(10s);
    f.work();
    CHECK(f.journal.transactions == 2);
    CHECK(f.journal.positions.at("file:a") == "2");
    f.clock.advance(10s);
    f.work();
    CHECK(f.journal.transactions == 2);
}

TEST_CASE("a source that cannot be read is a warning, and is tried again") {
    Fixture f;
    f.source.trouble = "/var/log/mail.log: Permission denied";
    CHECK(f.work() == WorkResult::Trouble);
    CHECK(f.log.has("Permission denied"));
    f.source.trouble.clear();
    f.source.lines = {sent(1)};
    CHECK(f.work() == WorkResult::Read);
    CHECK(f.flow.state().trouble.empty());
}

TEST_CASE("another source has a position of its own") {
    Fixture f;
    f.source.lines = {sent(1)};
    f.work();
    f.source.source_name = "journal";
    f.work();
    CHECK(f.source.sought == std::vector<std::string>{"", ""});
    CHECK(f.flow.state().source == "journal");
    f.flow.end();
    CHECK(f.flow.state().source.empty());
}

TEST_CASE("the senders of many messages take bounded memory") {
    RecentMessages messages;
    for (int i = 0; i < 30'000; ++i) {
        messages.remember({.queue_id = std::to_string(i), .sender = "a"}, maillog::Intake::Program);
    }
    CHECK(messages.find("1") == nullptr);
    for (const std::string queue_id : {"29999", "20001"}) {
        REQUIRE(messages.find(queue_id) != nullptr);
        CHECK(messages.find(queue_id)->sender == "a");
        CHECK(messages.find(queue_id)->intake == maillog::Intake::Program);
    }
}

}  // namespace holdback::flow::incoming
