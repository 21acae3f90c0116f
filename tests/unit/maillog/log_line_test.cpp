// SPDX-License-Identifier: Apache-2.0
#include "maillog/log_line.hpp"

#include "core/clock.hpp"
#include "mail/outcome.hpp"

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace holdback::maillog {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

core::TimePoint at(int year, int month, int day, int hour, int minute, int second) {
    const std::chrono::year_month_day date{std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    return std::chrono::sys_days(date) + hours(hour) + minutes(minute) + seconds(second);
}

LogClock clock_at(core::TimePoint now, seconds offset = seconds(0)) {
    return {.now = now, .utc_offset = offset};
}

}  // namespace

TEST_CASE("lines of all usual forms are taken apart") {
    struct Row {
        std::string_view line;
        core::TimePoint want;
        std::string_view program;
    };
    const auto rows = std::to_array<Row>({
        {"Nov 22 21:41:20 mx postfix/smtp[123]: hello",
         at(2026, 11, 22, 20, 41, 20),
         "postfix/smtp"},
        {"<22>Nov 22 21:41:20 postfix/smtp[123]: hello",
         at(2026, 11, 22, 20, 41, 20),
         "postfix/smtp"},
        {"Nov  2 21:41:20 mx sendmail[9]: hello", at(2026, 11, 2, 20, 41, 20), "sendmail"},
        {"Nov 2 21:41:20 mx sm-mta: hello", at(2026, 11, 2, 20, 41, 20), "sm-mta"},
        {"2026-11-22T21:41:20.123456+02:00 mx postfix-out/smtp[1]: hello",
         at(2026, 11, 22, 19, 41, 20) + milliseconds(123),
         "postfix-out/smtp"},
        {"2026-11-22T21:41:20.5-0500 mx a/b[1]: hello",
         at(2026, 11, 23, 2, 41, 20) + milliseconds(500),
         "a/b"},
        {"2026-11-22T21:41:20Z mx a/b[1]: hello", at(2026, 11, 22, 21, 41, 20), "a/b"},
        {"2026-11-22 21:41:20 mx a/b[1]: hello", at(2026, 11, 22, 20, 41, 20), "a/b"},
        {"<22>1 2026-11-22T21:41:20.123Z mx postfix/smtp 123 - - hello",
         at(2026, 11, 22, 21, 41, 20) + milliseconds(123),
         "postfix/smtp"},
        {R"(1 2026-11-22T21:41:20Z mx postfix/smtp 1 - [a b="] \" x"][c] hello)",
         at(2026, 11, 22, 21, 41, 20),
         "postfix/smtp"},
        {"<22>1 2026-11-22T21:41:20Z mx postfix/smtp 1 - - \xEF\xBB\xBFhello",
         at(2026, 11, 22, 21, 41, 20),
         "postfix/smtp"},
    });
    const LogClock clock = clock_at(at(2026, 11, 22, 22, 0, 0), hours(1));
    for (const Row& row : rows) {
        CAPTURE(row.line);
        const std::optional<LogLine> line = parse_log_line(row.line, clock);
        REQUIRE(line.has_value());
        CHECK(line->at == row.want);
        CHECK(line->program == row.program);
        CHECK(line->message == "hello");
    }
}

TEST_CASE("what is no log line gives nothing") {
    const LogClock clock = clock_at(at(2026, 11, 22, 22, 0, 0));
    for (const std::string_view line : {"",
                                        " ",
                                        "<",
                                        "<22",
                                        "<22>",
                                        "hello",
                                        "Nov",
                                        "Nov 22",
                                        "Nov 22 21:41:20",
                                        "Nov 22 21:41:20 mx",
                                        "Nov 22 21:41:20 mx hello",
                                        "Nov 31 21:41:20 mx a: hello",
                                        "Nov 22 24:41:20 mx a: hello",
                                        "Nov 22 21:41 mx a: hello",
                                        "ovN 22 21:41:20 mx a: hello",
                                        "2026-13-22T21:41:20Z mx a: hello",
                                        "2026-11-22T21:41:20+99:00 mx a: hello",
                                        "2026-11-22T21:41:20Zmx a: hello",
                                        "<22>1 2026-11-22T21:41:20Z mx a 1 - [x hello",
                                        "<22>1 - mx a 1 - - hello"}) {
        CAPTURE(line);
        CHECK_FALSE(parse_log_line(line, clock).has_value());
    }
}

