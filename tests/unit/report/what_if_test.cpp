// SPDX-License-Identifier: Apache-2.0
#include "report/what_if.hpp"

#include "config/settings.hpp"
#include "mail/address.hpp"
#include "mail/syntax.hpp"
#include "replay/recorded.hpp"
#include "replay/replay.hpp"
#include "terms/policy_action.hpp"

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::report {

namespace {

using replay::NotRecorded;
using replay::Replayed;
using replay::ReplayedVerdict;
using terms::PolicyAction;

replay::RecordedRecipient recipient_of(const std::string& address,
                                       PolicyAction action,
                                       std::string reason) {
    return {.address = address,
            .mailer = {},
            .facts = {.syntax = mail::Address::parse(address, mail::Smtputf8::No)},
            .found = {},
            .action = action,
            .unshadowed = action,
            .reason = std::move(reason)};
}

}  // namespace

TEST_CASE("changes are grouped, counted and shown by example, with how the mail ended") {
    WhatIf sums;
    replay::RecordedMessage message;
    message.sender = replay::recorded_sender("news@a.test");
    for (const int i : {0, 0, 1, 2, 3}) {
        message.recipients.push_back(
            recipient_of("u" + std::to_string(i) + "@a.test", PolicyAction::Pass, ""));
    }
    message.recipients.push_back(recipient_of("x@b.test", PolicyAction::Hold, "null-mx"));
    message.recipients.push_back(recipient_of("y@b.test", PolicyAction::Reject, "null-mx"));
    std::vector<Replayed> answers(5, ReplayedVerdict{PolicyAction::Hold, "suppressed-bounce"});
    answers.emplace_back(ReplayedVerdict{PolicyAction::Hold, "null-mx"});
    answers.emplace_back(NotRecorded{"the header"});
    using enum KnownEnd;
    sums.add(message,
             answers,
             std::vector{Delivered, Delivered, Bounced, Deferred, Unknown, Unknown, Unknown},
             {});
    CHECK(sums.messages() == 1);
    CHECK(sums.replayed() == 6);
    CHECK(sums.changed() == 5);
    CHECK(sums.in_shadow() == 6);
    CHECK(sums.before() == ByVerdict{5, 0, 1, 0, 0});
    CHECK(sums.after() == ByVerdict{0, 0, 6, 0, 0});
    CHECK(sums.not_recorded().at("the header") == 1);
    const auto groups = sums.groups();
    REQUIRE(groups.size() == 1);
    CHECK(groups[0].change.after.reason == "suppressed-bounce");
    CHECK(groups[0].ends.all() == 5);
    CHECK(groups[0].ends.of(Delivered) == 2);
    CHECK(groups[0].ends.of(Bounced) == 1);
    REQUIRE(groups[0].examples.size() == 3);
    CHECK(groups[0].examples[0].address == "u0@a.test");
    CHECK(groups[0].examples[1].address == "u1@a.test");
    CHECK(groups[0].examples[0].sender == "news@a.test");
    // One recipient is open, so the message as a whole is not counted.
    CHECK(sums.course_after() == ByCourse{0, 0, 0});
}

TEST_CASE("what becomes of whole messages is counted, and the greatest change stands first") {
    WhatIf sums;
    replay::RecordedMessage message;
    message.sender = replay::recorded_sender("news@a.test");
    message.recipients = {recipient_of("a@a.test", PolicyAction::Pass, ""),
                          recipient_of("b@a.test", PolicyAction::Pass, "")};
    sums.add(message,
             std::vector<Replayed>{ReplayedVerdict{PolicyAction::Reject, "null-mx"},
                                   ReplayedVerdict{PolicyAction::Reject, "null-mx"}},
             {},
             {});
    sums.add(message,
             std::vector<Replayed>{ReplayedVerdict{PolicyAction::Pass, ""},
                                   ReplayedVerdict{PolicyAction::Hold, "null-mx"}},
             {},
             {});
    CHECK(sums.course_before() == ByCourse{2, 0, 0});
    CHECK(sums.course_after() == ByCourse{0, 1, 1});
    const auto groups = sums.groups();
    REQUIRE(groups.size() == 2);
    CHECK(groups[0].change.after.action == PolicyAction::Reject);
    CHECK(groups[0].ends.of(KnownEnd::Unknown) == 2);
}

TEST_CASE("a message that was taken from a client that had had enough is none that was refused") {
    replay::RecordedMessage message;
    message.sender = replay::recorded_sender("joe@a.test");
    message.recipients = {recipient_of("a@a.test", PolicyAction::Reject, "null-mx")};
    const std::vector<Replayed> answers{ReplayedVerdict{PolicyAction::Reject, "null-mx"}};
    message.dialogue = replay::RecordedDialogue{.before = {.messages = 7, .refusals = 5},
                                                .asked_at_rcpt = false,
                                                .can_be_returned = true,
                                                .had_enough = true};
    config::Settings settings;
    SUBCASE("as then") {
        WhatIf sums;
        sums.add(message, answers, {}, settings);
        CHECK(sums.course_before() == ByCourse{0, 1, 0});
        CHECK(sums.course_after() == ByCourse{0, 1, 0});
    }
    SUBCASE("with more patience, it is not known") {
        settings.policy.refuse_at_most = 9;
        WhatIf sums;
        sums.add(message, answers, {}, settings);
        CHECK(sums.course_after() == ByCourse{0, 0, 0});
    }
    SUBCASE("when nobody could be told") {
        message.dialogue->can_be_returned = false;
        WhatIf sums;
        sums.add(message, answers, {}, settings);
        CHECK(sums.course_after() == ByCourse{0, 0, 1});
    }
}

}  // namespace holdback::report
