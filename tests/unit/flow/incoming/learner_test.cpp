// SPDX-License-Identifier: Apache-2.0
#include "flow/incoming/learner.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "dsn/classify.hpp"
#include "dsn/learn.hpp"
#include "dsn/proof.hpp"
#include "flow/incoming/departures.hpp"
#include "flow/incoming/outcome_learning.hpp"
#include "flow/snapshot.hpp"
#include "mail/address.hpp"
#include "mail/domain.hpp"
#include "mail/outcome.hpp"
#include "mail/smtp_reply.hpp"
#include "mail/syntax.hpp"
#include "ports/journal.hpp"
#include "reading/rule_set.hpp"
#include "terms/failure_code.hpp"
#include "terms/suppression.hpp"
#include "terms/suppression_scope.hpp"
#include "tests/support/code_samples.hpp"
#include "tests/support/memory_journal.hpp"
#include "tests/support/memory_stores.hpp"
#include "tests/support/zone_resolver.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::flow::incoming {

namespace {

using dsn::LearnReason;
using std::chrono::hours;
using std::chrono::minutes;

std::shared_ptr<const Snapshot> make_snapshot(const config::Settings& settings = {}) {
    terms::CodeCatalogue codes = support::small_catalogue();
    reading::Rule rule;
    rule.id = "text/user-unknown";
    rule.code = terms::FailureCode(2001);
    rule.text = {"no such user"};
    rule.expect = {reading::RuleExample{.text = "550 5.1.1 no such user"}};
    std::vector<reading::Rule> rules;
    rules.push_back(std::move(rule));
    reading::RuleSet set = reading::RuleSet::make(std::move(rules), codes).value();
    return std::make_shared<const Snapshot>(
        Snapshot{.settings = settings,
                 .codes = std::move(codes),
                 .knowledge = {.rules = std::move(set), .lexicon = {}},
                 .lists = {},
                 .notices = {}});
}

/// A learner with memory behind its ports.
struct House {
    House()
        : snapshots(make_snapshot()),
          learner({.suppressions = suppressions,
                   .journal = journal,
                   .outages = outages,
                   .resolver = resolver,
                   .log = log,
                   .clock = clock}),
          listener({.learner = learner,
                    .departures = departures,
                    .journal = journal,
                    .snapshots = snapshots,
                    .log = log,
                    .clock = clock}) {
        leave("4XkQ", {"bo@example.net"});
    }

    /// A message of news@example.org leaves.
    void leave(std::string_view id, const std::vector<std::string>& recipients) {
        departures.add(id, Departure(clock.now(), "news@example.org"), recipients);
    }

    LearnReason bounce(const std::string& recipient, const std::string& event) {
        Failure failure;
        failure.evidence.failure.report.final_recipient = recipient;
        failure.evidence.failure.code = terms::FailureCode(2001);
        failure.evidence.proof.proof = terms::Proof::Local;
        failure.events = {event};
        failure.remote_host = "mx.example.net";
        return learner.learn(failure, *snapshots.current());
    }

    void deliver(const std::string& recipient) {
        const auto address = mail::Address::parse(recipient, mail::Smtputf8::No);
        REQUIRE(
            learner.delivered(address->value, "example.net", clock.now(), *snapshots.current()));
    }

    void known_good(const std::string& recipient, std::chrono::hours ago) {
        journal.acceptances[recipient] = {
            .first = clock.now() - ago, .last = clock.now() - ago, .provider = "example.net"};
    }

    std::optional<terms::SuppressionEntry> entry(
        const std::string& subject, terms::SubjectKind kind = terms::SubjectKind::Address) {
        return suppressions.find({.kind = kind, .subject = subject, .scope = {}}).value();
    }

    /// A line of the log as it comes to those who listen.
    bool hear(const std::string& recipient,
              mail::DeliveryResult result,
              std::string mailer,
              std::string relay_address = "192.0.2.25") {
        ports::JournalEntry told;
        told.id = static_cast<std::int64_t>(journal.entries.size()) + 1;
        told.outcome.at = clock.now();
        told.outcome.queue_id = queue_id;
        told.outcome.recipient = recipient;
        told.outcome.original_recipient = alias;
        told.outcome.result = result;
        told.outcome.relay = "mx.example.net";
        told.outcome.relay_address = std::move(relay_address);
        told.outcome.mailer = std::move(mailer);
        told.outcome.text = text;
        told.outcome.named_together = named_together;
        told.key = recipient;
        told.provider = "example.net";
        told.accepted = result == mail::DeliveryResult::Sent;
        journal.entries.push_back(told);
        return listener.on_outcome(told, clock.now());
    }