TEST_CASE("a time without a year is the latest that is not over a day ahead") {
    struct Row {
        std::string_view line;
        core::TimePoint now;
        core::TimePoint want;
    };
    const auto rows = std::to_array<Row>({
        {"Dec 31 23:59:59 mx a: x", at(2027, 1, 1, 0, 0, 5), at(2026, 12, 31, 23, 59, 59)},
        {"Jan  1 00:00:05 mx a: x", at(2026, 12, 31, 23, 59, 59), at(2027, 1, 1, 0, 0, 5)},
        {"Jan  3 00:00:05 mx a: x", at(2026, 12, 31, 23, 59, 59), at(2026, 1, 3, 0, 0, 5)},
        {"Nov 23 20:00:00 mx a: x", at(2026, 11, 22, 21, 0, 0), at(2026, 11, 23, 20, 0, 0)},
        {"Nov 24 20:00:00 mx a: x", at(2026, 11, 22, 21, 0, 0), at(2025, 11, 24, 20, 0, 0)},
        {"Feb 29 10:00:00 mx a: x", at(2027, 11, 22, 21, 0, 0), at(2024, 2, 29, 10, 0, 0)},
    });
    for (const Row& row : rows) {
        CAPTURE(row.line);
        const std::optional<LogLine> line = parse_log_line(row.line, clock_at(row.now));
        REQUIRE(line.has_value());
        CHECK(line->at == row.want);
    }
}

TEST_CASE("lines of Postfix that are no attempts give nothing") {
    const LogClock clock = clock_at(at(2026, 11, 22, 22, 0, 0));
    constexpr std::string_view kPrefix = "Nov 22 21:41:20 mx postfix/smtp[1]: ";
    for (const std::string_view message :
         {"4XkQ2z: removed",
          "4XkQ2z: to=<",
          "4XkQ2z: to=<a@b.example",
          "4XkQ2z: to=<a@b.example>",
          "4XkQ2z: to=<a@b.example>, relay=none",
          "4XkQ2z: to=<a@b.example>, relay=none, status",
          "4XkQ2z: to=<a@b.example>, relay=none, status=",
          "4XkQ2z: to=<a@b.example>, relay=none, dsn=5.1.1, status=expired (too old)",
          "4XkQ2z: to=<a@b.example>, relay=none, dsn=2.1.5, status=deliverable (ok)",
          "4XkQ2z: to=<a@b.example>, relay=none, dsn=5.1.1, status=undeliverable (no)",
          R"(4XkQ2z: to=<"a@b.example>, relay=none, dsn=2.0.0, status=sent (x))",
          "4XkQ2z: to=<>, relay=none, dsn=2.0.0, status=sent (x)",
          "4XkQ2z: to=<a@b.example> (x), relay=none, dsn=2.0.0, status=sent (x)",
          "NOQUEUE: reject: RCPT from x[192.0.2.1]: 550 5.1.1 <a@b.example>: no; to=<a@b.example>",
          "warning: 4XkQ2z: to=<a@b.example>, relay=none, dsn=2.0.0, status=sent (x)"}) {
        CAPTURE(message);
        CHECK(read_maillog_line(std::string(kPrefix) + std::string(message), clock) == LogFacts{});
    }
}

