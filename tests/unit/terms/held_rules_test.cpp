// SPDX-License-Identifier: Apache-2.0
#include "terms/held_rules.hpp"

#include "core/clock.hpp"
#include "terms/held.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace {

using namespace holdback::terms;
using namespace std::chrono_literals;
using holdback::core::TimePoint;

constexpr TimePoint kBefore{1'700'000'000'000ms};
constexpr TimePoint kNow = kBefore + 1h;

/// An item in `held`, with what `set` changes of it.
HeldRow row(const std::function<void(HeldRow&)>& set = {}) {
    HeldRow made;
    made.id = 7;
    made.spool_id = "s1";
    made.sender = "news@example.org";
    made.address = "bo@example.net";
    made.changed_at = kBefore;
    if (set) {
        set(made);
    }
    return made;
}

HeldRow in_state(HeldState state) {
    return row([state](HeldRow& r) { r.state = state; });
}

/// In doubt about the message with this queue id, which came at `kBefore`.
HeldRow in_doubt(std::string queue_id = "4Xk2") {
    return row([&](HeldRow& r) {
        r.in_doubt = true;
        r.mta_queue_id = std::move(queue_id);
        r.mta_since = kBefore;
    });
}

HeldRow releasing() {
    return row([](HeldRow& r) {
        r.state = HeldState::Releasing;
        r.attempts = 1;
        r.token = "hash";
        r.mta_queue_id = "4Xk9";
        r.mta_since = kBefore;
    });
}

HeldRow with(HeldRow made, const std::function<void(HeldRow&)>& set) {
    set(made);
    return made;
}

ReleaseToken token_that(bool sent, bool used) {
    return {.hash = "hash", .spool_id = "s1", .sent = sent, .used = used};
}

}  // namespace

TEST_CASE("who may be released or ended, and what becomes of it") {
    struct Row {
        std::string_view what;
        HeldRow before;
        ItemEvent event;
        std::optional<HeldState> want;  ///< nullopt: refused
    };
    const ReleaseBegins release{.token = "hash", .why = "due"};
    const ReleaseBegins release_all{.in_doubt = InDoubt::Take, .token = "hash", .why = "due"};
    const Ended give_back{.state = HeldState::Returned, .why = "expiry"};
    const Ended discard_all{.in_doubt = InDoubt::Take, .state = HeldState::Discarded, .why = ""};
    const std::vector<Row> rows{
        {"held goes", row(), release, HeldState::Releasing},
        {"in doubt stays", in_doubt(), release, std::nullopt},
        {"in doubt goes when he knows", in_doubt(), release_all, HeldState::Releasing},
        {"under way is somebody else's", releasing(), release_all, std::nullopt},
        {"released once", in_state(HeldState::Released), release_all, std::nullopt},
        {"returned is over", in_state(HeldState::Returned), release_all, std::nullopt},
        {"discarded is over", in_state(HeldState::Discarded), release_all, std::nullopt},
        {"held is returned", row(), give_back, HeldState::Returned},
        {"in doubt is not returned", in_doubt(), give_back, std::nullopt},
        {"in doubt is discarded by who knows", in_doubt(), discard_all, HeldState::Discarded},
        {"under way is not discarded", releasing(), discard_all, std::nullopt},
        {"nothing ends as released",
         row(),
         Ended{.state = HeldState::Released, .why = ""},
         std::nullopt},
        {"refused at once", row(), RefusedAtOnce{}, HeldState::Returned},
        {"refused at once, in doubt", in_doubt(), RefusedAtOnce{}, HeldState::Returned},
        {"refused at once while under way", releasing(), RefusedAtOnce{}, std::nullopt},
        {"a DSN for nobody", in_doubt(), NobodyLeft{}, HeldState::Discarded},
        {"a DSN that is under way", releasing(), NobodyLeft{}, std::nullopt},
    };
    for (const Row& each : rows) {
        CAPTURE(each.what);
        const auto change = apply(each.before, each.event, kNow);
        REQUIRE(change.has_value() == each.want.has_value());
        if (change.has_value()) {
            CHECK(change->row.state == *each.want);
            CHECK(change->row.changed_at == kNow);
            CHECK(change->line.has_value());
        }
    }
}