    std::string queue_id = "4XkQ";  ///< of the lines
    std::string text = "host mx.example.net said: 550 5.1.1 no such user";
    std::string alias;  ///< before which the recipients stood
    bool named_together = false;

    support::ManualClock clock;
    support::RecordingLog log;
    support::MemorySuppressionStore suppressions;
    support::MemoryJournal journal;
    support::MemoryOutageStore outages;
    support::ZoneResolver resolver;
    Departures departures;
    SnapshotSource snapshots;
    Learner learner;
    OutcomeLearning listener;
};

}  // namespace

TEST_CASE("a failure teaches once") {
    House house;
    CHECK(house.bounce("bo@example.net", "1") == LearnReason::Suppressed);
    CHECK(house.bounce("bo@example.net", "1") == LearnReason::KnownAlready);
    CHECK(house.bounce("bo@example.net", "2") == LearnReason::Renewed);
}

TEST_CASE("a delivery lifts what bounces taught before it, and nothing else") {
    House house;
    REQUIRE(house.bounce("bo@example.net", "1") == LearnReason::Suppressed);
    terms::SuppressionEntry manual;
    manual.subject = "eva@example.net";
    REQUIRE(house.suppressions.put(manual).has_value());
    house.deliver("bo@example.net");  // at the very time of the bounce: it was not later
    CHECK(house.entry("bo@example.net").has_value());
    house.clock.advance(minutes(1));
    house.deliver("bo@example.net");
    house.deliver("eva@example.net");
    CHECK_FALSE(house.entry("bo@example.net").has_value());
    CHECK(house.entry("eva@example.net").has_value());
    CHECK(
        house.log.has("decision flow=lift subject=\"bo@example.net\" scope=\"global\" code=2001"));
}

TEST_CASE("a delivery lifts what was learned about the domain") {
    House house;
    terms::SuppressionEntry domain;
    domain.kind = terms::SubjectKind::Domain;
    domain.subject = "example.net";
    domain.reason = terms::SuppressionReason::Bounce;
    domain.source = terms::SuppressionSource::Learned;
    domain.last_seen = house.clock.now() - hours(1);
    REQUIRE(house.suppressions.put(domain).has_value());
    house.deliver("bo@example.net");
    CHECK_FALSE(house.entry("example.net", terms::SubjectKind::Domain).has_value());
}

TEST_CASE("a complaint is not lifted by a delivery") {
    House house;
    terms::SuppressionEntry complaint;
    complaint.subject = "bo@example.net";
    complaint.reason = terms::SuppressionReason::Complaint;
    complaint.source = terms::SuppressionSource::Learned;
    REQUIRE(house.suppressions.put(complaint).has_value());
    house.clock.advance(hours(1));
    house.deliver("bo@example.net");
    CHECK(house.entry("bo@example.net").has_value());
}

TEST_CASE("an outage stops the learning for its provider, is recorded, and ends by itself") {
    House house;
    const auto user = [](int i) { return "user" + std::to_string(i) + "@example.net"; };
    for (int i = 0; i < 30; ++i) {
        house.known_good(user(i), hours(73));
    }
    for (int i = 0; i < 9; ++i) {
        CHECK(house.bounce(user(i), std::to_string(i)) == LearnReason::Suppressed);
        house.clock.advance(minutes(1));
    }
    for (int i = 9; i < 30; ++i) {
        CHECK(house.bounce(user(i), std::to_string(i)) == LearnReason::Outage);
    }
    CHECK(house.bounce("new@example.net", "new") == LearnReason::Outage);
    CHECK_FALSE(house.entry("new@example.net").has_value());
    REQUIRE(house.outages.outages.size() == 1);
    CHECK(house.outages.outages.front().provider == "example.net");
    CHECK_FALSE(house.outages.outages.front().closed.has_value());
    CHECK(house.learner.outages().size() == 1);
    CHECK(house.log.has("outage: 10 of 10 recipients at example.net who used to accept mail"));
    CHECK(house.log.has("suppress rollback --mx example.net --since "));
    // Others are learned about as ever.
    CHECK(house.bounce("bo@example.org", "org") == LearnReason::Outage);  // by the same host

    house.learner.work({});
    CHECK(house.learner.outages().size() == 1);
    house.clock.advance(hours(2));
    house.learner.work({});
    CHECK(house.learner.outages().empty());
    CHECK(house.outages.outages.front().closed.has_value());
    CHECK(house.bounce("new@example.net", "new") == LearnReason::Suppressed);
}

