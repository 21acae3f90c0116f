// SPDX-License-Identifier: Apache-2.0
#include "replay/replay.hpp"

#include "config/limit.hpp"
#include "config/sender_login_text.hpp"
#include "config/sender_logins.hpp"
#include "config/settings.hpp"
#include "limits/over_limit.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/ip_address.hpp"
#include "mail/syntax.hpp"
#include "outbound/bulk.hpp"
#include "outbound/mail_route.hpp"
#include "replay/recorded.hpp"
#include "terms/failure_code.hpp"
#include "terms/finding.hpp"
#include "terms/policy_action.hpp"
#include "terms/suppression.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::replay {

namespace {

using terms::FindingName;
using terms::PolicyAction;

RecordedRecipient recipient_of(const std::string& address,
                               std::optional<outbound::RouteKind> route) {
    RecordedRecipient recipient{
        .address = address,
        .mailer = "smtp",
        .facts = {.syntax = mail::Address::parse(address, mail::Smtputf8::No)}};
    if (route.has_value()) {
        recipient.facts.route = outbound::MailRoute{.kind = *route, .hosts = {}, .why = "so it is"};
    }
    return recipient;
}

config::Settings enforcing() {
    config::Settings settings;
    settings.mode = config::Mode::Enforce;
    return settings;
}

/// A message of an authenticated user, decided upon at its end by the default settings.
RecordedMessage message_of(std::vector<RecordedRecipient> recipients) {
    RecordedMessage message;
    message.sender = recorded_sender("news@a.test");
    message.origin.client = mail::IpAddress::parse("127.0.0.1");
    message.named = recipients.size();
    message.window = 40;
    message.window_length = std::chrono::minutes(10);
    message.repeats_limit = 20;
    message.dialogue = RecordedDialogue{};
    message.watched = watch_signs(outbound::Stream::Bulk, outbound::SentTo::List, enforcing());
    message.headers.asked = {
        "list-unsubscribe", "list-id", "feedback-id", "x-campaign-id", "precedence"};
    message.recipients = std::move(recipients);
    return message;
}

/// "hold null-mx", "pass", "not recorded: …"
std::string said(const Replayed& answer) {
    if (const auto* missing = std::get_if<NotRecorded>(&answer)) {
        return "not recorded: " + missing->what;
    }
    const auto& verdict = std::get<ReplayedVerdict>(answer);
    return std::string(wire_name(verdict.action)) +
           (verdict.reason.empty() ? "" : " " + verdict.reason);
}

std::string first(const RecordedMessage& message, const config::Settings& settings) {
    return said(replay(message, settings).front());
}

}  // namespace

TEST_CASE("the same settings decide the same again") {
    RecordedMessage message = message_of({recipient_of("bo@good.test", outbound::RouteKind::Mx),
                                          recipient_of("bo@null.test", outbound::RouteKind::NullMx),
                                          recipient_of("no at sign", std::nullopt)});
    const std::vector<Replayed> direct = replay(message, enforcing());
    REQUIRE(direct.size() == 3);
    CHECK(said(direct[0]) == "pass");
    CHECK(said(direct[1]) == "reject null-mx");
    CHECK(said(direct[2]) == "reject malformed-address");
    message.headers.present = {"list-id"};
    CHECK(said(replay(message, enforcing())[1]) == "hold null-mx");
}

TEST_CASE("what people wish of lists counts as it did, or it is said that it is not known") {
    RecordedRecipient left = recipient_of("bo@good.test", outbound::RouteKind::Mx);
    left.facts.suppression.emplace();
    left.facts.suppression->reason = terms::SuppressionReason::Unsubscribe;
    RecordedMessage message = message_of({left});
    message.stream = {.stream = outbound::Stream::Bulk, .signal = "repeats:21/text"};
    CHECK(first(message, enforcing()) ==
          "not recorded: whether the header said that it was mail of a list");
    message.headers.asked.emplace_back("list-*");
    CHECK(first(message, enforcing()) == "pass suppressed-unsubscribe");
    message.headers.present = {"list-post"};
    CHECK(first(message, enforcing()) == "hold suppressed-unsubscribe");
    config::Settings settings = enforcing();
    settings.direct.senders = {"a.test"};
    CHECK(first(message, settings) == "pass suppressed-unsubscribe");
    // Mail that was always direct was not compared with other mail.
    message = message_of({recipient_of("bo@null.test", outbound::RouteKind::NullMx)});
    message.stream = {.stream = outbound::Stream::Direct, .signal = "direct:sender"};
    CHECK(first(message, settings) == "reject null-mx");
    CHECK(first(message, enforcing()) == "not recorded: how often the same content was sent");
}