TEST_CASE("fields of later Postfix versions are read over, and a cut line still counts") {
    const LogClock clock = clock_at(at(2026, 11, 22, 22, 0, 0));
    const LogFacts facts = read_maillog_line(
        "Nov 22 21:41:20 mx postfix/relay/smtp[1]: 4XkQ2z: to=<A@b.example>, "
        "relay=MX.b.example[2001:db8::1]:25, tls=dane, delay=1, delays=0/0/0/1, dsn=5.1.1, "
        "status=bounced (host MX.b.example[2001:db8::1] said: 550 5.1.1 No su",
        clock);
    REQUIRE(facts.outcomes.size() == 1);
    const mail::MtaOutcome& outcome = facts.outcomes.front();
    CHECK(outcome.at == at(2026, 11, 22, 21, 41, 20));
    CHECK(outcome.recipient == "A@b.example");
    CHECK(outcome.mailer == "smtp");
    CHECK(outcome.relay == "mx.b.example");
    CHECK(outcome.relay_address == "2001:db8::1");
    CHECK(outcome.relay_port == 25);
    CHECK(outcome.reply.value().line() == "550 5.1.1 No su");
    CHECK_FALSE(outcome.sender.has_value());
}

TEST_CASE("the queue manager tells the sender of a message") {
    const LogClock clock = clock_at(at(2026, 11, 22, 22, 0, 0));
    CHECK(read_maillog_line("Nov 22 21:41:20 mx postfix/qmgr[1]: 4XkQ2z: "
                            "from=<\"a>b\"@c.example>, size=3, nrcpt=1 (queue active)",
                            clock)
              .queued == mail::QueuedMessage{.queue_id = "4XkQ2z", .sender = R"("a>b"@c.example)"});
    CHECK(read_maillog_line(
              "Nov 22 21:41:20 mx postfix/qmgr[1]: 4XkQ2z: from=<>, size=3, nrcpt=1 (queue active)",
              clock)
              .queued == mail::QueuedMessage{.queue_id = "4XkQ2z", .sender = ""});
    CHECK(read_maillog_line("Nov 22 21:41:20 mx sm-mta[1]: 4ABCDE: from=<a@c.example>, size=3, "
                            "class=0, nrcpts=1",
                            clock)
              .queued == mail::QueuedMessage{.queue_id = "4ABCDE", .sender = "a@c.example"});
}

TEST_CASE("a message that was refused at its end is none that was dropped") {
    const LogClock clock = clock_at(at(2026, 11, 22, 22, 0, 0));
    struct Row {
        std::string_view line;
        bool want;
    };
    const auto rows = std::to_array<Row>({
        {"postfix/cleanup[1]: 4XkQ2z: milter-reject: END-OF-MESSAGE from x[127.0.0.1]: 4.7.1 "
         "Service unavailable - try again later; from=<a@c.example> to=<bo@d.example> proto=ESMTP",
         true},
        {"postfix/cleanup[1]: 4XkQ2z: reject: header Subject: x from x[127.0.0.1]; from=<a@c.test>",
         true},
        {"postfix/smtpd[1]: 4XkQ2z: reject: END-OF-MESSAGE from x[127.0.0.1]: 451 4.7.1", true},
        {"sm-mta[1]: 4XkQ2z: Milter: data, reject=451 4.3.2 Please try again later", true},
        {"postfix/smtpd[1]: 4XkQ2z: reject: RCPT from x[127.0.0.1]: 550 5.1.1", false},
        {"postfix/smtpd[1]: 4XkQ2z: milter-reject: RCPT from x[127.0.0.1]: 550 5.1.1", false},
        {"postfix/cleanup[1]: 4XkQ2z: milter-discard: END-OF-MESSAGE from x[127.0.0.1]: x", false},
        {"sm-mta[1]: 4XkQ2z: Milter: to=<a@b.example>, reject=550 5.1.1 no", false},
        {"sm-mta[1]: 4XkQ2z: Milter: data, discard", false},
    });
    for (const Row& row : rows) {
        CAPTURE(row.line);
        const LogFacts facts =
            read_maillog_line(fmt::format("Nov 22 21:41:20 mx {}", row.line), clock);
        CHECK(facts.refused.has_value() == row.want);
        CHECK_FALSE((facts.dropped.has_value() && facts.refused.has_value()));
        if (facts.refused.has_value()) {
            CHECK(facts.refused ==
                  mail::DroppedMessage{.queue_id = "4XkQ2z", .at = at(2026, 11, 22, 21, 41, 20)});
        }
    }
}

