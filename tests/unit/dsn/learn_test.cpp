// SPDX-License-Identifier: Apache-2.0
#include "dsn/learn.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "dsn/classify.hpp"
#include "dsn/proof.hpp"
#include "dsn/report.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/syntax.hpp"
#include "terms/failure_code.hpp"
#include "terms/suppression.hpp"
#include "terms/suppression_scope.hpp"
#include "tests/support/code_samples.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::dsn {

namespace {

using std::chrono::days;
using std::chrono::hours;
using terms::SuppressionEntry;
using terms::SuppressionReason;
using terms::SuppressionSource;

/// Noon of a day, so that hours before and after stay on it.
core::TimePoint noon(int day) {
    return core::TimePoint(std::chrono::sys_days(days(20'000 + day)).time_since_epoch() +
                           hours(12));
}

ClassifiedRecipient failure(int code, std::string address = "Bo@Example.net") {
    ClassifiedRecipient made;
    made.report.final_recipient = std::move(address);
    made.report.diagnostic = "550 no";
    made.code = terms::FailureCode::from_number(code).value_or(terms::kUnknownFailure);
    made.rule = "text/rule";
    return made;
}

terms::SuppressionKey bo_key() {
    return {.kind = terms::SubjectKind::Address, .subject = "bo@example.net", .scope = {}};
}

RecipientProof proven(terms::Proof how) {
    RecipientProof proof;
    proof.proof = how;
    return proof;
}

Lesson teach(const std::optional<SuppressionEntry>& existing,
             int code,
             core::TimePoint now,
             const terms::CodeCatalogue& codes = support::small_catalogue()) {
    const ClassifiedRecipient made = failure(code);
    const Evidence evidence{.failure = made,
                            .proof = proven(terms::Proof::Local),
                            .message_id = "<1@example.com>",
                            .sender = {}};
    return learn(existing, bo_key(), evidence, now, codes);
}

/// The entry that a lesson leaves.
SuppressionEntry next_of(const Lesson& lesson) {
    CHECK(lesson.next.has_value());
    return lesson.next.value_or(SuppressionEntry{});
}

/// Teaches failures of one code on several days and gives the reasons' wire names.
std::vector<std::string_view> reasons_of(int code, const std::vector<core::TimePoint>& times) {
    std::optional<SuppressionEntry> entry;
    std::vector<std::string_view> reasons;
    for (const core::TimePoint now : times) {
        const Lesson lesson = teach(entry, code, now);
        reasons.push_back(wire_name(lesson.reason));
        if (lesson.next.has_value()) {
            entry = lesson.next;
        }
    }
    return reasons;
}

SuppressionEntry entry_of(SuppressionReason reason, SuppressionSource source) {
    SuppressionEntry entry;
    entry.subject = "bo@example.net";
    entry.reason = reason;
    entry.source = source;
    entry.code = terms::FailureCode(2001);
    entry.strikes = 1;
    entry.first_seen = noon(0);
    entry.last_seen = noon(0);
    return entry;
}

}  // namespace

TEST_CASE("who is learned about, and why somebody is not") {
    using config::LearnSettings;
    const terms::CodeCatalogue codes = support::small_catalogue();
    const auto sender = mail::Address::parse("news@example.org", mail::Smtputf8::No).value().value;
    ClassifiedRecipient delayed = failure(2001);
    delayed.report.action = Action::Delayed;
    ClassifiedRecipient forwarded = failure(2001, "final@example.org");
    forwarded.report.original_recipient = "Mailed@Example.com";
    struct Row {
        std::string_view what;
        ClassifiedRecipient failure;
        terms::Proof proof;
        LearnSettings settings;
        std::string_view want;
    };
    const auto rows = std::to_array<Row>({
        {"an address, folded", failure(2001), terms::Proof::Local, {}, "address bo@example.net"},
        {"the address we mailed",
         forwarded,
         terms::Proof::Sealed,
         {},
         "address mailed@example.com"},
        {"the domain", failure(2002), terms::Proof::Local, {}, "domain example.net"},
        {"nobody vouches", failure(2001), terms::Proof::Unproven, {}, "unproven"},
        {"the admin believes everybody",
         failure(2001),
         terms::Proof::Unproven,
         {.enabled = true, .from = {terms::Proof::Unproven}},
         "address bo@example.net"},
        {"switched off",
         failure(2001),
         terms::Proof::Local,
         {.enabled = false, .from = {terms::Proof::Local}},
         "off"},
        {"content says nothing of a mailbox",
         failure(1004),
         terms::Proof::Local,
         {},
         "never-teaches"},
        {"unknown texts teach nothing", failure(9999), terms::Proof::Local, {}, "never-teaches"},
        {"a code that the catalogue lacks",
         failure(7777),
         terms::Proof::Local,
         {},
         "never-teaches"},
        {"a delay", delayed, terms::Proof::Local, {}, "no-failure"},
        {"no address", failure(2001, "bo"), terms::Proof::Local, {}, "no-address"},
        {"nothing", failure(2001, ""), terms::Proof::Local, {}, "no-address"},
    });
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const auto subject = learn_key({.failure = row.failure,
                                        .proof = proven(row.proof),
                                        .message_id = {},
                                        .sender = sender},
                                       codes,
                                       row.settings);
        const std::string got = subject.has_value()
                                    ? std::string(wire_name(subject->kind)) + " " + subject->subject
                                    : std::string(wire_name(subject.error()));
        CHECK(got == row.want);
    }
}

TEST_CASE("who failed behind the address that was mailed does not silence it") {
    struct Row {
        std::string_view mailed;
        std::string_view failed;
        std::string_view want;
    };
    const auto rows = std::to_array<Row>({
        // Whoever reads team@ may have written it about anybody.
        {"team@example.net", "joe@example.net", "behind-alias"},
        {"team@example.net", "joe@example.org", "behind-alias"},
        {"team@example.net", "Team@Example.net", "team@example.net"},
        // The same mailbox, written otherwise.
        {"bo@example.net", "bo@example.onmicrosoft.com", "bo@example.net"},
        {"bo+news@example.net", "bo@example.net", "bo+news@example.net"},
        {"bo@example.net", "SRS0=a1=bc=example.net=bo@example.org", "bo@example.net"},
        {"bo@example.net", "", "bo@example.net"},
        {"bo@example.net", "EX:/o=org/cn=bo", "bo@example.net"},
        {"", "joe@example.net", "joe@example.net"},
    });
    for (const Row& row : rows) {
        CAPTURE(row.mailed);
        CAPTURE(row.failed);
        RecipientProof proof = proven(terms::Proof::Local);
        proof.mailed = row.mailed;
        const auto key = learn_key({.failure = failure(2001, std::string(row.failed)),
                                    .proof = proof,
                                    .message_id = {},
                                    .sender = {}},
                                   support::small_catalogue(),
                                   {});
        CHECK((key.has_value() ? key->subject : std::string(wire_name(key.error()))) == row.want);
    }
}

TEST_CASE("members behind one alias are events of their own") {
    RecipientProof proof = proven(terms::Proof::Sealed);
    proof.mailed = "team@example.net";
    proof.message = "m1";
    const auto names_of = [&](std::string failed) {
        RecipientReport report;
        report.original_recipient = "team@example.net";
        report.final_recipient = std::move(failed);
        return event_names({}, report, proof, noon(0));
    };
    CHECK(names_of("joe@example.net") != names_of("ann@example.net"));
    CHECK(names_of("team@example.net") == names_of("TEAM@example.net"));
}

TEST_CASE("an invalid address is suppressed at once, with its evidence") {
    const Lesson lesson = teach({}, 2001, noon(0));
    CHECK(lesson.reason == LearnReason::Suppressed);
    SuppressionEntry want;
    want.kind = terms::SubjectKind::Address;
    want.subject = "bo@example.net";
    want.reason = SuppressionReason::Bounce;
    want.code = terms::FailureCode(2001);
    want.source = SuppressionSource::Learned;
    want.strikes = 1;
    want.first_seen = noon(0);
    want.last_seen = noon(0);
    want.expires = noon(180);
    want.active = true;
    want.proof = terms::Proof::Local;
    want.rule = "text/rule";
    want.diagnostic = "550 no";
    want.message_id = "<1@example.com>";
    CHECK(next_of(lesson) == want);
}

TEST_CASE("a domain entry is short and stands for the domain") {
    const ClassifiedRecipient made = failure(2002);
    const Lesson lesson = learn(
        {},
        {.kind = terms::SubjectKind::Domain, .subject = "example.net", .scope = {}},
        {.failure = made, .proof = proven(terms::Proof::Local), .message_id = {}, .sender = {}},
        noon(0),
        support::small_catalogue());
    const SuppressionEntry next = next_of(lesson);
    CHECK(next.kind == terms::SubjectKind::Domain);
    CHECK(next.subject == "example.net");
    CHECK(next.expires == noon(2));
    CHECK(next.active);
}

TEST_CASE("a full mailbox is suppressed by three strikes on distinct days") {
    using Names = std::vector<std::string_view>;
    CHECK(reasons_of(3001, {noon(0), noon(1), noon(2)}) ==
          Names{"counted", "counted", "suppressed"});
    CHECK(reasons_of(3001, {noon(0), noon(0) + hours(5), noon(1), noon(1) - hours(3), noon(2)}) ==
          Names{"counted", "same-day", "counted", "same-day", "suppressed"});
    CHECK(reasons_of(3001, {noon(0), noon(1), noon(31), noon(32), noon(33)}) ==
          Names{"counted", "counted", "counted", "counted", "suppressed"});
    CHECK(reasons_of(3001, {noon(0), noon(10), noon(30)}) ==
          Names{"counted", "counted", "suppressed"});
    CHECK(reasons_of(3001, {noon(0), noon(1), noon(2), noon(3), noon(3)}) ==
          Names{"counted", "counted", "suppressed", "renewed", "renewed"});
}

TEST_CASE("strikes of different codes do not add up") {
    struct Row {
        std::vector<int> codes;  ///< on days in a row
        std::string_view last;
        int strikes;
    };
    const std::vector<Row> rows{
        {{3001, 3001, 2999}, "counted", 1},
        {{3001, 2999, 3001}, "counted", 1},
        {{2999, 2999, 2999}, "suppressed", 3},
        // What needs fewer strikes goes on.
        {{3001, 3001, 3003}, "stronger-stands", 2},
        {{3001, 3003, 3001, 3001}, "suppressed", 3},
        {{3003, 3003, 3001}, "counted", 1},
    };
    const auto counted = [](int number, int strikes) {
        terms::CodeEntry entry = support::code_entry(
            number, "code", terms::FailureClass::Temporary, terms::Learning::Count);
        entry.name += std::to_string(number);
        entry.strikes = strikes;
        return entry;
    };
    const terms::CodeCatalogue codes =
        terms::CodeCatalogue::make(
            {counted(2999, 3),
             counted(3001, 3),
             counted(3003, 5),
             support::code_entry(9999, "unknown", terms::FailureClass::Unknown)})
            .value();
    for (const Row& row : rows) {
        CAPTURE(row.codes.front());
        CAPTURE(row.last);
        std::optional<SuppressionEntry> entry;
        std::string_view last;
        int day = 0;
        for (const int code : row.codes) {
            const Lesson lesson = teach(entry, code, noon(day++), codes);
            last = wire_name(lesson.reason);
            entry = lesson.next.has_value() ? lesson.next : entry;
        }
        CHECK(last == row.last);
        CHECK(entry.value_or(SuppressionEntry{}).strikes == row.strikes);
    }
}

TEST_CASE("what is only counted holds nobody back") {
    const Lesson lesson = teach({}, 3001, noon(0));
    const SuppressionEntry next = next_of(lesson);
    CHECK_FALSE(next.active);
    CHECK_FALSE(next.holds_at(noon(0)));
    CHECK(next.strikes == 1);
}

TEST_CASE("a suppression lasts twice as long each time it proves right again, up to eight times") {
    std::optional<SuppressionEntry> entry;
    std::vector<long> lengths;
    core::TimePoint now = noon(0);
    for (int i = 0; i < 6; ++i) {
        const Lesson lesson = teach(entry, 2001, now);
        CHECK(lesson.reason == LearnReason::Suppressed);
        entry = lesson.next;
        const core::TimePoint end = next_of(lesson).expires.value_or(now);
        lengths.push_back(std::chrono::duration_cast<days>(end - now) / days(1));
        now = end + days(1);
    }
    CHECK(lengths == std::vector<long>{180, 360, 720, 1440, 1440, 1440});
}

TEST_CASE("a failure during a suppression begins its time anew without making it longer") {
    const Lesson first = teach({}, 2001, noon(0));
    const Lesson second = teach(first.next, 2001, noon(10));
    const SuppressionEntry next = next_of(second);
    CHECK(second.reason == LearnReason::Renewed);
    CHECK(next.expires == noon(190));
    CHECK(next.strikes == 2);
    CHECK(next.first_seen == noon(0));
}

TEST_CASE("a count after an expired suppression remembers that it was one") {
    std::optional<SuppressionEntry> entry;
    const auto fail_on = [&entry](int day) {
        const Lesson lesson = teach(entry, 3001, noon(day));
        entry = lesson.next;
        return next_of(lesson);
    };
    CHECK_FALSE(fail_on(0).active);
    CHECK_FALSE(fail_on(1).active);
    const SuppressionEntry first = fail_on(2);
    CHECK(first.active);
    CHECK(first.expires == noon(2 + 180));
    CHECK_FALSE(fail_on(200).active);
    CHECK_FALSE(fail_on(201).active);
    const SuppressionEntry second = fail_on(202);
    CHECK(second.active);
    CHECK(second.expires == noon(202 + 360));
}

TEST_CASE("a complaint never expires by itself and is marked as one") {
    const Lesson lesson = teach({}, 5002, noon(0));
    const SuppressionEntry next = next_of(lesson);
    CHECK(next.reason == SuppressionReason::Complaint);
    CHECK_FALSE(next.expires.has_value());
    CHECK(next.holds_at(noon(100'000)));
}

TEST_CASE("what stands above a failure is left alone") {
    using enum SuppressionReason;
    using enum SuppressionSource;
    struct Row {
        std::string_view what;
        SuppressionReason reason;
        SuppressionSource source;
        int code;
        std::string_view want;
    };
    const auto rows = std::to_array<Row>({
        {"allowed by the admin", Allow, Admin, 2001, "admin-decides"},
        {"allowed, imported", Allow, Import, 2001, "admin-decides"},
        {"blocked by hand", Manual, Admin, 2001, "admin-decides"},
        {"the admin's own bounce entry", Bounce, Admin, 2001, "admin-decides"},
        {"a complaint before a bounce", Complaint, Learned, 2001, "stronger-stands"},
        {"a wish to unsubscribe before a bounce", Unsubscribe, Learned, 2001, "stronger-stands"},
        {"an invalid address before a full mailbox", Bounce, Learned, 3001, "stronger-stands"},
        {"a bounce before nothing of its kind", Bounce, Import, 2001, "renewed"},
        {"a complaint after a bounce", Bounce, Learned, 5002, "renewed"},
        {"a second complaint", Complaint, Learned, 5002, "renewed"},
    });
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const Lesson lesson = teach(entry_of(row.reason, row.source), row.code, noon(1));
        CHECK(wire_name(lesson.reason) == row.want);
        CHECK(lesson.next.has_value() == (lesson.reason == LearnReason::Renewed));
    }
}

TEST_CASE("an expired entry on better evidence does not stand in the way") {
    SuppressionEntry expired = entry_of(SuppressionReason::Complaint, SuppressionSource::Learned);
    expired.expires = noon(1);
    const Lesson lesson = teach(expired, 2001, noon(2));
    CHECK(lesson.reason == LearnReason::Suppressed);
}

TEST_CASE("foreign texts are kept short and valid") {
    ClassifiedRecipient made = failure(2001);
    made.report.diagnostic = std::string(600, 'x') + "\xFF";
    const Lesson lesson = learn(
        {},
        bo_key(),
        {.failure = made, .proof = proven(terms::Proof::Local), .message_id = "\xFF", .sender = {}},
        noon(0),
        support::small_catalogue());
    const SuppressionEntry next = next_of(lesson);
    CHECK(next.diagnostic == std::string(500, 'x'));
    CHECK(next.message_id == "\xEF\xBF\xBD");
}

TEST_CASE("an entry stands in the scope that the settings have for its reason") {
    const terms::CodeCatalogue codes = support::small_catalogue();
    const auto sender = mail::Address::parse("News@Example.org", mail::Smtputf8::No).value().value;
    config::LearnSettings settings;
    Evidence evidence{.failure = failure(5002),
                      .proof = proven(terms::Proof::Local),
                      .message_id = {},
                      .sender = sender};
    CHECK(learn_key(evidence, codes, settings)->scope.text() == "example.org");
    settings.scope.complaint = terms::ScopeKind::Sender;
    CHECK(learn_key(evidence, codes, settings)->scope.text() == "news@example.org");
    settings.scope.complaint = terms::ScopeKind::Global;
    CHECK(learn_key(evidence, codes, settings)->scope.text() == "global");
    evidence.failure = failure(2001);
    evidence.proof = proven(terms::Proof::Local);
    CHECK(learn_key(evidence, codes, settings)->scope.text() == "global");
    settings.scope.bounce = terms::ScopeKind::Sender;
    CHECK(learn_key(evidence, codes, settings)->scope.text() == "news@example.org");
    evidence.sender = mail::NullSender{};
    CHECK(learn_key(evidence, codes, settings).error() == LearnReason::NoSender);
}

TEST_CASE("what only a seal proves counts for its sender, and for no domain") {
    const terms::CodeCatalogue codes = support::small_catalogue();
    config::LearnSettings settings;
    Evidence evidence{
        .failure = failure(2001),
        .proof = proven(terms::Proof::Sealed),
        .message_id = {},
        .sender = mail::Address::parse("News@Example.org", mail::Smtputf8::No).value().value};
    CHECK(learn_key(evidence, codes, settings)->scope.text() == "news@example.org");
    settings.scope.bounce = terms::ScopeKind::SenderDomain;
    CHECK(learn_key(evidence, codes, settings)->scope.text() == "news@example.org");
    // A complaint too: who sends mail gets its seal back, whatever he makes of it.
    evidence.failure = failure(5002);
    CHECK(learn_key(evidence, codes, settings)->scope.text() == "news@example.org");
    evidence.failure = failure(2002);
    CHECK(learn_key(evidence, codes, settings).error() == LearnReason::DomainUnproven);
}

TEST_CASE("evidence that counts for one sender is wider only about a domain, of which DNS tells") {
    const terms::CodeCatalogue codes = support::small_catalogue();
    Evidence evidence{
        .failure = failure(2001),
        .proof = proven(terms::Proof::Local),
        .message_id = {},
        .sender = mail::Address::parse("News@Example.org", mail::Smtputf8::No).value().value};
    CHECK(learn_key(evidence, codes, {})->scope.text() == "global");
    evidence.widest = terms::ScopeKind::Sender;
    CHECK(learn_key(evidence, codes, {})->scope.text() == "news@example.org");
    evidence.failure = failure(2002);
    const auto domain = learn_key(evidence, codes, {});
    CHECK(domain->kind == terms::SubjectKind::Domain);
    CHECK(domain->scope.text() == "global");
}

TEST_CASE("a sender who has another address for each message is one sender") {
    Evidence evidence{.failure = failure(5002, "bo@example.net"),
                      .proof = proven(terms::Proof::Sealed),
                      .message_id = {},
                      .sender = {}};
    for (const std::string_view sender : {"news+17-bo=example.net@example.org",
                                          "news-18-bo=example.net@example.org",
                                          "news@example.org"}) {
        CAPTURE(sender);
        evidence.sender = mail::Address::parse(sender, mail::Smtputf8::No).value().value;
        const auto key = learn_key(evidence, support::small_catalogue(), {});
        CHECK(key->scope.text() == "news@example.org");
        CHECK(key->scope.covers(evidence.sender, "bo@example.net"));
    }
}

TEST_CASE("a refusal after the data of several recipients speaks of none of them") {
    Report report;
    const auto add = [&report](std::string host, std::string text) {
        report.recipients.push_back({});
        report.recipients.back().action = Action::Failed;
        report.recipients.back().remote_mta = std::move(host);
        report.recipients.back().diagnostic = std::move(text);
    };
    const std::string after_data = "550 5.1.1 User unknown (in reply to end of DATA command)";
    add("mx.a.test", after_data);
    add("mx.b.test", after_data);
    add("mx.a.test", after_data);
    add("mx.a.test", "550 5.1.1 User unknown (in reply to RCPT TO command)");
    add("mx.a.test", "550 5.1.1 User unknown (in reply to RCPT TO command)");
    add("mx.a.test", "550 5.7.1 Spam (in reply to end of DATA command)");
    CHECK(refused_together(report) == std::vector<bool>{true, false, true, false, false, false});
    // Postfix tells the stage in the text alone.
    report = {};
    add("mx.a.test", "550 5.1.1 User unknown");
    report.recipients.back().final_recipient = "Bo@a.test";
    add("mx.a.test", "550 5.1.1 User unknown");
    report.recipients.back().final_recipient = "eva@a.test";
    CHECK(refused_together(report) == std::vector<bool>{false, false});
    report.human_text =
        "<bo@a.test>: host mx.a.test said: 550 5.1.1 User unknown (in reply to RCPT TO command)\n"
        "\n<eva@a.test>: host mx.a.test said: 550 5.1.1 User unknown (in reply to end of DATA "
        "command)\n";
    CHECK(refused_together(report) == std::vector<bool>{false, false});
    report.human_text =
        "<bo@a.test>: host mx.a.test said: 550 5.1.1 User unknown (in reply to end of DATA\n"
        "    command)\n";
    CHECK(refused_together(report) == std::vector<bool>{true, true});
    const Evidence evidence{.failure = failure(2001),
                            .proof = proven(terms::Proof::Local),
                            .message_id = {},
                            .sender = {},
                            .refused_together = true};
    CHECK(learn_key(evidence, support::small_catalogue(), {}).error() == LearnReason::WholeMessage);
}

TEST_CASE("who is proven to have failed stands above who is reported") {
    Evidence evidence{.failure = failure(2001, "mailed@example.org"),
                      .proof = proven(terms::Proof::Sealed),
                      .message_id = {},
                      .sender = mail::Address::parse("a@b.example", mail::Smtputf8::No)->value};
    evidence.failure.report.original_recipient = "list@example.org";
    evidence.proof.mailed = "mailed@example.net";
    CHECK(learn_key(evidence, support::small_catalogue(), {})->subject == "mailed@example.net");
}

TEST_CASE("a feedback loop and a letter are believed though they prove nothing") {
    Evidence evidence{.failure = failure(5002),
                      .proof = proven(terms::Proof::Unproven),
                      .message_id = {},
                      .sender = mail::Address::parse("a@b.example", mail::Smtputf8::No)->value};
    const auto learned = [&](ProofReason reason) {
        evidence.proof.reason = reason;
        return learn_key(evidence, support::small_catalogue(), {}).has_value();
    };
    CHECK(learned(ProofReason::FeedbackLoop));
    CHECK(learned(ProofReason::Unsubscribe));
    CHECK_FALSE(learned(ProofReason::NoSeal));
    CHECK_FALSE(learned(ProofReason::SharedSeal));
}

TEST_CASE("only failures of mailboxes tell of an outage") {
    const terms::CodeCatalogue codes = support::small_catalogue();
    CHECK(speaks_of_mailbox(terms::FailureCode(2001), codes));
    CHECK_FALSE(speaks_of_mailbox(terms::FailureCode(2002), codes));
    CHECK_FALSE(speaks_of_mailbox(terms::FailureCode(3001), codes));
    CHECK_FALSE(speaks_of_mailbox(terms::FailureCode(5002), codes));
    CHECK_FALSE(speaks_of_mailbox(terms::FailureCode(1004), codes));
    CHECK_FALSE(speaks_of_mailbox(terms::FailureCode(7777), codes));
}

namespace {

/// True when the two share a name, so that only the first of them teaches.
bool is_one_event(const std::vector<std::string>& a, const std::vector<std::string>& b) {
    return std::ranges::any_of(
        a, [&](const std::string& name) { return std::ranges::find(b, name) != b.end(); });
}

}  // namespace

TEST_CASE("the same fate of the same message is one event, in whatever form it is told") {
    const RecipientReport bo = failure(2001).report;
    const RecipientProof sealed = [] {
        RecipientProof proof = proven(terms::Proof::Sealed);
        proof.message = "0102";
        proof.mailed = "bo@example.net";
        return proof;
    }();
    const RecipientProof local = [] {
        RecipientProof proof = proven(terms::Proof::Local);
        proof.mailed = "bo@example.net";
        return proof;
    }();
    Report report;
    report.returned.message_id = "<1@example.com>";
    report.queue_id = "4X1";
    const auto names = event_names(report, bo, sealed, noon(0));

    SUBCASE("letter case, queue id, text and day do not matter") {
        Report again = report;
        again.queue_id = "4X2";
        RecipientReport same = bo;
        same.final_recipient = "bo@EXAMPLE.NET";
        same.diagnostic = "other words";
        CHECK(is_one_event(event_names(again, same, sealed, noon(9)), names));
        again.returned.message_id = "<9@example.com>";
        CHECK(is_one_event(event_names(again, same, sealed, noon(9)), names));
        RecipientProof other = sealed;
        other.message = "0909";
        CHECK(is_one_event(event_names(report, same, other, noon(9)), names));
    }
    SUBCASE("our MTA's DSN and the line of its log are one event") {
        CHECK(is_one_event(event_names(report, bo, local, noon(0)),
                           {local_event_name("4X1", "bo@example.net")}));
        CHECK_FALSE(is_one_event(event_names(report, bo, sealed, noon(0)),
                                 {local_event_name("4X1", "bo@example.net")}));
        CHECK_FALSE(is_one_event(event_names(report, bo, local, noon(0)),
                                 {local_event_name("4X2", "bo@example.net")}));
        CHECK_FALSE(is_one_event(event_names(report, bo, local, noon(0)),
                                 {local_event_name("4X1", "cy@example.net")}));
    }
    SUBCASE("a second letter on the same day is another event, and the same one is not") {
        report = {};
        report.kind = MessageKind::Unsubscribe;
        const RecipientProof none = proven(terms::Proof::Unproven);
        const auto first = event_names(report, bo, none, noon(0), "<1@example.net>");
        CHECK(is_one_event(event_names(report, bo, none, noon(0), "<1@example.net>"), first));
        CHECK_FALSE(is_one_event(event_names(report, bo, none, noon(0), "<2@example.net>"), first));
        report.kind = MessageKind::Dsn;
        CHECK(is_one_event(event_names(report, bo, none, noon(0), "<1@example.net>"),
                           event_names(report, bo, none, noon(0), "<2@example.net>")));
    }
    SUBCASE("another recipient, message, queue or day is another event") {
        const RecipientProof none = proven(terms::Proof::Unproven);
        std::vector<std::vector<std::string>> events;
        events.push_back(event_names(report, bo, none, noon(0)));
        events.push_back(
            event_names(report, failure(2001, "cy@example.net").report, none, noon(0)));
        report.returned.message_id = "<2@example.com>";
        report.queue_id = "4X9";
        events.push_back(event_names(report, bo, none, noon(0)));
        report.returned.message_id.clear();
        report.queue_id.clear();
        report.envelope_id = "<1@example.com>";
        events.push_back(event_names(report, bo, none, noon(0)));
        report.envelope_id.clear();
        report.queue_id = "4X1";
        report.reporting_mta = "mx.example.net";
        events.push_back(event_names(report, bo, none, noon(0)));
        report.queue_id.clear();
        events.push_back(event_names(report, bo, none, noon(0)));
        events.push_back(event_names(report, bo, none, noon(1)));
        for (std::size_t i = 0; i < events.size(); ++i) {
            for (std::size_t k = 0; k < i; ++k) {
                CAPTURE(i);
                CAPTURE(k);
                CHECK_FALSE(is_one_event(events[i], events[k]));
            }
        }
    }
}

}  // namespace holdback::dsn