TEST_CASE("other settings decide otherwise, by what was recorded") {
    struct Row {
        std::string_view what;
        std::function<void(config::Settings&)> change;
        std::string_view want;
    };
    const std::vector<Row> rows{
        {"policy",
         [](auto& s) { s.policy.direct.set(FindingName::NullMx, PolicyAction::Tag); },
         "tag null-mx"},
        {"shadow", [](auto& s) { s.policy.shadow = {FindingName::NullMx}; }, "pass null-mx"},
        {"allow", [](auto& s) { s.outgoing.allow = {"null.test"}; }, "pass"},
        {"block",
         [](auto& s) {
             s.outgoing.block = {"null.test"};
             s.policy.direct.set(FindingName::NullMx, PolicyAction::Pass);
         },
         "reject blocked-by-admin"},
        {"listed sender", [](auto& s) { s.bulk.senders = {"a.test"}; }, "hold null-mx"},
        {"fewer recipients", [](auto& s) { s.bulk.recipients = 1; }, "hold null-mx"},
        {"lower rate", [](auto& s) { s.bulk.rate.count = 40; }, "hold null-mx"},
        {"reserved",
         [](auto& s) { s.dns.reserved_domains = {"null.test"}; },
         "reject reserved-domain"},
        {"local", [](auto& s) { s.outgoing.local_domains = {"null.test"}; }, "pass"},
        {"senders",
         [](auto& s) { s.outgoing.sender_domains = {"b.test"}; },
         "reject sender-not-enrolled"},
        {"direction", [](auto& s) { s.outgoing.networks.clear(); }, "pass not-outgoing"},
    };
    const RecordedMessage message =
        message_of({recipient_of("bo@null.test", outbound::RouteKind::NullMx)});
    for (const Row& row : rows) {
        CAPTURE(row.what);
        config::Settings settings = enforcing();
        row.change(settings);
        CHECK(first(message, settings) == row.want);
    }
}

TEST_CASE("who may use a sender is asked anew, and taken as recorded where that can't be read") {
    RecordedMessage message =
        message_of({recipient_of("bo@null.test", outbound::RouteKind::NullMx)});
    message.origin.user = "ann";
    const auto said_by = [&](std::variant<config::UserSenders, config::SenderOwners> content) {
        config::SenderLogins logins;
        logins.add(std::make_shared<const config::LoginSource>(
            config::LoginSource{.name = "", .content = std::move(content)}));
        return said(replay(message, enforcing(), logins).front());
    };
    config::SenderOwners unread;
    unread.tables = {config::UnreadTable{}};
    CHECK(said_by(config::parse_user_senders("ann @a.test").value()) == "reject null-mx");
    CHECK(said_by(config::parse_user_senders("ann @b.test").value()) ==
          "reject sender-not-permitted");
    CHECK(said_by(unread) == "reject null-mx");
    message.recipients.front().reason = "sender-not-permitted";
    CHECK(said_by(config::parse_user_senders("ann @a.test").value()) == "reject null-mx");
    CHECK(said_by(unread) == "reject sender-not-permitted");
}