TEST_CASE("bounces of recipients that never took mail are no outage") {
    House house;
    for (int i = 0; i < 50; ++i) {
        CHECK(house.bounce("user" + std::to_string(i) + "@example.net", std::to_string(i)) ==
              LearnReason::Suppressed);
    }
    for (int i = 0; i < 50; ++i) {
        house.known_good("old" + std::to_string(i) + "@example.net", hours(24 * 91));
        CHECK(house.bounce("old" + std::to_string(i) + "@example.net", std::to_string(i)) ==
              LearnReason::Suppressed);
    }
    CHECK(house.outages.outages.empty());
}

TEST_CASE("a server that takes every mail and looks later opens no outage") {
    House house;
    for (int i = 0; i < 50; ++i) {
        const std::string user = "user" + std::to_string(i) + "@example.net";
        house.known_good(user, hours(71));
        CHECK(house.bounce(user, std::to_string(i)) == LearnReason::Suppressed);
        CHECK_FALSE(house.journal.acceptances.contains(user));
    }
    CHECK(house.outages.outages.empty());
}

TEST_CASE("a delivery lifts what a DSN taught when it is settled, what a reply taught at once") {
    House house;
    terms::SuppressionEntry told_later;
    told_later.subject = "bo@example.net";
    told_later.reason = terms::SuppressionReason::Bounce;
    told_later.source = terms::SuppressionSource::Learned;
    told_later.proof = terms::Proof::Sealed;
    told_later.last_seen = house.clock.now() - hours(100);
    REQUIRE(house.suppressions.put(told_later).has_value());
    house.deliver("bo@example.net");
    CHECK(house.entry("bo@example.net").has_value());
    house.known_good("bo@example.net", hours(71));
    house.deliver("bo@example.net");
    CHECK(house.entry("bo@example.net").has_value());
    house.known_good("bo@example.net", hours(72));
    house.deliver("bo@example.net");
    CHECK_FALSE(house.entry("bo@example.net").has_value());
}

TEST_CASE("an outage is open again after a restart") {
    House house;
    house.outages.outages.push_back({.provider = "example.net",
                                     .began = house.clock.now() - minutes(20),
                                     .opened = house.clock.now() - minutes(10)});
    house.learner.recover();
    CHECK(house.bounce("bo@example.net", "1") == LearnReason::Outage);
}

TEST_CASE("a line of the log teaches like the DSN, and only once with it") {
    House house;
    CHECK(house.hear("bo@example.net", mail::DeliveryResult::Bounced, "smtp"));
    CHECK(house.entry("bo@example.net")->proof == terms::Proof::Local);
    CHECK(house.entry("bo@example.net")->rule == "text/user-unknown");
    CHECK(house.log.has("decision flow=outcome qid=\"4XkQ\" rcpt=\"bo@example.net\" code=2001"));
    CHECK(house.bounce("bo@example.net", dsn::local_event_name("4XkQ", "bo@example.net")) ==
          LearnReason::KnownAlready);
    house.log.clear();
    CHECK(house.hear("bo@example.net", mail::DeliveryResult::Bounced, "smtp"));
    CHECK_FALSE(house.log.has("flow=outcome"));
}

TEST_CASE("what another program of this host refuses teaches nothing") {
    House house;
    CHECK(house.hear("bo@example.net", mail::DeliveryResult::Bounced, "relay", "127.0.0.1"));
    CHECK(house.hear("bo@example.net", mail::DeliveryResult::Bounced, "smtp", "::1"));
    CHECK_FALSE(house.entry("bo@example.net").has_value());
    CHECK_FALSE(house.log.has("flow=outcome"));
    config::Settings other;
    other.maillog.handed_on.clear();
    house.snapshots.replace(make_snapshot(other));
    CHECK(house.hear("bo@example.net", mail::DeliveryResult::Bounced, "smtp", "127.0.0.1"));
    CHECK(house.entry("bo@example.net").has_value());
}

