// SPDX-License-Identifier: Apache-2.0
// What it costs to remember decisions: the time that a message spends on it, and the worker's time
// per recipient. decision_bench [RECIPIENTS] [DATABASE]: leaves a database for measuring
// `holdbackctl whatif` and `report`; a million recipients need 250 MB there.
#include "config/policy.hpp"
#include "config/settings.hpp"
#include "core/clock.hpp"
#include "flow/outgoing/decision_recorder.hpp"
#include "flow/outgoing/recording.hpp"
#include "flow/submitting.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_decisions.hpp"
#include "io/sqlite/sqlite_schema.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "mail/ip_address.hpp"
#include "mail/syntax.hpp"
#include "outbound/bulk.hpp"
#include "outbound/findings.hpp"
#include "outbound/mail_route.hpp"
#include "outbound/verdict.hpp"
#include "ports/log.hpp"
#include "replay/recorded.hpp"
#include "terms/failure_code.hpp"
#include "terms/suppression.hpp"

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace {

using namespace holdback;
using std::chrono::steady_clock;

class Quiet final : public ports::Log {
public:
    void write(ports::Severity /*severity*/, std::string_view line) noexcept override {
        static_cast<void>(
            std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data()));
    }
};

/// A message as the flow has it when it reports: one recipient in ten is suppressed.
struct Example {
    flow::Submitting who;
    mail::Envelope envelope;
    config::Settings settings;
    outbound::StreamDecision stream{outbound::Stream::Bulk, "header:List-Unsubscribe"};
    flow::outgoing::HeaderFacts header;
    std::vector<outbound::Verdict> verdicts;
    std::vector<outbound::RecipientFacts> facts;

    Example(std::size_t first, std::size_t recipients) {
        who.session_id = "bench-1";
        who.client = mail::IpAddress::parse("127.0.0.1");
        settings.mode = config::Mode::Enforce;
        envelope.sender = replay::recorded_sender("news@home.example");
        envelope.queue_id = fmt::format("4Xk{:08}", first);
        mail::HeaderList headers;
        headers.add("List-Unsubscribe", " <mailto:leave@home.example>");
        headers.add("Message-ID", " <5e0d4b3a-0001@home.example>");
        header = flow::outgoing::header_facts(headers, settings.bulk);
        for (std::size_t i = first; i < first + recipients; ++i) {
            add(i);
        }
    }

    void add(std::size_t n) {
        const std::string address = fmt::format("user{}@d{}.example.info", n, n % 5000);
        envelope.recipients.push_back({.verbatim = fmt::format("<{}>", address),
                                       .syntax = mail::Address::parse(address, mail::Smtputf8::No),
                                       .arguments = {},
                                       .mailer = "smtp"});
        outbound::RecipientFacts known{.syntax = envelope.recipients.back().syntax};
        known.route = outbound::MailRoute{.kind = outbound::RouteKind::Mx,
                                          .hosts = {"mx1.provider.example", "mx2.provider.example"},
                                          .why = "it has mail servers"};
        if (n % 10 == 0) {
            terms::SuppressionEntry entry;
            entry.subject = address;
            entry.reason = terms::SuppressionReason::Bounce;
            entry.code = terms::FailureCode(2001);
            entry.diagnostic = "550 5.1.1 The account that you tried to reach does not exist";
            known.suppression = entry;
        }
        verdicts.push_back(outbound::judge(
            outbound::findings(known, settings), outbound::Stream::Bulk, settings.policy));
        facts.push_back(std::move(known));
    }

    [[nodiscard]] replay::RecordedMessage record(core::TimePoint now) const {
        return flow::outgoing::record_of({.who = who,
                                          .envelope = envelope,
                                          .settings = settings,
                                          .stream = stream,
                                          .header = header,
                                          .decided_at = replay::DecidedAt::Message,
                                          .now = now,
                                          .window = envelope.recipients.size(),
                                          .recipients = envelope.recipients,
                                          .verdicts = verdicts,
                                          .facts = facts,
                                          .held = {},
                                          .sender_refused = false,
                                          .can_be_returned = true,
                                          .client_had_enough = false});
    }
};

double microseconds_since(steady_clock::time_point start) {
    return std::chrono::duration<double, std::micro>(steady_clock::now() - start).count();
}

/// What a message spends: making the record, and handing it over.
void measure_notes(flow::outgoing::DecisionRecorder& recorder, const core::Clock& clock) {
    for (const std::size_t recipients : {1U, 10U, 100U}) {
        const Example example(0, recipients);
        const std::size_t messages = 20'000 / recipients;
        const auto start = steady_clock::now();
        for (std::size_t i = 0; i < messages; ++i) {
            recorder.note(example.record(clock.now()));
        }
        const double spent = microseconds_since(start) / static_cast<double>(messages);
        fmt::print("{:>4} recipients: {:7.2f} us per message, {:5.2f} us per recipient\n",
                   recipients,
                   spent,
                   spent / static_cast<double>(recipients));
        recorder.work({});
    }
}

void fill(flow::outgoing::DecisionRecorder& recorder,
          const core::Clock& clock,
          std::size_t recipients) {
    constexpr std::size_t kPerMessage = 50;
    double spent = 0;
    for (std::size_t n = 0; n < recipients;) {
        for (std::size_t k = 0; k < 500 && n < recipients; ++k, n += kPerMessage) {
            recorder.note(Example(n, kPerMessage).record(clock.now()));
        }
        const auto start = steady_clock::now();
        recorder.work({});
        spent += microseconds_since(start);
    }
    fmt::print("writing: {:.2f} us per recipient, of which {} were dropped\n",
               spent / static_cast<double>(recipients),
               recorder.counts().dropped);
}

int run(std::span<char*> arguments) {
    const std::size_t recipients =
        arguments.size() > 1 ? std::strtoul(arguments[1], nullptr, 10) : 1'000'000;
    const std::string path = arguments.size() > 2 ? arguments[2] : "/tmp/decision_bench.db";
    std::filesystem::remove(path);
    const core::SystemClock clock;
    Quiet log;
    io::sqlite::Database database({.path = path, .migrations = io::sqlite::schema_steps()});
    io::sqlite::SqliteDecisions decisions(database);
    flow::outgoing::DecisionRecorder recorder({.store = decisions, .log = log, .clock = clock});
    measure_notes(recorder, clock);
    fill(recorder, clock, recipients);
    database.checkpoint();
    fmt::print("{}: {} MB\n", path, std::filesystem::file_size(path) / 1'000'000);
    return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(std::span(argv, static_cast<std::size_t>(argc)));
    } catch (const std::exception& error) {
        static_cast<void>(std::fputs(error.what(), stderr));
        return EXIT_FAILURE;
    }
}