TEST_CASE("what was not recorded is not guessed") {
    const RecordedMessage message =
        message_of({recipient_of("bo@null.test", outbound::RouteKind::NullMx),
                    recipient_of("bo@good.test", outbound::RouteKind::Mx),
                    recipient_of("bo@x.example", std::nullopt)});
    SUBCASE("a header field for which nobody looked") {
        config::Settings settings = enforcing();
        settings.bulk.headers = {"X-Mailing"};
        const auto answers = replay(message, settings);
        CHECK(said(answers[0]) == "not recorded: whether there was a header field X-Mailing");
        // It makes no difference to him.
        CHECK(said(answers[1]) == "pass");
        settings.bulk.senders = {"news@a.test"};
        CHECK(first(message, settings) == "hold null-mx");
    }
    SUBCASE("the route of a domain that was reserved") {
        config::Settings settings = enforcing();
        settings.dns.reserved_domains = {};
        CHECK(said(replay(message, settings)[2]) ==
              "not recorded: the mail route of a domain that was not asked");
    }
    SUBCASE("a window of another length") {
        config::Settings settings = enforcing();
        settings.bulk.rate = {.count = 50, .window = std::chrono::hours(1)};
        CHECK(first(message, settings) ==
              "not recorded: how many recipients the sender had within [bulk] rate");
        settings.bulk.rate = {.count = 30, .window = std::chrono::hours(1)};
        CHECK(first(message, settings) == "hold null-mx");  // at least 40 in an hour
        settings.bulk.rate = {.count = 50, .window = std::chrono::minutes(1)};
        CHECK(first(message, settings) == "reject null-mx");  // at most 40 in a minute
        settings.bulk.rate = {.count = 30, .window = std::chrono::minutes(1)};
        CHECK(first(message, settings).starts_with("not recorded"));
    }
}

TEST_CASE("a refusal at RCPT says nothing about the rest of its message") {
    RecordedMessage message =
        message_of({recipient_of("bo@null.test", outbound::RouteKind::NullMx)});
    message.decided_at = DecidedAt::Recipient;
    message.origin.user = "joe";
    message.headers = {};
    CHECK(first(message, enforcing()) == "reject null-mx");
    config::Settings later = enforcing();
    later.policy.refuse_at_rcpt = config::RefuseAtRcpt::Never;
    CHECK(first(message, later) ==
          "not recorded: the header and the other recipients of a message refused at RCPT");
    later.policy.bulk.set(FindingName::NullMx, PolicyAction::Reject);
    CHECK(first(message, later) == "reject null-mx");
    config::Settings listed = enforcing();
    listed.bulk.users = {"joe"};
    CHECK(first(message, listed) == "hold null-mx");
}

TEST_CASE("who would be told at RCPT is not held by what stands in the header") {
    RecordedMessage message =
        message_of({recipient_of("bo@null.test", outbound::RouteKind::NullMx)});
    message.headers.present = {"list-id"};
    config::Settings settings = enforcing();
    CHECK(first(message, settings) == "hold null-mx");
    settings.policy.refuse_at_rcpt = config::RefuseAtRcpt::Always;
    CHECK(first(message, settings) == "reject null-mx");
    settings.bulk.rate.count = 40;  // bulk by then
    CHECK(first(message, settings) == "hold null-mx");
    settings.mode = config::Mode::Shadow;
    settings.bulk.rate.count = 100;
    CHECK(first(message, settings) == "hold null-mx");
}

TEST_CASE("a client is told at RCPT until it has been refused too often, as far as is recorded") {
    struct Row {
        std::string_view what;
        std::optional<RecordedDialogue> dialogue;
        std::size_t most;
        std::string_view first;
        std::string_view second;
    };
    const auto seen = [](std::size_t messages, std::size_t refusals, bool asked, bool enough) {
        return RecordedDialogue{.before = {.messages = messages, .refusals = refusals},
                                .asked_at_rcpt = asked,
                                .can_be_returned = true,
                                .had_enough = enough};
    };
    constexpr std::string_view kUnknown =
        "not recorded: how often the client had been refused in its session";
    const std::vector<Row> rows{
        {"the first message", seen(0, 0, true, false), 5, "reject null-mx", "reject null-mx"},
        {"the last refusal", seen(4, 4, true, false), 5, "reject null-mx", "hold null-mx"},
        {"had enough", seen(7, 5, true, true), 5, "hold null-mx", "hold null-mx"},
        {"less patience now", seen(7, 5, true, true), 3, "hold null-mx", "hold null-mx"},
        {"more patience now", seen(7, 5, true, true), 9, kUnknown, kUnknown},
        {"never at RCPT", seen(0, 0, true, false), 0, "hold null-mx", "hold null-mx"},
        {"nobody was told then", seen(2, 0, false, false), 5, kUnknown, kUnknown},
        {"nobody was told then, the first",
         seen(0, 0, false, false),
         1,
         "reject null-mx",
         "hold null-mx"},
        {"an old record", std::nullopt, 5, kUnknown, kUnknown},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        RecordedMessage message =
            message_of({recipient_of("bo@null.test", outbound::RouteKind::NullMx),
                        recipient_of("al@null.test", outbound::RouteKind::NullMx)});
        message.origin.user = "joe";
        message.headers.present = {"list-id"};
        message.dialogue = row.dialogue;
        config::Settings settings = enforcing();
        settings.policy.refuse_at_most = row.most;
        const auto answers = replay(message, settings);
        CHECK(said(answers[0]) == row.first);
        CHECK(said(answers[1]) == row.second);
        // What is decided alike at RCPT and at the end needs no count.
        message.headers.present.clear();
        CHECK(first(message, settings) == "reject null-mx");
    }
}