TEST_CASE("a refusal that names the sender alone was given to MAIL") {
    struct Row {
        std::string_view text;
        std::string_view want;
    };
    const auto rows = std::to_array<Row>({
        {"550 5.1.1 <News@example.org>: User unknown",
         "550 5.1.1 <News@example.org>: User unknown (in reply to MAIL FROM command)"},
        {"550 5.1.1 <bo@example.net>: User unknown", "550 5.1.1 <bo@example.net>: User unknown"},
        {"550 5.7.1 <bo@example.net>: no mail from <news@example.org>",
         "550 5.7.1 <bo@example.net>: no mail from <news@example.org>"},
        {"550 <news@example.org>: no (in reply to RCPT TO command)",
         "550 <news@example.org>: no (in reply to RCPT TO command)"},
    });
    for (const Row& row : rows) {
        CAPTURE(row.text);
        mail::MtaOutcome outcome;
        outcome.sender = "news@example.org";
        outcome.recipient = "bo@example.net";
        outcome.text = std::string(row.text);
        CHECK(report_of(outcome).recipients.front().diagnostic == row.want);
        outcome.reply = mail::SmtpReply::parse(row.text);
        CHECK(report_of(outcome).recipients.front().diagnostic == row.want);
        outcome.sender.reset();
        CHECK(report_of(outcome).recipients.front().diagnostic == row.text);
    }
}

TEST_CASE("a line about nothing that left here teaches and lifts nothing") {
    House house;
    house.queue_id = "4Unknown";
    CHECK(house.hear("bo@example.net", mail::DeliveryResult::Bounced, "smtp"));
    CHECK(house.log.has("proof=unproven"));
    CHECK(house.log.has("learn_reason=not-our-message"));
    CHECK_FALSE(house.entry("bo@example.net").has_value());
    house.queue_id = "4XkQ";
    CHECK(house.hear("bo@example.net", mail::DeliveryResult::Bounced, "smtp"));
    CHECK(house.entry("bo@example.net").has_value());
    house.clock.advance(hours(1));
    house.queue_id = "4Unknown";
    CHECK(house.hear("bo@example.net", mail::DeliveryResult::Sent, "smtp"));
    CHECK(house.entry("bo@example.net").has_value());
}

TEST_CASE("who stands behind an alias of ours counts for the sender of the message alone") {
    House house;
    const terms::SuppressionKey for_sender{
        .kind = terms::SubjectKind::Address,
        .subject = "member@example.com",
        .scope = terms::SuppressionScope::parse("news@example.org").value()};
    // Anybody could be named without a word of the alias.
    CHECK(house.hear("member@example.com", mail::DeliveryResult::Bounced, "smtp"));
    CHECK_FALSE(house.suppressions.find(for_sender)->has_value());
    house.alias = "bo@example.net";
    CHECK(house.hear("member@example.com", mail::DeliveryResult::Bounced, "smtp"));
    CHECK_FALSE(house.entry("member@example.com").has_value());
    CHECK(house.suppressions.find(for_sender)->has_value());
    house.clock.advance(hours(1));
    house.bounce("member@example.com", "1");
    house.clock.advance(hours(1));
    CHECK(house.hear("member@example.com", mail::DeliveryResult::Sent, "smtp"));
    CHECK(house.entry("member@example.com").has_value());
    CHECK_FALSE(house.suppressions.find(for_sender)->has_value());
}

TEST_CASE("a line that says another end than the MTA's own lines changes nothing for long") {
    House house;
    SUBCASE("written before the message is tried again") {
        CHECK(house.hear("bo@example.net", mail::DeliveryResult::Bounced, "smtp"));
        CHECK(house.entry("bo@example.net").has_value());
        CHECK(house.hear("bo@example.net", mail::DeliveryResult::Deferred, "smtp"));
        CHECK(house.log.has("flow=lift"));
    }
    SUBCASE("written after the message was delivered") {
        CHECK(house.hear("bo@example.net", mail::DeliveryResult::Sent, "smtp"));
        CHECK(house.hear("bo@example.net", mail::DeliveryResult::Bounced, "smtp"));
        CHECK(house.log.has("learn_reason=contradicted"));
    }
    CHECK_FALSE(house.entry("bo@example.net").has_value());
}

TEST_CASE("a refusal of a whole transaction in the log teaches about none of its recipients") {
    House house;
    house.text =
        "host mx.example.net said: 550 5.1.1 no such user (in reply to end of DATA command)";
    CHECK(house.hear("bo@example.net", mail::DeliveryResult::Bounced, "smtp"));
    CHECK_FALSE(house.entry("bo@example.net").has_value());  // nor about the only one
    house.leave("4Two", {"eva@example.net", "ida@example.net", "jan@example.com"});
    house.queue_id = "4Two";
    CHECK(house.hear("eva@example.net", mail::DeliveryResult::Bounced, "smtp"));
    CHECK(house.hear("ida@example.net", mail::DeliveryResult::Bounced, "smtp"));
    CHECK_FALSE(house.entry("eva@example.net").has_value());
    CHECK_FALSE(house.entry("ida@example.net").has_value());
    // Sendmail's line does not tell the stage, but names all of them.
    house.text = "550 5.1.1 no such user";
    house.named_together = true;
    CHECK(house.hear("jan@example.com", mail::DeliveryResult::Bounced, "esmtp"));
    CHECK_FALSE(house.entry("jan@example.com").has_value());
    house.named_together = false;
    CHECK(house.hear("ida@example.net", mail::DeliveryResult::Bounced, "esmtp"));
    CHECK(house.entry("ida@example.net").has_value());
}