TEST_CASE("a release counts the attempt and has a doubt of its own") {
    const auto begun = apply(with(in_doubt(), [](HeldRow& r) { r.attempts = 2; }),
                             ReleaseBegins{.in_doubt = InDoubt::Take, .token = "h", .why = "due"},
                             kNow);
    REQUIRE(begun.has_value());
    CHECK(begun->row == with(row(), [](HeldRow& r) {
              r.state = HeldState::Releasing;
              r.changed_at = kNow;
              r.attempts = 3;
              r.token = "h";
          }));
    CHECK(begun->line == "due");
    const auto came = apply(begun->row, TokenCame{"4Xka"}, kNow + 1s);
    REQUIRE(came.has_value());
    CHECK(came->row.mta_queue_id == "4Xka");
    CHECK(came->row.mta_since == kNow + 1s);
    CHECK_FALSE(came->line.has_value());
    CHECK_FALSE(apply(row(), TokenCame{"4Xka"}, kNow).has_value());
}

TEST_CASE("how a release ends") {
    using What = ReleaseEnded::What;
    const auto ended = [](What what) {
        return ReleaseEnded{.what = what, .answer = "the answer", .retry_at = kNow + 1h};
    };
    const auto answered = [](const std::function<void(HeldRow&)>& set) {
        return with(releasing(), [&](HeldRow& r) {
            r.changed_at = kNow;
            r.last_answer = "the answer";
            set(r);
        });
    };
    struct Row {
        std::string_view what;
        What end;
        HeldRow want;
    };
    const std::vector<Row> rows{
        {"the token stays good for what was taken", What::Released, answered([](HeldRow& r) {
             r.state = HeldState::Released;
         })},
        {"what was not taken is tried again", What::Failed, answered([](HeldRow& r) {
             r.state = HeldState::Held;
             r.release_at = kNow + 1h;
             r.token.clear();
             r.mta_queue_id.clear();
             r.mta_since.reset();
         })},
        {"what may have been taken is in doubt about that copy",
         What::Unknown,
         answered([](HeldRow& r) {
             r.state = HeldState::Held;
             r.release_at = kNow + 1h;
             r.token.clear();
             r.in_doubt = true;
         })},
    };
    for (const Row& each : rows) {
        CAPTURE(each.what);
        const auto change = apply(releasing(), ended(each.end), kNow);
        REQUIRE(change.has_value());
        CHECK(change->row == each.want);
        CHECK(change->line == "the answer");
        CHECK_FALSE(apply(row(), ended(each.end), kNow).has_value());
        CHECK_FALSE(apply(in_state(HeldState::Released), ended(each.end), kNow).has_value());
    }
}

TEST_CASE("what ends a doubt, and what does not") {
    const auto tried = [](HeldRow& r) { r.attempts = 1; };
    const auto seen = [](HeldRow& r) { r.last_answer = "look in the log"; };
    const auto returned = [](HeldRow& r) { r.state = HeldState::Returned; };
    const MtaDropped dropped{.queue_id = "4Xk2", .at = kBefore, .why = "dropped"};
    const CopyFound found{.queue_id = "4Xk2", .text = "by the log"};
    struct Row {
        std::string_view what;
        HeldRow before;
        ItemEvent event;
        bool ends;
        bool has_line;
    };
    const std::vector<Row> rows{
        {"our answer was taken", in_doubt(), AnswerTaken{"4Xk2"}, true, false},
        {"the answer about the message, before any release",
         in_doubt("other"),
         AnswerTaken{"4Xk2"},
         true,
         false},
        {"a release is in doubt, not the message",
         with(in_doubt("4Xk9"), tried),
         AnswerTaken{"4Xk2"},
         false,
         false},
        {"the message came again since the release",
         with(in_doubt(), tried),
         AnswerTaken{"4Xk2"},
         true,
         false},
        {"also of who was returned", with(in_doubt(), returned), AnswerTaken{"4Xk2"}, true, false},
        {"dropped, and nobody knew of the doubt", in_doubt(), dropped, true, false},
        {"dropped, after people were told", with(in_doubt(), seen), dropped, true, true},
        {"another message was dropped", in_doubt("4Xk3"), dropped, false, false},
        {"an earlier message with this id was dropped",
         in_doubt(),
         MtaDropped{.queue_id = "4Xk2", .at = kBefore - 1ms, .why = ""},
         false,
         false},
        {"a release is in doubt", with(in_doubt(), tried), dropped, false, false},
        {"nothing is in doubt", row(), dropped, false, false},
        {"a copy was found", in_doubt(), found, true, true},
        {"a copy of who was returned", with(in_doubt(), returned), found, true, true},
        {"a copy of another message", in_doubt("4Xk3"), found, false, false},
        {"a copy where nothing is in doubt",
         with(row(), [](HeldRow& r) { r.mta_queue_id = "4Xk2"; }),
         found,
         false,
         false},
    };
    for (const Row& each : rows) {
        CAPTURE(each.what);
        const auto change = apply(each.before, each.event, kNow);
        REQUIRE(change.has_value() == each.ends);
        if (change.has_value()) {
            CHECK_FALSE(change->row.in_doubt);
            CHECK(change->line.has_value() == each.has_line);
        }
    }
    CHECK(apply(in_doubt(), found, kNow)->row.state == HeldState::Released);
    CHECK(apply(in_doubt(), found, kNow)->row.last_answer == "by the log");
    CHECK(apply(with(in_doubt(), seen), dropped, kNow)->row ==
          with(row(), [](HeldRow& r) { r.changed_at = kNow; }));
}