TEST_CASE("the suppression entry of then is judged by the policy of now") {
    RecordedMessage message = message_of({recipient_of("bo@good.test", outbound::RouteKind::Mx)});
    terms::SuppressionEntry entry;
    entry.reason = terms::SuppressionReason::Unsubscribe;
    entry.code = terms::FailureCode(2001);
    message.recipients.front().facts.suppression = entry;
    config::Settings settings = enforcing();
    CHECK(first(message, settings) == "pass suppressed-unsubscribe");
    settings.policy.direct.set(FindingName::SuppressedUnsubscribe, PolicyAction::Hold);
    CHECK(first(message, settings) == "hold suppressed-unsubscribe");
    message.recipients.front().facts.allowed_by_store = true;
    CHECK(first(message, settings) == "pass");
}

TEST_CASE("how often the content was sent is known from the limit of then, and from the signal") {
    RecordedMessage message =
        message_of({recipient_of("bo@null.test", outbound::RouteKind::NullMx)});
    config::Settings settings = enforcing();
    settings.bulk.repeats = 30;
    CHECK(first(message, settings) == "reject null-mx");
    settings.bulk.repeats = 10;
    CHECK(first(message, settings) == "not recorded: how often the same content was sent");
    message.stream = {outbound::Stream::Bulk, "repeats:20/text"};
    CHECK(first(message, settings) == "hold null-mx");
    settings.bulk.repeats = 20;
    CHECK(first(message, settings) == "hold null-mx");
    // Nobody counted further.
    settings.bulk.repeats = 50;
    CHECK(first(message, settings) == "not recorded: how often the same content was sent");
    // It was bulk by its header, which no longer counts.
    message.stream = {outbound::Stream::Bulk, "header:List-Id"};
    CHECK(first(message, settings) == "not recorded: how often the same content was sent");
}

TEST_CASE("what can't be found again stays found, unless nobody looks for it any more") {
    RecordedMessage message = message_of({recipient_of("bo@good.test", outbound::RouteKind::Mx)});
    message.recipients.front().found = {FindingName::AlreadySent};
    message.stream = {outbound::Stream::Bulk, "body:23"};
    config::Settings settings = enforcing();
    CHECK(first(message, settings) == "hold already-sent");
    settings.bulk.repeat_window = std::chrono::seconds(0);
    CHECK(first(message, settings) == "pass");
}