TEST_CASE("an entry for a domain needs DNS to say the same") {
    House house;
    Failure failure;
    failure.evidence.failure.report.final_recipient = "bo@gone.test";
    failure.evidence.failure.code = terms::FailureCode(2002);
    failure.evidence.proof.proof = terms::Proof::Local;
    const auto learn = [&](const std::string& event) {
        failure.events = {event};
        return house.learner.learn(failure, *house.snapshots.current());
    };
    house.resolver.set("gone.test", support::ZoneState::Good);
    CHECK(learn("1") == LearnReason::DnsDisagrees);
    house.resolver.set("gone.test", support::ZoneState::Silent);
    CHECK(learn("2") == LearnReason::DnsDisagrees);
    CHECK_FALSE(house.entry("gone.test", terms::SubjectKind::Domain).has_value());
    house.resolver.set("gone.test", support::ZoneState::NullMx);
    CHECK(learn("3") == LearnReason::Suppressed);
    CHECK(house.entry("gone.test", terms::SubjectKind::Domain).has_value());
    const auto domain = mail::Domain::parse("gone.test", mail::Smtputf8::No).value().value;
    house.learner.takes_mail(domain, {});
    CHECK_FALSE(house.entry("gone.test", terms::SubjectKind::Domain).has_value());
    config::Settings ours;
    ours.outgoing.local_domains = {"gone.test"};
    house.snapshots.replace(make_snapshot(ours));
    CHECK(learn("4") == LearnReason::LocalDomain);
}

TEST_CASE("a provider whose recipients fail in rows gets no entries for its domains either") {
    House house;
    const auto bounce = [&](int i) {
        const std::string domain = "d" + std::to_string(i) + ".test";
        house.known_good("bo@" + domain, hours(73));
        house.resolver.set(domain, support::ZoneState::NullMx);
        Failure failure;
        failure.evidence.failure.report.final_recipient = "bo@" + domain;
        failure.evidence.failure.code = terms::FailureCode(2002);
        failure.evidence.proof.proof = terms::Proof::Local;
        failure.events = {std::to_string(i)};
        failure.remote_host = "mx.example.net";
        house.clock.advance(minutes(1));
        return house.learner.learn(failure, *house.snapshots.current());
    };
    for (int i = 0; i < 9; ++i) {
        CHECK(bounce(i) == LearnReason::Suppressed);
    }
    for (int i = 9; i < 30; ++i) {
        CHECK(bounce(i) == LearnReason::Outage);
    }
    CHECK(house.entry("d8.test", terms::SubjectKind::Domain).has_value());
    CHECK_FALSE(house.entry("d9.test", terms::SubjectKind::Domain).has_value());
    CHECK(house.log.has("suppress rollback --mx example.net --since "));
    // Mailboxes there are not learned about either.
    CHECK(house.bounce("eva@example.net", "eva") == LearnReason::Outage);
}

TEST_CASE("local delivery, deferrals and a store out of reach teach nothing") {
    House house;
    CHECK(house.hear("bo@example.net", mail::DeliveryResult::Bounced, "local"));
    CHECK(house.hear("bo@example.net", mail::DeliveryResult::Deferred, "smtp"));
    CHECK_FALSE(house.entry("bo@example.net").has_value());
    house.suppressions.trouble().begin("disk full");
    CHECK_FALSE(house.hear("bo@example.net", mail::DeliveryResult::Bounced, "smtp"));
    CHECK_FALSE(house.hear("bo@example.net", mail::DeliveryResult::Sent, "smtp"));
    CHECK(house.log.has("store: a proven failure was not learned"));
    house.suppressions.trouble().end();
    house.leave("4New", {"bo@example.net"});
    house.queue_id = "4New";
    CHECK(house.hear("bo@example.net", mail::DeliveryResult::Bounced, "smtp"));
    CHECK(house.entry("bo@example.net").has_value());
    house.clock.advance(hours(1));
    CHECK(house.hear("bo@example.net", mail::DeliveryResult::Sent, "smtp"));
    CHECK_FALSE(house.entry("bo@example.net").has_value());
}

}  // namespace holdback::flow::incoming
