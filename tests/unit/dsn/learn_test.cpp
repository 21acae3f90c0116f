// SPDX-License-Identifier: Apache-2.0
#include "dsn/learn.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "dsn/classify.hpp"
#include "dsn/report.hpp"
#include "mail/failure_code.hpp"
#include "mail/suppression.hpp"
#include "tests/support/code_samples.hpp"

#include <array>
#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::dsn {

namespace {

using mail::SuppressionEntry;
using mail::SuppressionReason;
using mail::SuppressionSource;
using std::chrono::days;
using std::chrono::hours;

/// Noon of a day, so that hours before and after stay on it.
core::TimePoint noon(int day) {
    return core::TimePoint(std::chrono::sys_days(days(20'000 + day)).time_since_epoch() +
                           hours(12));
}

ClassifiedRecipient failure(int code, std::string address = "Bo@Example.net") {
    ClassifiedRecipient made;
    made.report.final_recipient = std::move(address);
    made.report.diagnostic = "550 no";
    made.code = mail::FailureCode::from_number(code).value_or(mail::kUnknownFailure);
    made.rule = "text/rule";
    return made;
}

LearnSubject bo_subject() {
    return {mail::SubjectKind::Address, "bo@example.net"};
}

Lesson teach(const std::optional<SuppressionEntry>& existing, int code, core::TimePoint now) {
    const ClassifiedRecipient made = failure(code);
    const Evidence evidence{
        .failure = made, .proof = mail::Proof::Local, .message_id = "<1@example.com>"};
    return learn(existing, bo_subject(), evidence, now, support::small_catalogue());
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
    entry.code = mail::FailureCode(2001);
    entry.strikes = 1;
    entry.first_seen = noon(0);
    entry.last_seen = noon(0);
    return entry;
}

}  // namespace

TEST_CASE("who is learned about, and why somebody is not") {
    using config::LearnSettings;
    const mail::CodeCatalogue codes = support::small_catalogue();
    ClassifiedRecipient delayed = failure(2001);
    delayed.report.action = Action::Delayed;
    ClassifiedRecipient forwarded = failure(2001, "final@example.org");
    forwarded.report.original_recipient = "Mailed@Example.com";
    struct Row {
        std::string_view what;
        ClassifiedRecipient failure;
        mail::Proof proof;
        LearnSettings settings;
        std::string_view want;
    };
    const auto rows = std::to_array<Row>({
        {"an address, folded", failure(2001), mail::Proof::Local, {}, "address bo@example.net"},
        {"the address we mailed", forwarded, mail::Proof::Sealed, {}, "address mailed@example.com"},
        {"the domain", failure(2002), mail::Proof::Local, {}, "domain example.net"},
        {"nobody vouches", failure(2001), mail::Proof::Unproven, {}, "unproven"},
        {"the admin believes everybody",
         failure(2001),
         mail::Proof::Unproven,
         {.enabled = true, .from = {mail::Proof::Unproven}},
         "address bo@example.net"},
        {"switched off",
         failure(2001),
         mail::Proof::Local,
         {.enabled = false, .from = {mail::Proof::Local}},
         "off"},
        {"content says nothing of a mailbox",
         failure(1004),
         mail::Proof::Local,
         {},
         "never-teaches"},
        {"unknown texts teach nothing", failure(9999), mail::Proof::Local, {}, "never-teaches"},
        {"a code that the catalogue lacks", failure(7777), mail::Proof::Local, {}, "never-teaches"},
        {"a delay", delayed, mail::Proof::Local, {}, "no-failure"},
        {"no address", failure(2001, "bo"), mail::Proof::Local, {}, "no-address"},
        {"nothing", failure(2001, ""), mail::Proof::Local, {}, "no-address"},
    });
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const auto subject = learn_subject(row.failure, row.proof, codes, row.settings);
        const std::string got = subject.has_value() ? std::string(mail::wire_name(subject->kind)) +
                                                          " " + subject->subject
                                                    : std::string(wire_name(subject.error()));
        CHECK(got == row.want);
    }
}

TEST_CASE("an invalid address is suppressed at once, with its evidence") {
    const Lesson lesson = teach({}, 2001, noon(0));
    CHECK(lesson.reason == LearnReason::Suppressed);
    SuppressionEntry want;
    want.kind = mail::SubjectKind::Address;
    want.subject = "bo@example.net";
    want.reason = SuppressionReason::Bounce;
    want.code = mail::FailureCode(2001);
    want.source = SuppressionSource::Learned;
    want.strikes = 1;
    want.first_seen = noon(0);
    want.last_seen = noon(0);
    want.expires = noon(180);
    want.active = true;
    want.proof = mail::Proof::Local;
    want.rule = "text/rule";
    want.diagnostic = "550 no";
    want.message_id = "<1@example.com>";
    CHECK(next_of(lesson) == want);
}

TEST_CASE("a domain entry is short and stands for the domain") {
    const ClassifiedRecipient made = failure(2002);
    const Lesson lesson = learn({},
                                {mail::SubjectKind::Domain, "example.net"},
                                {.failure = made, .proof = mail::Proof::Local, .message_id = {}},
                                noon(0),
                                support::small_catalogue());
    const SuppressionEntry next = next_of(lesson);
    CHECK(next.kind == mail::SubjectKind::Domain);
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
    const Lesson lesson =
        learn({},
              bo_subject(),
              {.failure = made, .proof = mail::Proof::Local, .message_id = "\xFF"},
              noon(0),
              support::small_catalogue());
    const SuppressionEntry next = next_of(lesson);
    CHECK(next.diagnostic == std::string(500, 'x'));
    CHECK(next.message_id == "\xEF\xBF\xBD");
}

TEST_CASE("the same fate of the same message has one key") {
    Report report;
    report.returned.message_id = "<1@example.com>";
    report.queue_id = "4X1";
    const RecipientReport bo = failure(2001).report;
    const std::string key = event_key(report, bo, noon(0));
    CHECK(key.size() == 64);

    SUBCASE("letter case, queue id, text and day do not matter") {
        Report again = report;
        again.queue_id = "4X2";
        RecipientReport same = bo;
        same.final_recipient = "bo@EXAMPLE.NET";
        same.diagnostic = "other words";
        CHECK(event_key(again, same, noon(9)) == key);
    }
    SUBCASE("another recipient, message, queue or day is another event") {
        std::set<std::string> keys = {key};
        keys.insert(event_key(report, failure(2001, "cy@example.net").report, noon(0)));
        report.returned.message_id = "<2@example.com>";
        keys.insert(event_key(report, bo, noon(0)));
        report.returned.message_id.clear();
        report.envelope_id = "<1@example.com>";
        keys.insert(event_key(report, bo, noon(0)));
        report.envelope_id.clear();
        keys.insert(event_key(report, bo, noon(0)));
        report.reporting_mta = "mx.example.net";
        keys.insert(event_key(report, bo, noon(0)));
        report.queue_id.clear();
        keys.insert(event_key(report, bo, noon(0)));
        keys.insert(event_key(report, bo, noon(1)));
        CHECK(keys.size() == 8);
    }
}

}  // namespace holdback::dsn