TEST_CASE("what nobody looked for may have been there") {
    RecordedMessage message =
        message_of({recipient_of("bo@good.test", outbound::RouteKind::Mx),
                    recipient_of("bo@null.test", outbound::RouteKind::NullMx)});
    message.watched = {};
    config::Settings settings = enforcing();
    settings.policy.direct.set(FindingName::MissingUnsubscribe, PolicyAction::Reject);
    CHECK(first(message, settings) == "not recorded: what the policy looks for in header and body");
    CHECK(said(replay(message, settings)[1]) == "reject null-mx");
    message.watched.about_message = {FindingName::MissingUnsubscribe};
    CHECK(first(message, settings) == "pass");
    settings.policy.direct.set(FindingName::AlreadySent, PolicyAction::Reject);
    CHECK(first(message, settings) == "pass");

    message.stream = {outbound::Stream::Bulk, "header:List-Id"};
    message.headers.present = {"list-id"};
    settings = enforcing();
    message.watched = watch_signs(outbound::Stream::Bulk, outbound::SentTo::List, settings);
    CHECK(first(message, settings) == "pass");
    settings.bulk.stop_above.percent = 5;
    CHECK(first(message, settings) ==
          "not recorded: how many recipients of the campaign were bad when it came");
    message.watched.stop_above = 5;
    CHECK(first(message, settings) == "pass");
    settings.bulk.repeat_window = std::chrono::days(7);
    CHECK(first(message, settings) == "not recorded: who had got the campaign before");
    message.recipients.front().facts.allowed_by_store = true;
    CHECK(first(message, settings) == "pass");
}

TEST_CASE("whom the header may have addressed is answered only where it is all the same") {
    RecordedMessage message = message_of({recipient_of("bo@good.test", outbound::RouteKind::Mx)});
    message.stream = {outbound::Stream::Bulk, "rate:120/10m"};
    message.window = 120;
    message.headers.asked = {
        "list-*", "x-campaign-id", "precedence", "list-unsubscribe", "list-id"};
    message.recipients.front().found = {FindingName::MissingUnsubscribe};
    config::Settings settings = enforcing();
    // Nobody looked for Feedback-ID, by which it would be mail to many.
    settings.policy.bulk.set(FindingName::MissingUnsubscribe, PolicyAction::Hold);
    CHECK(first(message, settings) ==
          "not recorded: whether the header said that it was mail of a list");
    message.headers.asked.emplace_back("feedback-id");
    CHECK(first(message, settings) == "pass missing-unsubscribe");
    message.headers.present = {"feedback-id"};
    CHECK(first(message, settings) == "hold missing-unsubscribe");
    message.headers.present = {};
    message.named = 25;
    CHECK(first(message, settings) == "hold missing-unsubscribe");
    // A wish is about lists, which nothing here says.
    message.recipients.front().found = {};
    message.recipients.front().facts.suppression.emplace();
    message.recipients.front().facts.suppression->reason = terms::SuppressionReason::Unsubscribe;
    settings = enforcing();
    CHECK(first(message, settings) == "pass suppressed-unsubscribe");
}

TEST_CASE("what a list's message needs is asked of no letter, however many letters there were") {
    RecordedMessage message = message_of({recipient_of("bo@good.test", outbound::RouteKind::Mx)});
    message.stream = {outbound::Stream::Bulk, "rate:120/10m"};
    message.window = 120;
    message.headers.asked.emplace_back("list-*");
    message.recipients.front().found = {FindingName::MissingUnsubscribe};
    config::Settings settings = enforcing();
    CHECK(first(message, settings) == "pass missing-unsubscribe");
    message.recipients.front().found = {};
    message.watched.about_message = {};
    CHECK(first(message, settings) == "pass");
    settings.policy.direct.set(FindingName::MissingUnsubscribe, PolicyAction::Reject);
    CHECK(first(message, settings) == "not recorded: what the policy looks for in header and body");
    message.headers.present = {"list-id"};
    settings.policy.bulk.set(FindingName::MissingUnsubscribe, PolicyAction::Pass);
    message.watched = watch_signs(outbound::Stream::Bulk, outbound::SentTo::List, enforcing());
    CHECK(first(message, settings) == "pass");
}