TEST_CASE("how a doubt begins, and gets its words once") {
    const auto again = apply(row(), CameAgain{"4Xkb"}, kNow);
    REQUIRE(again.has_value());
    CHECK(again->row == with(row(), [](HeldRow& r) {
              r.in_doubt = true;
              r.mta_queue_id = "4Xkb";
              r.mta_since = kNow;
          }));
    CHECK_FALSE(again->line.has_value());
    CHECK_FALSE(apply(in_doubt(), CameAgain{"4Xkb"}, kNow).has_value());
    CHECK_FALSE(apply(releasing(), CameAgain{"4Xkb"}, kNow).has_value());

    const auto late = apply(in_doubt(), DoubtLasts{"late"}, kNow);
    REQUIRE(late.has_value());
    CHECK(late->row.last_answer == "late");
    CHECK(late->line == "late");
    CHECK_FALSE(apply(late->row, DoubtLasts{"later"}, kNow).has_value());
    CHECK_FALSE(apply(row(), DoubtLasts{"late"}, kNow).has_value());
    CHECK_FALSE(apply(late->row, ProgramEnded{}, kNow).has_value());
    CHECK(
        apply(in_doubt(), ProgramEnded{}, kNow)->row.last_answer.starts_with("the program ended"));

    const auto restored = apply(releasing(), MayHaveLeft{"restored"}, kNow);
    REQUIRE(restored.has_value());
    CHECK(restored->row == with(row(), [](HeldRow& r) {
              r.changed_at = kNow;
              r.attempts = 1;
              r.in_doubt = true;
              r.last_answer = "restored";
          }));
    CHECK_FALSE(apply(in_state(HeldState::Released), MayHaveLeft{"restored"}, kNow).has_value());
    CHECK(apply(in_doubt(), Rescued{"rescued"}, kNow)->row.last_answer == "rescued");
    CHECK_FALSE(apply(in_state(HeldState::Returned), Rescued{"rescued"}, kNow).has_value());
}

TEST_CASE("a release that the end of the program cut off begins again, unless it may have left") {
    struct Row {
        std::string_view what;
        std::optional<ReleaseToken> token;
        bool begins_again;
    };
    const std::vector<Row> rows{
        {"no token", std::nullopt, true},
        {"nothing was sent", token_that(false, false), true},
        {"the end of the message was about to go", token_that(true, false), false},
        {"the message has come by the milter", token_that(false, true), false},
        {"both", token_that(true, true), false},
    };
    for (const Row& each : rows) {
        CAPTURE(each.what);
        const auto change = apply(releasing(), ProgramEnded{each.token}, kNow);
        REQUIRE(change.has_value() == each.begins_again);
        if (change.has_value()) {
            CHECK(change->row.state == HeldState::Held);
            CHECK(change->row.release_at == kNow);
            CHECK_FALSE(change->row.in_doubt);
            CHECK(change->row.token.empty());
            CHECK(change->row.mta_queue_id.empty());
        }
    }
    CHECK_FALSE(apply(row(), ProgramEnded{}, kNow).has_value());
    CHECK(used_up(token_that(true, false)) == token_that(true, true));
    CHECK_FALSE(used_up(token_that(false, true)).has_value());
}