TEST_CASE("a message that was dropped as a milter told the MTA to") {
    const LogClock clock = clock_at(at(2026, 11, 22, 22, 0, 0));
    struct Row {
        std::string_view line;
        bool want;
    };
    const auto rows = std::to_array<Row>({
        {"postfix/cleanup[1]: 4XkQ2z: milter-discard: END-OF-MESSAGE from localhost[127.0.0.1]: "
         "milter triggers DISCARD action; from=<a@c.example> to=<bo@d.example> proto=ESMTP",
         true},
        {"sm-mta[1]: 4XkQ2z: Milter: data, discard", true},
        {"sm-mta[1]: 4XkQ2z: milter=holdback, discard", true},
        {"sm-mta[1]: 4XkQ2z: Milter: from=<a@c.example>, Milter: data, discard", false},
        {"postfix/cleanup[1]: 4XkQ2z: milter-discard: RCPT from localhost[127.0.0.1]: x", false},
        {"postfix/cleanup[1]: 4XkQ2z: milter-reject: END-OF-MESSAGE from x[127.0.0.1]: 4.7.1",
         false},
        {"postfix/smtpd[1]: 4XkQ2z: milter-discard: END-OF-MESSAGE from x[127.0.0.1]: y", false},
        {"postfix/cleanup[1]: 4XkQ2z: warning: header X: "
         "milter-discard: END-OF-MESSAGE from x",
         false},
        {"sm-mta[1]: 4XkQ2z: milter=holdback, reject=451 4.3.2 later", false},
        {"sm-mta[1]: 4XkQ2z: Milter (x): to=<a@b.example>, discard", false},
    });
    for (const Row& row : rows) {
        CAPTURE(row.line);
        const LogFacts facts =
            read_maillog_line(fmt::format("Nov 22 21:41:20 mx {}", row.line), clock);
        CHECK(facts.dropped.has_value() == row.want);
        if (facts.dropped.has_value()) {
            CHECK(facts.dropped ==
                  mail::DroppedMessage{.queue_id = "4XkQ2z", .at = at(2026, 11, 22, 21, 41, 20)});
        }
    }
}

TEST_CASE("Sendmail's lines tell which messages sendmail(1) has taken") {
    const LogClock clock = clock_at(at(2026, 11, 22, 22, 0, 0));
    struct Row {
        std::string_view line;
        Intake want;
    };
    const auto rows = std::to_array<Row>({
        {"sendmail[1]: 4ABCDE: from=root, size=3, class=0, nrcpts=1, relay=root@localhost",
         Intake::Program},
        {"sendmail[1]: 4ABCDE: from=a@c.example, size=3, class=0, nrcpts=1, "
         "relay=localhost [[UNIX: localhost]]",
         Intake::Program},
        {"sm-mta[1]: 4ABCDE: from=a@c.example, size=3, class=0, nrcpts=1, proto=ESMTP, "
         "daemon=local, relay=localhost [[UNIX: localhost]]",
         Intake::NotTold},
        {"sm-mta[1]: 4ABCDE: from=<a@c.example>, size=3, class=0, nrcpts=1, proto=ESMTP, "
         "daemon=MTA, relay=localhost [127.0.0.1]",
         Intake::NotTold},
        {"sm-mta[1]: 4ABCDE: from=<a@c.example>, size=3, class=0, nrcpts=1, msgid=<, "
         "relay=root@localhost>, proto=ESMTP, daemon=MTA, relay=root@localhost [127.0.0.1]",
         Intake::NotTold},
        {"sm-msp-queue[1]: 4ABCDE: to=<a@b.example>, delay=00:00:00, mailer=relay, "
         "relay=[127.0.0.1], dsn=4.0.0, stat=Deferred: Connection refused by [127.0.0.1]",
         Intake::Program},
        {"sm-mta[1]: 4ABCDE: to=<a@b.example>, delay=00:00:00, mailer=esmtp, "
         "relay=root@localhost, dsn=2.0.0, stat=Sent",
         Intake::NotTold},
    });
    for (const Row& row : rows) {
        CAPTURE(row.line);
        const std::string line = "Nov 22 21:41:20 mx " + std::string(row.line);
        CHECK(read_maillog_line(line, clock).intake == row.want);
    }
}