TEST_CASE("misspellings and the administrator's lists are judged again by what was known") {
    RecordedMessage message = message_of({recipient_of("bo@gmial.com", outbound::RouteKind::Mx)});
    message.stream = {outbound::Stream::Bulk, "body:23"};
    config::Settings settings = enforcing();
    CHECK(first(message, settings) == "hold misspelled-domain");
    settings.policy.known_domains = {"gmial.com"};
    CHECK(first(message, settings) == "pass");
    settings.policy.known_domains.clear();
    message.recipients.front().facts.domain_took_mail = true;
    message.recipients.front().facts.is_role = true;
    CHECK(first(message, settings) == "pass");
    settings.policy.role_addresses = "/etc/holdback/roles";
    CHECK(first(message, settings) == "pass role-address");
    settings.policy.bulk.set(FindingName::RoleAddress, PolicyAction::Hold);
    settings.policy.bulk.set(FindingName::DisposableDomain, PolicyAction::Hold);
    const std::string missing = "not recorded: what a list of the settings said of the recipient";
    CHECK(first(message, settings) == missing);
    message.lists = ListFiles{.role_addresses = "/etc/holdback/roles", .disposable_domains = {}};
    CHECK(first(message, settings) == "hold role-address");
    settings.policy.role_addresses = "/etc/holdback/other";
    CHECK(first(message, settings) == missing);
    // A list that is named for the first time may find those who were never held against one.
    message.recipients.front().facts.is_role = false;
    settings.policy.role_addresses.clear();
    settings.policy.disposable_domains = "/etc/holdback/throw-away";
    CHECK(first(message, settings) == missing);
    message.lists->disposable_domains = "/etc/holdback/throw-away";
    CHECK(first(message, settings) == "pass");
    message.recipients.front().facts.allowed_by_store = true;
    message.lists.reset();
    CHECK(first(message, settings) == "pass");
}

TEST_CASE("other lists may take back a refusal at RCPT") {
    RecordedMessage message =
        message_of({recipient_of("sales@good.test", outbound::RouteKind::Mx)});
    message.origin.user = "joe";
    message.recipients.front().facts.is_role = true;
    message.lists = ListFiles{.role_addresses = "/roles", .disposable_domains = {}};
    config::Settings settings = enforcing();
    settings.policy.role_addresses = "/roles";
    settings.policy.direct.set(FindingName::RoleAddress, PolicyAction::Reject);
    CHECK(first(message, settings) == "reject role-address");
    settings.policy.role_addresses = "/others";
    CHECK(first(message, settings) ==
          "not recorded: what a list of the settings said of the recipient");
}

TEST_CASE("which domain From named is known for the own domains of then alone") {
    RecordedMessage message = message_of({recipient_of("bo@good.test", outbound::RouteKind::Mx)});
    message.stream = {outbound::Stream::Bulk, "header:List-Id"};
    message.headers.present = {"list-id"};
    config::Settings settings = enforcing();
    settings.policy.bulk.set(FindingName::ForeignFrom, PolicyAction::Hold);
    settings.compliance.own_domains = {"a.test", "b.test"};
    message.watched = watch_signs(outbound::Stream::Bulk, outbound::SentTo::List, settings);
    CHECK(first(message, settings) == "pass");
    message.recipients.front().found = {FindingName::ForeignFrom};
    CHECK(first(message, settings) == "hold foreign-from");
    settings.compliance.own_domains = {"b.test", "a.test"};
    CHECK(first(message, settings) == "hold foreign-from");
    const std::string missing = "not recorded: which domain From named";
    settings.compliance.own_domains = {"a.test", "c.test"};
    CHECK(first(message, settings) == missing);
    message.recipients.front().found.clear();
    CHECK(first(message, settings) == missing);
    // Without own domains nothing is foreign; the enrolled senders' stand in for them.
    settings.compliance.own_domains.clear();
    message.recipients.front().found = {FindingName::ForeignFrom};
    CHECK(first(message, settings) == "pass");
    settings.outgoing.sender_domains = {"a.test", "b.test"};
    CHECK(first(message, settings) == "hold foreign-from");
    message.watched.from_digest.reset();
    CHECK(first(message, settings) == missing);
}