TEST_CASE("what is only written down leaves the state alone") {
    const auto later = apply(row(), RecheckAt{kNow + 1h}, kNow);
    CHECK(later->row == with(row(), [](HeldRow& r) { r.recheck_at = kNow + 1h; }));
    CHECK_FALSE(later->line.has_value());
    const auto expires = apply(row(), ExpiresAt{kNow + 2h}, kNow);
    CHECK(expires->row == with(row(), [](HeldRow& r) { r.expires_at = kNow + 2h; }));
    const HeldRow waiting = with(row(), [](HeldRow& r) { r.release_at = kNow; });
    const auto put_off = apply(waiting, ReleaseAt{kNow + 3h}, kNow);
    CHECK(put_off->row == with(row(), [](HeldRow& r) { r.release_at = kNow + 3h; }));
    CHECK_FALSE(apply(with(row(), [](HeldRow& r) { r.release_at.reset(); }), ReleaseAt{kNow}, kNow)
                    .has_value());

    const Readdressed other{.address = "bo@example.com", .why = "misspelled"};
    const auto readdressed = apply(row(), other, kNow);
    CHECK(readdressed->row == with(row(), [](HeldRow& r) { r.address = "bo@example.com"; }));
    CHECK(readdressed->line == "misspelled");
    CHECK_FALSE(apply(in_doubt(), other, kNow).has_value());
    CHECK_FALSE(apply(releasing(), other, kNow).has_value());

    const auto due = [](HeldRow& r) { r.release_at = kNow; };
    const auto damaged = apply(with(row(), due), CopyDamaged{"it is cut"}, kNow);
    CHECK(damaged->row == with(row(), [](HeldRow& r) { r.changed_at = kNow; }));
    CHECK(damaged->line == "it is cut");
    CHECK_FALSE(apply(releasing(), CopyDamaged{"it is cut"}, kNow).has_value());
}

TEST_CASE("a DSN is idle when nobody is left of whom it would tell") {
    const auto numbered = [](std::int64_t id, HeldRow made) {
        made.id = id;
        return made;
    };
    const auto own = [](HeldRow& r) { r.kind = HeldKind::Own; };
    const HeldRow dsn = numbered(3, with(in_doubt(), own));
    const HeldRow tried = numbered(4, with(dsn, [](HeldRow& r) { r.attempts = 1; }));
    const HeldRow mail = numbered(5, in_doubt());
    const HeldRow left =
        numbered(6, with(in_doubt(), [](HeldRow& r) { r.state = HeldState::Returned; }));
    CHECK(idle_dsns(std::vector{dsn, tried, mail}) == std::vector{dsn});
    CHECK(idle_dsns(std::vector{dsn, left}).empty());
    CHECK(idle_dsns({}).empty());
}

TEST_CASE("an item begins in held, whatever is said of it") {
    HeldMessage message;
    message.spool_id = "s1";
    message.held_at = kNow;
    HeldRecipient said;
    said.address = "bo@example.net";
    said.state = HeldState::Returned;
    said.attempts = 3;
    said.last_answer = "250 Ok";
    said.in_doubt = true;
    said.mta_since = kBefore;
    const HeldRecipient plain = new_item(message, said);
    CHECK(plain.spool_id == "s1");
    CHECK(plain.state == HeldState::Held);
    CHECK(plain.changed_at == kNow);
    CHECK(plain.attempts == 0);
    CHECK(plain.last_answer.empty());
    CHECK(plain.in_doubt);
    CHECK_FALSE(plain.mta_since.has_value());
    said.mta_queue_id = "4Xk2";
    CHECK(new_item(message, said).mta_since == kNow);
}

TEST_CASE("two submissions of one message to one recipient are the same") {
    HeldMessage message;
    message.sender = "news@example.org";
    message.fingerprint = "print";
    HeldRecipient recipient;
    recipient.address = "bo@example.net";
    const auto identity = identity_of(message, recipient);
    REQUIRE(identity.has_value());
    message.spool_id = "another";
    CHECK(identity_of(message, recipient) == identity);
    recipient.address = "Bo@example.net";
    CHECK(identity_of(message, recipient) != identity);
    message.fingerprint.clear();
    CHECK_FALSE(identity_of(message, recipient).has_value());
}