TEST_CASE("lines of Sendmail that are no attempts give nothing") {
    const LogClock clock = clock_at(at(2026, 11, 22, 22, 0, 0));
    constexpr std::string_view kPrefix = "Nov 22 21:41:20 mx sendmail[1]: ";
    for (const std::string_view message :
         {"4ABCDE: to=",
          "4ABCDE: to=<a@b.example>",
          "4ABCDE: to=<a@b.example>, stat=queued",
          "4ABCDE: to=<a@b.example>, delay=00:00:00, mailer=esmtp, pri=1, stat=quarantined",
          "4ABCDE: to=<a@b.example>, delay=00:00:00, stat=Sent, dsn=2.0.0",
          "4ABCDE: to=<a@b.example>, delay=00:00:00, dsn=2.0.0, stat=expanded",
          "4ABCDE: to=<a@b.example>, delay=00:00:00, dsn=x, stat=Sent",
          "4ABCDE: to=<aaaaaaaaaa...zzzzzzzz>, dsn=5.1.1, stat=User unknown",
          R"(4ABCDE: to="|/usr/bin/vacation", mailer=prog, dsn=2.0.0, stat=Sent)",
          "4ABCDE: to=/var/mail/list, mailer=*file*, dsn=2.0.0, stat=Sent",
          "4ABCDE: 4ABCDF: DSN: User unknown",
          "4ABCDE: Milter delete: rcpt <a@b.example>, dsn=5.1.1, stat=Sent",
          R"(4ABCDE: to=<"a@b.example>, dsn=2.0.0, stat=Sent)"}) {
        CAPTURE(message);
        CHECK(read_maillog_line(std::string(kPrefix) + std::string(message), clock) == LogFacts{});
    }
}

TEST_CASE("what another server says cannot turn a failure into a success on a Sendmail line") {
    const LogClock clock = clock_at(at(2026, 11, 22, 22, 0, 0));
    for (const std::string_view texts :
         {"reply=550 5.1.1 no, stat=Sent (ok), stat=User unknown",
          "reply=550 5.1.1 no, dsn=2.0.0, stat=Sent (ok), stat=User unknown",
          "stat=User unknown, stat=Sent (ok)",
          "ntries=2, reply=550 5.1.1 no, stat=Sent (ok), stat=User unknown"}) {
        CAPTURE(texts);
        const LogFacts facts = read_maillog_line(
            "Nov 22 21:41:20 mx sendmail[1]: 4ABCDE: to=<a@b.example>, "
            "delay=00:00:01, mailer=esmtp, pri=1, relay=mx.b.example., dsn=5.1.1, " +
                std::string(texts),
            clock);
        REQUIRE(facts.outcomes.size() == 1);
        CHECK(facts.outcomes.front().result == mail::DeliveryResult::Bounced);
        CHECK(facts.outcomes.front().relay == "mx.b.example");
        CHECK(facts.outcomes.front().relay_address.empty());
    }
}

}  // namespace holdback::maillog