TEST_CASE("a limit that had no room is judged by the limits of now") {
    RecordedMessage message = message_of({recipient_of("bo@good.test", outbound::RouteKind::Mx)});
    const config::Limit then{.name = "a", .recipients = {{3, std::chrono::hours(1)}}};
    message.recipients.front().facts.over_limit = limits::OverLimit{
        .limit = "a", .cap = {3, std::chrono::hours(1)}, .used = 3, .opens_at = {}};
    message.recipients.front().found = {FindingName::OverLimit};
    config::Settings settings = enforcing();
    CHECK(first(message, settings) == "pass");
    settings.limits = {then};
    CHECK(first(message, settings) == "defer over-limit");
    settings.limits.front().action = PolicyAction::Hold;
    CHECK(first(message, settings) == "hold over-limit");
    settings.limits.front().shadow = true;
    CHECK(first(message, settings) == "pass over-limit");
    settings.limits.front() = then;
    settings.limits.front().recipients = {{4, std::chrono::hours(1)}};
    CHECK(first(message, settings) == "pass");
    // Of several tables, the one with the same cap was meant; without one, nothing is known.
    settings.limits.push_back(then);
    CHECK(first(message, settings) == "defer over-limit");
    settings.limits.back().recipients = {{5, std::chrono::hours(1)}};
    CHECK(first(message, settings) == "defer over-limit");
    settings.limits.back().name = "b";
    CHECK(first(message, settings) == "pass");
}

TEST_CASE("which address From named is known for the enrolled senders of then alone") {
    RecordedMessage message = message_of({recipient_of("bo@good.test", outbound::RouteKind::Mx)});
    config::Settings settings = enforcing();
    const std::string unseen = "not recorded: what the policy looks for in header and body";
    const std::string missing = "not recorded: which address From named";
    CHECK(first(message, settings) == "pass");
    settings.policy.direct.set(FindingName::UnalignedFrom, PolicyAction::Hold);
    CHECK(first(message, settings) == unseen);
    settings.outgoing.own_domains = {"a.test"};
    message.watched = watch_signs(outbound::Stream::Direct, outbound::SentTo::Person, settings);
    CHECK(first(message, settings) == "pass");
    message.recipients.front().found = {FindingName::UnalignedFrom};
    CHECK(first(message, settings) == "hold unaligned-from");
    settings.outgoing.sender_logins = {"postfix"};
    CHECK(first(message, settings) == missing);
    settings.outgoing.sender_logins.clear();
    settings.outgoing.sender_domains = {"a.test", "b.test"};
    CHECK(first(message, settings) == missing);
    settings.policy.direct.set(FindingName::UnalignedFrom, PolicyAction::Pass);
    CHECK(first(message, settings) == "pass unaligned-from");
}

TEST_CASE("a mailbox behind a tag that the list was not asked about is not recorded") {
    RecordedMessage message =
        message_of({recipient_of("bo+shop@gmail.com", outbound::RouteKind::Mx)});
    const std::string missing = "not recorded: what the list said of the mailbox behind a tag";
    CHECK(first(message, enforcing()) == missing);
    config::Settings settings = enforcing();
    settings.suppress.delimiter.clear();
    CHECK(first(message, settings) == "pass");
    RecordedRecipient& recipient = message.recipients.front();
    recipient.facts.mailbox = "bo@gmail.com";
    recipient.facts.suppressed_as_mailbox = true;
    recipient.facts.suppression.emplace();
    CHECK(first(message, enforcing()) == "reject suppressed-manual");
    CHECK(first(message, settings) == missing);
}

TEST_CASE("what the sender overrode would be overridden again") {
    RecordedMessage message =
        message_of({recipient_of("bo@nullmx.test", outbound::RouteKind::NullMx)});
    message.stream = {outbound::Stream::Bulk, "body:23"};
    CHECK(first(message, enforcing()) == "hold null-mx");
    message.recipients.front().overridden = true;
    CHECK(first(message, enforcing()) == "pass null-mx");
}

TEST_CASE("trouble with DNS is answered for the whole message where the settings want it") {
    const RecordedMessage message =
        message_of({recipient_of("bo@silent.test", outbound::RouteKind::Unresolved),
                    recipient_of("bo@good.test", outbound::RouteKind::Mx)});
    config::Settings settings = enforcing();
    CHECK(said(replay(message, settings)[0]) == "pass unresolved-domain");
    settings.on_error.dns = config::ErrorAnswer::Tempfail;
    CHECK(said(replay(message, settings)[0]) == "defer unresolved-domain");
    CHECK(said(replay(message, settings)[1]) == "defer unresolved-domain");
}

}  // namespace holdback::replay
